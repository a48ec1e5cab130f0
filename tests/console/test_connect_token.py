"""The token that the 咚咚 page of Connect acts with, and who is offered that page."""

import json

import pytest
from django.test import Client

from accounts.actions.im_users import register_user, set_activated
from accounts.actions.tokens import authenticate
from accounts.domain.actor import AppRef
from accounts.models import AuditEntry
from imadmin.console.views.connect import TOKEN_TTL_S
from tests.console.conftest import SignIn
from tests.console.pages import audited, post, text_of

PAGE = "/console/apps/demo/app/connect/?sdk=dongdong"


@pytest.fixture
def demo1(app: AppRef) -> None:
    register_user(app, "demo1", "123456")


def test_operator_gets_a_short_token_of_the_user(operator, browse: SignIn, app: AppRef, demo1):
    answer = post(browse(operator), "connect_token", {"user": "Demo1"})
    told = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (told["user"], told["expires_in_s"]) == ("demo1", TOKEN_TTL_S)
    assert authenticate(app, told["token"]).username == "demo1"
    entry = audited("token.issue")
    assert (entry.target_kind, entry.target_id) == ("user", "demo1")
    assert entry.diff == {"ttl_s": [None, TOKEN_TTL_S]}
    assert told["token"] not in json.dumps(list(AuditEntry.objects.values()), default=str)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "There is no such user."),
        ("", "is no username"),
        ("a b", "is no username"),
        ("banned", "The user is banned."),
    ],
)
def test_no_token_without_such_a_user(operator, browse: SignIn, app: AppRef, name, sentence):
    register_user(app, "banned", "123456")
    set_activated(app, "banned", False)
    answer = post(browse(operator), "connect_token", {"user": name})
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert not AuditEntry.objects.filter(action="token.issue").exists()


def test_refused_attempt_is_audited(viewer, browse: SignIn, demo1):
    assert post(browse(viewer), "connect_token", {"user": "demo1"}).status_code == 403
    assert AuditEntry.objects.get(action="token.issue").allowed is False


def test_token_is_not_given_without_the_form_key(operator, demo1):
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert post(client, "connect_token", {"user": "demo1"}).status_code == 403


def test_page_is_live_for_operators_and_source_for_everybody(operator, viewer, browse: SignIn):
    live = text_of(browse(operator).get(PAGE))
    assert 'data-test="dongdong"' in live
    assert "connect_dongdong" in live
    assert "YWMt" not in live
    read_only = text_of(browse(viewer).get(PAGE))
    assert 'data-test="needs-operator"' in read_only
    assert "connect_dongdong" not in read_only
    for page in (live, read_only):
        assert 'data-test="needs-script"' in page
        assert 'data-test="sample-dongdong"' in page


def test_source_names_this_server_and_no_form_key(operator, browse: SignIn):
    text = text_of(browse(operator).get(PAGE))
    sample = text[text.index('data-test="sample-dongdong"') :]
    assert "/static/sdk/dongdong.js" in sample
    assert "../../sdk" not in sample
    assert "csrfmiddlewaretoken" not in sample
