"""Rate limits of an app: off by default, counted by kind of call (rest.md 1.9)."""

import pytest

from accounts.domain.app_settings import AppSettings
from accounts.rest import throttling
from tests.cast import Answer

pytestmark = pytest.mark.django_db

REACHED = (429, "reach_limit", "This request has reached api limit")
TEXT = {"from": "demo1", "type": "txt", "body": {"msg": "x"}}


class Clock:
    """The time that windows are counted by."""

    now = 1_700_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttling, "time", clock)
    return clock


@pytest.fixture
def limit(change_settings):
    def switch_on(**limits: int) -> None:
        change_settings(rate_limits_enabled=True, **limits)

    return switch_on


def test_every_window_has_its_setting():
    for windows in throttling.WINDOWS.values():
        for setting, window_s in windows:
            assert getattr(AppSettings(), setting) > 0
            assert window_s in (1, 60, 86_400)


def test_nothing_is_limited_by_default(api, clock, change_settings):
    change_settings(rate_calls_s=1)
    assert [api.get("/users").status for _ in range(3)] == [200, 200, 200]


def test_a_call_too_many_is_429_until_the_window_ends(api, clock, limit):
    limit(rate_calls_s=2)
    assert [api.get("/users").status for _ in range(2)] == [200, 200]
    refused = api.get("/users")
    assert refused.error == REACHED
    assert refused.headers["Retry-After"] == "1"
    clock.now += 1
    assert api.get("/users").status == 200


@pytest.mark.parametrize(
    ("setting", "method", "path"),
    [
        ("rate_token_s", "POST", "/token"),
        ("rate_delete_users_s", "DELETE", "/users"),
        ("rate_batch_status_s", "POST", "/users/batch/status"),
        ("rate_blocks_s", "GET", "/users/demo1/blocks/users"),
        ("rate_blocks_s", "DELETE", "/users/demo1/blocks/users/demo2"),
        ("rate_presence_s", "POST", "/users/demo1/presence"),
        ("rate_joined_groups_s", "GET", "/chatgroups/user/demo1"),
        ("rate_push_templates_s", "GET", "/notification/template/x"),
        ("rate_user_messages_s", "POST", "/messages/users"),
        ("rate_group_messages_s", "POST", "/messages/chatgroups"),
        ("rate_group_messages_s", "POST", "/messages/chatgroups/users"),
        ("rate_room_messages_s", "POST", "/messages/chatrooms"),
        ("rate_exports_min", "GET", "/chatmessages/2024010100"),
        ("rate_exports_min", "GET", "/chatmessages"),
    ],
)
def test_a_kind_is_counted_apart(api, clock, limit, setting, method, path):
    limit(rate_calls_s=1, **{setting: 1})
    assert api.get("/users/demo1").status == 200
    assert api.call(method, path, {}).status != 429
    assert api.call(method, path, {}).error == REACHED
    assert api.get("/users/demo1").error == REACHED


def test_a_message_too_many_is_not_sent(api, clock, limit, acting):
    limit(rate_user_messages_s=1)
    for status in (200, 429, 429):
        assert api.post("/messages/users", {**TEXT, "to": ["demo2"]}).status == status
    assert api.get("/users/demo2/offline_msg_count").data == {"demo2": 1}


@pytest.mark.parametrize("path", ["/messages/users", "/messages"])
def test_recipients_are_counted_by_the_minute(api, clock, limit, acting, path):
    """3.6.2: 403 with a sentence of its own, and nobody gets the message."""

    def send(*names: str, text: str = "x") -> Answer:
        if path == "/messages":
            body = {"target_type": "users", "target": names, "msg": {"type": "txt", "msg": text}}
        else:
            body = {**TEXT, "to": names, "body": {"msg": text}}
        answer: Answer = api.post(path, body)
        return answer

    limit(rate_user_recipients_min=3)
    assert send("demo1", "demo2").status == 200
    refused = send("demo2", "demo3")
    assert refused.error == (403, "message_send_error", "message send reach limit")
    assert send("demo3", text="x" * 6000).status == 400
    assert send("demo3").status == 200  # the refused calls used up nothing
    assert send("demo1").status == 403
    assert send("demo1", text="x" * 6000).status == 400
    assert api.get("/users/demo2/offline_msg_count").data == {"demo2": 1}
    assert api.post("/messages/chatrooms", {**TEXT, "to": ["1"]}).status == 200
    clock.now += 60
    assert send("demo1", "demo2", "demo3").status == 200


def test_broadcasts_are_limited_by_minute_and_by_day(api, clock, limit):
    limit(rate_broadcasts_min=2, rate_broadcasts_day=3)
    body = {"from": "demo1", "msg": {"type": "txt", "msg": "x"}}
    path = "/messages/chatrooms/broadcast"
    answers = [api.post(path, body).status for _ in range(3)]
    assert answers == [200, 200, 429]
    clock.now += 86_400
    answers = []
    for _ in range(4):
        answers.append(api.post(path, body).status)
        clock.now += 60
    assert answers == [200, 200, 200, 429]


def test_conversation_removals_are_counted_by_user(api, clock, limit):
    limit(rate_conversation_removals_min=1)
    body = {"channel": "demo3", "type": "chat", "delete_roam": False}
    for name in ("demo1", "demo2"):
        assert api.delete(f"/users/{name}/user_channel", body).status == 200
    assert api.delete("/users/DEMO1/user_channel", body).error == REACHED


def test_apps_and_strangers_do_not_use_up_the_limit(api, other_app, clock, limit, rest):
    limit(rate_calls_s=1)
    for _ in range(3):
        assert rest.call("GET", "/users", token=None).status == 401
    assert api.get("/users").status == 200
