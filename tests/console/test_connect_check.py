"""The check of a connection: whom it waits for, what it tells, and to whom."""

from typing import Any

import pytest
from django.test import Client

from accounts.domain.actor import AppRef
from chat.live.online import DeviceOnline, records
from chat.store import observed
from chat.store.clock import now_ms
from tests.console.conftest import SignIn
from tests.console.pages import text_of, url

pytestmark = pytest.mark.usefixtures("demo1", "demo2")


@pytest.fixture(autouse=True)
def nothing_waits(db: None) -> None:
    observed.flush()


def check(client: Client, user: str = "", since: int | None = None) -> str:
    asked: dict[str, Any] = {"user": user, "since": now_ms() if since is None else since}
    return text_of(client.get(url("connect_check"), asked, headers={"accept-language": "en"}))


def come(app: AppRef, user_id: int, username: str, device: str = "d", since_ms: int = 0) -> None:
    record = DeviceOnline(
        app.id, user_id, username, device, "msync", "web", "10.0.0.7", since_ms or now_ms(),
        f"ab.{user_id}", sdk="websdk", version="4.21.1", ready_ms=41,
    )  # fmt: skip
    records().put([record])


def test_address_without_a_time_begins_now(viewer, browse: SignIn):
    answer = browse(viewer).get(url("connect_check"), {"user": "Demo1"})
    assert answer.status_code == 303
    assert "user=demo1&since=" in answer.headers["Location"]
    for wrong in ("-1", "x", "9" * 30, str(now_ms() - 7_200_000)):
        assert browse(viewer).get(url("connect_check"), {"since": wrong}).status_code == 303


def test_first_connection_of_the_user_is_found(viewer, app, demo1, demo2, browse: SignIn):
    client, began = browse(viewer), now_ms() - 5
    come(app, demo2.id, "demo2")
    assert 'data-test="check-waiting"' in check(client, "demo1", began)
    come(app, demo1.id, "demo1")
    text = check(client, "demo1", began)
    assert "41 ms from the opened socket" in text
    assert "websdk 4.21.1" in text


def test_who_was_there_before_and_the_consoles_own_do_not_count(viewer, app, demo1, browse: SignIn):
    come(app, demo1.id, "demo1", since_ms=now_ms() - 60_000)
    come(app, demo1.id, "demo1", device="console-send-1")
    assert 'data-test="check-waiting"' in check(browse(viewer), "", now_ms() - 5)


def test_connection_that_ended_meanwhile_is_found_too(viewer, app, demo1, browse: SignIn):
    began = now_ms() - 5
    observed.ended(app_id=app.id, user_id=demo1.id, username="demo1", device="d", wire="native",
                   since_ms=now_ms(), until_ms=now_ms())  # fmt: skip
    observed.flush()
    assert "it has ended again" in check(browse(viewer), "demo1", began)


def test_after_a_minute_it_says_where_to_look(viewer, browse: SignIn, rest):
    client, began = browse(viewer), now_ms() - 61_000
    assert "Nothing has reached this server" in check(client, "demo1", began)
    assert 'data-test="check-advice"' not in check(client, "demo1")
    rest.call("GET", "/users/demo1", token="nonsense")
    observed.flush()
    text = check(client, "demo1", began)
    assert "something reached the server" in text
    assert "call refused" in text
    assert "GET /users/demo1" in text


def test_unknown_user_is_named(viewer, browse: SignIn):
    assert "There is no user nobody yet" in check(browse(viewer), "nobody")


def test_what_named_no_app_is_for_the_instance_admin(viewer, admin, browse: SignIn):
    began = now_ms() - 5
    observed.attempted(app_id=0, kind="upgrade", what="/wss/", status=403)
    observed.flush()
    assert "WebSocket refused" in check(browse(admin), "", began)
    assert "WebSocket refused" not in check(browse(viewer), "", began)


def test_other_apps_attempts_are_not_shown(viewer, other_app: AppRef, browse: SignIn):
    began = now_ms() - 5
    observed.attempted(app_id=other_app.id, kind="token", what="POST /token", status=400)
    observed.flush()
    assert 'data-test="check-nothing"' in check(browse(viewer), "", began)
