"""What is remembered of calls that tell how a client's way in goes, and that it fits."""

import pytest
from django.test import Client

from chat.models import Attempt
from chat.store import observed

pytestmark = pytest.mark.usefixtures("demo1")


@pytest.fixture(autouse=True)
def nothing_waits(db: None) -> None:
    observed.flush()
    Attempt.objects.all().delete()


def noted() -> list[Attempt]:
    observed.flush()
    return list(Attempt.objects.order_by("pk"))


def token(path: str, **fields: str) -> int:
    asked = {"grant_type": "password", **fields}
    answer = Client().post(f"{path}/token", asked, content_type="application/json")
    return answer.status_code


def test_refused_token_is_noted_with_its_reason_and_without_the_password(app):
    assert token("/demo/app", username="Demo1", password="hunter2") == 400
    [one] = noted()
    assert (one.app_id, one.kind, one.username, one.status) == (app.id, "token", "demo1", 400)
    assert (one.refusal, one.said) == ("wrong_password", "invalid password")
    assert "hunter2" not in str(vars(one))


def test_good_token_is_noted_once_a_second(app):
    for _ in range(3):
        assert token("/demo/app", username="demo1", password="123456") == 200
    [one] = noted()
    assert (one.refusal, one.status) == ("", 200)


def test_token_of_no_app_belongs_to_none(app):
    assert token("/demo/nothing", username="demo1", password="x") == 404
    [one] = noted()
    assert (one.app_id, one.refusal) == (0, "app_not_found")


def test_preflight_and_401_are_noted_and_other_calls_are_not(app, rest):
    rest.call("GET", "/users/demo1")
    assert noted() == []
    Client().options(
        "/demo/app/users", headers={"origin": "http://a.b", "access-control-request-method": "POST"}
    )
    rest.call("GET", "/users/demo1", token="nonsense")
    preflight, call = noted()
    assert (preflight.kind, preflight.what) == ("preflight", "POST /users (http://a.b)")
    assert (call.kind, call.what, call.status) == ("call", "GET /users/demo1", 401)


def test_what_a_stranger_sends_is_made_to_fit(app):
    observed.attempted(app_id=app.id, kind="call", what="GET /\0\n" + "x" * 500, said="ü\ud800")
    [one] = noted()
    assert one.what == "GET /" + "x" * 113
    assert one.said == "ü"


def test_flood_is_cut_off(app):
    for number in range(observed.MAX_ATTEMPTS + 10):
        observed.attempted(app_id=app.id, kind="call", what=f"GET /{number}")
    assert len(noted()) == observed.MAX_ATTEMPTS
