"""create_app and create_operator."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.actions.tokens import app_token
from accounts.domain.ids import Appkey
from accounts.models import AuditEntry
from accounts.queries.im_apps import get_app
from accounts.queries.operators import find_operator, role_of

pytestmark = pytest.mark.django_db


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_an_app_is_made_and_its_credentials_work():
    shown = json.loads(run("create_app", "Acme#Demo", "--json"))
    app = get_app(Appkey("acme", "demo"))
    assert (shown["appkey"], shown["application"]) == ("Acme#Demo", app.uuid)
    assert app_token(app, shown["client_id"], shown["client_secret"]).token
    assert not app.settings.open_registration
    assert not app.settings.anonymous_upload


def test_credentials_and_switches_can_be_given():
    text = run("create_app", "acme#demo", "--client-id", "cid", "--client-secret", "sec",
               "--open-registration", "--anonymous-upload")  # fmt: skip
    app = get_app(Appkey("acme", "demo"))
    assert app.settings.open_registration
    assert app.settings.anonymous_upload
    assert app_token(app, "cid", "sec").token
    assert "client_secret  sec" in text


@pytest.mark.parametrize(
    ("appkey", "reason"),
    [
        ("ACME#demo", "exists already"),
        ("console#x", "reserved"),
        ("nope", "is no appkey"),
    ],
)
def test_an_app_that_cannot_be_is_one_sentence(appkey, reason):
    run("create_app", "acme#demo")
    with pytest.raises(CommandError, match=reason) as caught:
        run("create_app", appkey)
    assert caught.value.returncode == 1


def test_no_secret_is_in_the_audit():
    run("create_app", "acme#demo", "--client-secret", "very-secret-text")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.via, entry.target_id) == ("app.create", "command", "acme#demo")
    assert "very-secret-text" not in str(AuditEntry.objects.values())


def test_the_first_operator_is_an_admin_and_others_as_asked(settings):
    settings.OPERATOR_PASSWORD = "correct horse 1"
    run("create_app", "acme#demo")
    assert run("create_operator", "olga") == "Made instance admin olga.\n"
    out = run("create_operator", "otto", "--role", "viewer", "--app", "acme#demo")
    assert out == "Made operator otto.\n"
    otto = find_operator("otto")
    assert otto is not None
    assert role_of(otto, get_app(Appkey("acme", "demo")).id) == "viewer"
    assert "correct horse 1" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["olga"], "short", "at least 10"),
        (["olga-the-great"], "olga-the-great", "too similar"),
        (["olga"], "", "IM_OPERATOR_PASSWORD"),
        (["olga", "--role", "viewer"], "correct horse 1", "go together"),
        (["olga", "--role", "viewer", "--app", "no#app"], "correct horse 1", "Could not find"),
    ],
)
def test_an_operator_that_cannot_be_is_refused(settings, arguments, password, reason):
    settings.OPERATOR_PASSWORD = password
    with pytest.raises(CommandError, match=reason):
        run("create_operator", *arguments)
    assert find_operator("olga") is None
