"""No token reaches what it may not: every address of the API × method, from the URL map."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import UUIDConverter

from accounts.actions.tokens import app_token_for_console, user_token_by_id
from accounts.rest.base import AppView
from accounts.rest.permissions import rule_for
from accounts.rest.views.unknown import UnknownView
from tests.cast import Rest

METHODS = ("GET", "POST", "PUT", "DELETE")
# Filled in where it helps to get past a missing target; a token is checked before that anyway.
SAMPLES = {"org": "demo", "app": "app", "username": "demo2", "contact": "demo3", "u": "demo2"}


def patterns(of: URLResolver) -> Iterator[URLPattern]:
    for one in of.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one)
        else:
            yield one


def calls() -> list[tuple[str, str, str, str]]:
    """(method, address, token rule, name of the path part that must be the user's own)."""
    found = []
    for one in patterns(get_resolver()):
        view = getattr(one.callback, "view_class", None)
        if not (view and issubclass(view, AppView)) or view is UnknownView:
            continue
        address = "/" + one.pattern.describe().strip("'").split("' [")[0]
        for name, converter in one.pattern.converters.items():
            kind = "uuid" if isinstance(converter, UUIDConverter) else "str"
            sample = SAMPLES.get(name, "123456789012345")
            if kind == "uuid":
                sample = "0c1d2e3f-0000-4000-8000-000000000000"
            for spelling in (f"<{kind}:{name}>", f"<{name}>"):
                address = address.replace(spelling, sample)
        found += [
            (method, address, rule_for(view.token, method, "app"), _own(view, method))
            for method in METHODS
            if hasattr(view, method.lower())
        ]
    return sorted(set(found))


def _own(view: type[AppView], method: str) -> str:
    return rule_for(view.own_user, method, "")


CALLS = calls()
GUARDED = [call for call in CALLS if call[2] != "none"]


def ids(call: tuple[str, ...]) -> str:
    return " ".join(call[:2])


@pytest.fixture
def caller(app, demo1):
    return Rest("", "")


def test_the_url_map_was_walked():
    assert len(GUARDED) > 60


@pytest.mark.parametrize("call", CALLS, ids=ids)
def test_another_apps_token_reaches_nothing(caller, other_app_token, call):
    method, address, rule, _ = call
    for token in other_app_token:
        answer = caller.call(method, address, token=token, json={})
        if rule == "none":
            assert answer.status != 500
        else:
            assert answer.status in (401, 404)
            assert answer.json["error"] in ("unauthorized", "resource_not_found")


@pytest.mark.parametrize("call", GUARDED, ids=ids)
def test_a_missing_or_broken_token_reaches_nothing(caller, call):
    method, address, _, _ = call
    for sent in ({}, *({"Authorization": f"Bearer {bad}"} for bad in ("", "YWMtnonsense", "dt-x"))):
        answer = caller.call(method, address, token=None, json={}, headers=sent)
        assert answer.status == 401
        assert answer.json["error"] == "unauthorized"


@pytest.mark.parametrize("call", [call for call in CALLS if call[2] == "app"], ids=ids)
def test_a_users_token_does_nothing_that_is_the_apps(caller, user_token, call):
    answer = caller.call(call[0], call[1], token=user_token("demo1"), json={})
    assert answer.error == (401, "unauthorized", "Unable to authenticate (OAuth)")


@pytest.mark.parametrize("call", [call for call in CALLS if call[3]], ids=ids)
def test_a_users_token_does_nothing_to_another_user(caller, user_token, call):
    answer = caller.call(call[0], call[1], token=user_token("demo1"), json={})
    assert answer.error == (401, "unauthorized", "Unable to authenticate (OAuth)")


@pytest.fixture
def other_app_token(other_app):
    """The other app's own token, and one of its demo1."""
    own = app_token_for_console(other_app, ttl_s=600).token
    return own, user_token_by_id(other_app, "demo1").token
