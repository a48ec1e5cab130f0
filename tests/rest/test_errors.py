"""The error envelope, and who is refused where: generated from the URL map (rest.md 1.4, 1.6)."""

from unittest.mock import ANY

import pytest
from django.urls import URLResolver

from accounts.domain.errors import ImError
from accounts.rest.base import AppView
from accounts.rest.errors import rest_error
from accounts.rest.permissions import rule_for
from accounts.rest.urls import urlpatterns
from imadmin.urls import urlpatterns as whole_map

REFUSED = (401, "unauthorized", "Unable to authenticate (OAuth)")
METHODS = ("GET", "POST", "PUT", "DELETE")


def flat(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from flat(pattern.url_patterns)
        else:
            yield pattern


def calls():
    """(method, path, view class) of every AppView of the whole map that needs a token."""
    for route in flat(whole_map):
        view = getattr(getattr(route, "callback", None), "view_class", None)
        if view is None or not issubclass(view, AppView):
            continue
        path = "/" + str(route.pattern).replace("<str:org>/<str:app>/", "")
        for name, value in (("room_id", "1"), ("username", "demo1"), ("rest", "x")):
            path = path.replace(f"<str:{name}>", value).replace(f"<path:{name}>", value)
        while "<" in path:
            path = path[: path.index("<")] + "x" + path[path.index(">") + 1 :]
        for method in METHODS:
            if hasattr(view, method.lower()) and rule_for(view.token, method, "app") != "none":
                yield pytest.param(method, path, view, id=f"{method} {path}")


@pytest.mark.parametrize(("method", "path", "view"), list(calls()))
def test_a_token_of_another_app_is_refused_everywhere(rest, demo1, other_app, method, path, view):
    from accounts.actions.tokens import app_token_for_console, user_token_by_id

    for token in (
        app_token_for_console(other_app, 600).token,
        user_token_by_id(other_app, "demo1").token,
    ):
        assert rest.call(method, path, json={}, token=token).error == REFUSED


@pytest.mark.parametrize(("method", "path", "view"), list(calls()))
def test_a_users_token_is_refused_where_the_apps_is_needed(
    rest, demo1, demo2, user_token, method, path, view
):
    if rule_for(view.token, method, "app") == "app":
        assert rest.call(method, path, json={}, token=user_token("demo1")).error == REFUSED
    elif rule_for(view.own_user, method, ""):
        assert rest.call(method, path, json={}, token=user_token("demo2")).error == REFUSED


@pytest.mark.parametrize(("method", "path", "view"), list(calls()))
def test_a_garbled_token_is_refused(rest, app_token, method, path, view):
    for token in ("x", app_token[:-4] + "AAAA", app_token + "A", "ZHQt", "YWMt.", "YWMt"):
        assert rest.call(method, path, json={}, token=token).error == REFUSED


def test_an_error_has_all_five_fields(rest):
    answer = rest.get("/users/nobody")
    assert answer.json == {
        "error": "service_resource_not_found",
        "exception": "UserNotFoundException",
        "error_description": "Service resource not found",
        "timestamp": ANY,
        "duration": ANY,
    }


def test_a_bug_is_json_too(rest, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("accounts.rest.views.im_users.get_user", broken)
    assert rest.get("/users/x").error == (500, "internal_server_error", "Internal server error")
    assert "ZeroDivisionError" in caplog.text


def test_the_nearest_base_answers_for_a_refusal_without_a_row():
    class Stranger(ImError):
        code = "no_row_at_all"

    assert rest_error(Stranger()) == (400, "illegal_argument")


def test_every_route_is_tried():
    assert len(list(calls())) >= len(urlpatterns)
