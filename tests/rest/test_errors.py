"""The error envelope (rest.md 1.4, 1.6)."""

from unittest.mock import ANY

from accounts.domain.errors import ImError
from accounts.rest.errors import rest_error


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
