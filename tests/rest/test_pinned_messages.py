"""Messages pinned for everyone of a conversation, and marks on one's own (msync.md 8.5, 6.4)."""

import json

import pytest

from chat.domain.events import Logged
from chat.domain.own_changes import OwnChange, OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.targets import ToUser
from chat.models import PinnedMessage
from tests.rest.test_client_calls import send
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

PIN = "/sdk/user/demo2/user_channel/pin"
MARK = "/sdk/user/demo2/user_channels/mark"


@pytest.fixture
def mine(as_user):
    return as_user("demo2")


@pytest.fixture
def pinned(api, demo1, mine):
    """A pair's message, pinned by its receiver."""
    message_id = str(send(api, demo1, "demo2", "hi"))
    body = {"to": "demo1", "type": "chat", "pin_msg_id": message_id}
    assert mine.post(f"{PIN}?resource=web_1", body).status == 200
    return body


def listed(caller, to, kind="chat", name="demo2", **query):
    more = "".join(f"&{key}={value}" for key, value in query.items())
    path = f"/sdk/user/{name}/user_channel/pin?to={to}&type={kind}{more}"
    return caller.get(path).data


def test_a_pin_is_listed_for_both(pinned, mine, as_user):
    for caller, name, other in ((mine, "demo2", "demo1"), (as_user("demo1"), "demo1", "demo2")):
        found = listed(caller, other, name=name, limit=10, cursor="undefined")
        assert found["cursor"] == ""
        [info] = found["msg_infos"]
        assert info["pin_operator"] == "demo2"
        assert info["pin_opt_at"] > 1_600_000_000_000
        assert info["message"]["id"] == pinned["pin_msg_id"]
        payload = json.loads(info["message"]["payload"])
        assert payload["bodies"] == [{"type": "txt", "msg": "hi"}]


def test_everyone_is_told_but_the_acting_device(api, demo1, mine, published, on_commit_now):
    message_id = send(api, demo1, "demo2", "hi")
    body = {"to": "demo1", "type": "chat", "pin_msg_id": str(message_id)}
    for _ in range(2):
        mine.post(f"{PIN}?resource=web_1", body)
    mine.delete(f"{PIN}?resource=web_1", body)
    told = [
        (event.fact, audience.skip_device[1], len(audience.topics))
        for event, audience in published
        if isinstance(event, Logged) and isinstance(event.fact, MessagePinned)
    ]
    assert told == [
        (MessagePinned(message_id, True), "web_1", 2),
        (MessagePinned(message_id, False), "web_1", 2),
    ]


def test_a_pin_taken_away_is_gone(pinned, mine):
    assert mine.delete(PIN, pinned).status == 200
    assert listed(mine, "demo1")["msg_infos"] == []
    again = mine.delete(PIN, pinned)
    assert again.status == 404
    assert again.json["error_description"] == "user session pin message not exist"


def test_what_is_recalled_is_no_longer_pinned(pinned, mine, api):
    recall = {"msg_id": pinned["pin_msg_id"], "to": "demo2", "chat_type": "chat", "force": True}
    assert api.post("/messages/msg_recall", recall).status == 200
    assert listed(mine, "demo1")["msg_infos"] == []
    assert not PinnedMessage.objects.exists()


def test_pages_start_with_the_newest_pin(api, demo1, mine):
    ids = [str(send(api, demo1, "demo2", str(n))) for n in range(3)]
    for number in ids:
        mine.post(PIN, {"to": "demo1", "type": "chat", "pin_msg_id": number})
    first = listed(mine, "demo1", limit=2)
    assert [info["message"]["id"] for info in first["msg_infos"]] == [ids[2], ids[1]]
    rest = listed(mine, "demo1", limit=2, cursor=first["cursor"])
    assert [info["message"]["id"] for info in rest["msg_infos"]] == [ids[0]]
    assert rest["cursor"] == ""


