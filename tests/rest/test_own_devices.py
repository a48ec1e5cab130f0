"""What one device changes of its user's own view is told to the others (msync.md 6.4)."""

import pytest

from chat.domain.events import Logged
from chat.domain.own_changes import OwnChange, OwnChanged
from chat.domain.targets import ToGroup, ToUser
from tests.rest.test_client_calls import send
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

TOP = "/sdk/user/demo2/user_channel/top"
SILENT = "/users/demo2/notification/user"


def told(published):
    """(change, target, detail, the device that is left out) of each notice."""
    return [
        (event.fact.change, event.fact.target, event.fact.detail, audience.skip_device[1])
        for event, audience in published
        if isinstance(event, Logged) and isinstance(event.fact, OwnChanged)
    ]


def test_pins_are_told_once(api, as_user, demo1, published, on_commit_now):
    send(api, demo1, "demo2", "hi")
    mine = as_user("demo2")
    pin = {"type": "chat", "to": "demo1"}
    for _ in range(2):
        mine.post(f"{TOP}?resource=web_1", pin)
    mine.delete(f"{TOP}?type=chat&to=demo1&resource=web_2")
    assert told(published) == [
        (OwnChange.CONVERSATION_PINNED, ToUser("demo1"), {}, "web_1"),
        (OwnChange.CONVERSATION_UNPINNED, ToUser("demo1"), {}, "web_2"),
    ]


def test_a_removal_is_told_by_the_user_and_by_the_app(
    api, as_user, demo1, published, on_commit_now
):
    send(api, demo1, "demo2", "hi")
    body = {"channel": "demo1", "type": "chat", "delete_roam": True}
    as_user("demo2").delete("/user/demo2/user_channel?resource=web_1", body)
    api.delete("/users/demo2/user_channel", {**body, "delete_roam": False})
    assert told(published) == [
        (OwnChange.CONVERSATION_REMOVED, ToUser("demo1"), {}, "web_1"),
        (OwnChange.HISTORY_REMOVED, ToUser("demo1"), {}, "web_1"),
        (OwnChange.CONVERSATION_REMOVED, ToUser("demo1"), {}, ""),
    ]


def test_removed_history_is_told(api, as_user, demo1, published, on_commit_now):
    group = make_group(api)
    message_id = send(api, demo1, "demo2", "hi")
    mine, roaming = as_user("demo2"), "/sdk/message/roaming"
    mine.delete(f"{roaming}/chat/user/demo2?userId=demo1&msgIdList={message_id}&&resource=web_1")
    as_user("demo1").delete(
        f"{roaming}/group/user/demo1/time?groupId={group}&delTime=9&&resource=x"
    )
    mine.post(f"{roaming}/user/demo2/delete/all?resource=web_1")
    assert told(published) == [
        (OwnChange.HISTORY_REMOVED, ToUser("demo1"), {}, "web_1"),
        (OwnChange.HISTORY_REMOVED, ToGroup(group), {}, "x"),
        (OwnChange.HISTORY_REMOVED, None, {}, "web_1"),
    ]


@pytest.mark.endpoint("M17", "M18", "M19", "M20")
@pytest.mark.parametrize(("said", "is_told"), [("", True), ("&isNotify=true", True),
                                               ("&isNotify=false", False)])  # fmt: skip
def test_removed_history_is_told_unless_the_caller_says_no(
    api, demo1, published, on_commit_now, said, is_told
):
    group = make_group(api)
    message_id = send(api, demo1, "demo2", "hi")
    roaming = "/rest/message/roaming"
    for path in (
        f"{roaming}/chat/user/demo2?userId=demo1&msgIdList={message_id}",
        f"{roaming}/chat/user/demo2/time?userId=demo1&delTime=9",
        f"{roaming}/group/user/demo1?groupId={group}&msgIdList=1",
        f"{roaming}/group/user/demo1/time?groupId={group}&delTime=9",
    ):
        assert api.delete(path + said).status == 200
    assert {change for change, *_ in told(published)} <= {OwnChange.HISTORY_REMOVED}
    places = [place for _, place, *_ in told(published)]
    pair, room = ToUser("demo1"), ToGroup(group)
    assert places == ([pair, pair, room, room] if is_told else [])


def test_silent_settings_are_told(as_user, published, on_commit_now):
    mine = as_user("demo2")
    mine.put(f"{SILENT}/demo1?resource=web_1", {"type": "NONE"})
    mine.put(f"{SILENT}/demo2?resource=web_1", {"ignoreInterval": "8:00-9:00"})
    assert told(published) == [
        (
            OwnChange.SILENCED,
            ToUser("demo1"),
            {"type": "NONE", "interval": "", "until_ms": 0},
            "web_1",
        ),
        (
            OwnChange.SILENCED,
            None,
            {"type": "DEFAULT", "interval": "8:00-9:00", "until_ms": 0},
            "web_1",
        ),
    ]
