"""Tokens that this server does not give."""

import pytest

from tests.cast import Rest

pytestmark = pytest.mark.django_db


@pytest.mark.endpoint("T6")
def test_operators_log_in_to_the_console_only(app):
    body = {"grant_type": "password", "username": "a", "password": "b"}
    answer = Rest("", "").post("/management/token", json=body, token=None)
    assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")
    assert "org admin" in answer.json["error_description"]


@pytest.mark.endpoint("T4")
def test_tokens_of_another_system_are_not_taken(api):
    answer = api.post("/token", {"grant_type": "agora"})
    assert answer.error[:2] == (400, "unsupported_grant_type")
