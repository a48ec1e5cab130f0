"""No token reaches what it may not: every address of the API × method, from the URL map."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import UUIDConverter

from accounts.actions.tokens import app_token_for_console, user_token_by_id
from accounts.rest.base import AppView
from accounts.rest.permissions import rule_for
from accounts.rest.views.unknown import UnknownView
from tests.cast import Answer, Rest

Call = tuple[str, str, str, str]
Answered = tuple[int | str, ...]
Wrong = dict[tuple[str, str], Answered]

METHODS = ("GET", "POST", "PUT", "DELETE")
# Filled in where it helps to get past a missing target; a token is checked before that anyway.
SAMPLES = {"org": "demo", "app": "app", "username": "demo2", "contact": "demo3", "u": "demo2"}


def patterns(of: URLResolver) -> Iterator[URLPattern]:
    for one in of.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one)
        else:
            yield one


def calls() -> list[Call]:
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
OPEN = [call for call in CALLS if call[2] == "none"]
REFUSED = (401, "unauthorized", "Unable to authenticate (OAuth)")
NO_TOKENS = ("x", "ZHQt", "dt-x", "YWMt", "YWMt.", "YWMtnonsense")


@pytest.fixture
def caller(app, demo1):
    return Rest("", "")


def answers_other_than(wanted: Answered, calls: list[Call], ask: Callable[..., Answer]) -> Wrong:
    """Each of the calls, by method and address, that `ask` has answered otherwise.

    Of `wanted` the end may be missing.
    """
    found: Wrong = {}
    for method, address, *_ in calls:
        answer = ask(method, address)
        got = answer.error if answer.status >= 400 else (answer.status, "", "")
        if got[: len(wanted)] != wanted:
            found[method, address] = got
    return found


def test_the_url_map_was_walked():
    assert len(GUARDED) > 200
    assert {method for method, *_ in GUARDED} == set(METHODS)


def test_another_apps_token_reaches_nothing(caller, other_app):
    own = app_token_for_console(other_app, ttl_s=600).token
    for token in (own, user_token_by_id(other_app, "demo1").token):
        ask = partial(caller.call, token=token, json={})
        assert answers_other_than(REFUSED, GUARDED, ask) == {}
        assert [call for call in OPEN if ask(*call[:2]).status == 500] == []


def test_a_missing_or_broken_token_reaches_nothing(caller, app_token):
    for bad in ("", *NO_TOKENS, app_token + "A", app_token[:-4] + "AAAA"):
        ask = partial(caller.call, token=bad, json={})
        assert answers_other_than(REFUSED, GUARDED, ask) == {}, bad
    ask = partial(caller.call, token=None, json={})
    # Registration says of itself that it is not open.
    assert answers_other_than(REFUSED[:2], GUARDED, ask) == {}


def test_a_users_token_does_nothing_that_is_the_apps_or_another_users(caller, user_token):
    not_theirs = [call for call in CALLS if call[2] == "app" or call[3]]
    assert {bool(call[3]) for call in not_theirs} == {True, False}
    ask = partial(caller.call, token=user_token("demo1"), json={})
    assert answers_other_than(REFUSED, not_theirs, ask) == {}