def test_so_many_may_be_pinned(pinned, api, demo1, mine, change_settings):
    change_settings(max_pinned_messages=1)
    second = send(api, demo1, "demo2", "more")
    refused = mine.post(PIN, pinned | {"pin_msg_id": str(second)})
    assert (refused.status, refused.json["error_code"]) == (403, 91101)


def test_only_who_has_the_message_pins_and_lists_it(pinned, as_user, api):
    stranger = as_user("demo3")
    path = "/sdk/user/demo3/user_channel/pin"
    assert stranger.post(path, pinned).status == 404
    assert listed(stranger, "demo1", name="demo3") == {"msg_infos": [], "cursor": ""}
    group = make_group(api)
    in_group = {"to": group, "type": "groupchat", "pin_msg_id": pinned["pin_msg_id"]}
    assert stranger.post(path, in_group).status == 403
    assert stranger.get(f"{path}?to={group}&type=groupchat").status == 403
    assert as_user("demo2").post(PIN, in_group).status in (403, 404)
    assert api.post(PIN, pinned).status == 401


def test_a_group_s_message_is_pinned_for_its_members(api, as_user):
    group = make_group(api)
    sent = api.post(
        "/messages/chatgroups",
        {"from": "demo1", "to": [group], "type": "txt", "body": {"msg": "rules"}},
    )
    message_id = sent.data[group]
    body = {"to": group, "type": "groupchat", "pin_msg_id": message_id}
    one = as_user("demo1")
    assert one.post("/sdk/user/demo1/user_channel/pin", body).status == 200
    [info] = listed(one, group, "groupchat", "demo1")["msg_infos"]
    assert json.loads(info["message"]["payload"])["type"] == "groupchat"


@pytest.mark.parametrize(
    "body", [{}, {"to": "demo1"}, {"to": "demo1", "type": "chat"}, {"to": "demo1", "type": "x"}]
)
def test_a_pin_that_names_nothing_is_refused(mine, body):
    assert mine.post(PIN, body).status == 400
    assert mine.delete(PIN, body).status == 400


def test_marks_are_put_searched_and_taken_off(api, demo1, mine, published, on_commit_now):
    send(api, demo1, "demo2", "hi")
    target = {"to": "demo1", "type": "chat"}
    nobody = {"to": "demo3", "type": "chat"}
    body = {"mark": "mark_2", "targets": [target, nobody]}
    for _ in range(2):
        assert mine.post(f"{MARK}?resource=web_1", body).data == {"ignore": [nobody]}
    [found] = mine.get(f"{MARK}/search?mark=mark_2&limit=10&cursor=").data["channel_infos"]
    assert (found["session_to"], found["marks"]) == ("demo1", ["mark_2"])
    assert mine.get(f"{MARK}/search?mark=mark_3").data["channel_infos"] == []
    path = "/sdk/user/demo2/user_channels/list?need_mark=true"
    assert mine.get(path).data["channel_infos"][0]["marks"] == ["mark_2"]
    assert mine.delete(f"{MARK}?resource=web_1", body).data == {"ignore": [nobody]}
    assert mine.get(f"{MARK}/search?mark=mark_2").data["channel_infos"] == []
    told = [
        (event.fact, audience.skip_device[1])
        for event, audience in published
        if isinstance(event, Logged) and isinstance(event.fact, OwnChanged)
    ]
    detail = {"mark": "mark_2"}
    assert told == [
        (OwnChanged(OwnChange.CONVERSATION_MARKED, ToUser("demo1"), detail), "web_1"),
        (OwnChanged(OwnChange.CONVERSATION_UNMARKED, ToUser("demo1"), detail), "web_1"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mark": "mark_20", "targets": [{"to": "demo1", "type": "chat"}]},
        {"mark": "mark_1", "targets": []},
        {"mark": "mark_1", "targets": ["demo1"]},
        {"mark": "mark_1", "targets": [{"to": "demo1", "type": "x"}]},
    ],
)
def test_a_mark_that_names_nothing_is_refused(mine, body):
    assert mine.post(MARK, body).status == 400
    assert mine.get(f"{MARK}/search?mark=undefined").status == 400
