"""Reactions to messages (rest.md 3.11)."""

import pytest

from accounts.actions.im_users import delete_user
from chat.domain.events import Logged, ReactionChanged
from chat.webhooks.payloads import post_send_body
from chat.wire.msync.metas import items_of
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.native.events import event_json
from tests.rest.api import A_TIME_MS
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

ILLEGAL = (400, "Bad Request", "the user operation is illegal!")


def send(api, kind, to):
    body = {"from": "demo1", "to": [to], "type": "txt", "body": {"msg": "hi"}}
    return api.post(f"/messages/{kind}", body).data[to]


@pytest.fixture
def message(api):
    """From demo1 to demo2."""
    return send(api, "users", "demo2")


def react(api, name, message, reaction="ok"):
    return api.post(f"/reaction/user/{name}", {"msgId": message, "message": reaction})


def take_back(api, name, message, reaction="ok"):
    return api.delete(f"/reaction/user/{name}?msgId={message}&message={reaction}")


def listed(api, name, message):
    return api.get(f"/reaction/user/{name}?msgIdList={message}&msgType=chat").data


@pytest.mark.endpoint("X1", "X2", "X3")
def test_a_reaction_is_added_listed_and_taken_back(as_user, message):
    mine = as_user("demo2")
    made = react(mine, "Demo2", message)
    number = made.data["id"]
    assert made.json == {
        "requestStatusCode": "ok",
        "timestamp": A_TIME_MS,
        "data": {
            "id": number,
            "msgId": message,
            "msgType": "chat",
            "groupId": None,
            "reaction": "ok",
            "createdAt": made.data["createdAt"],
            "updatedAt": made.data["updatedAt"],
        },
    }
    react(as_user("demo1"), "demo1", message)
    reaction = {"reactionId": number, "reaction": "ok", "count": 2, "userList": ["demo2", "demo1"]}
    assert listed(mine, "demo2", message) == [
        {"msgId": message, "reactionList": [{**reaction, "state": True}]}
    ]
    gone = take_back(mine, "demo2", message)
    assert gone.json == {"requestStatusCode": "ok", "timestamp": A_TIME_MS}
    left = {**reaction, "count": 1, "userList": ["demo1"], "state": False}
    assert listed(mine, "demo2", message) == [{"msgId": message, "reactionList": [left]}]
    take_back(as_user("demo1"), "demo1", message)
    assert listed(mine, "demo2", message) == []


@pytest.mark.endpoint("X1", "X3")
def test_everyone_who_has_the_message_is_told(api, message, published, on_commit_now):
    react(api, "demo2", message)
    take_back(api, "demo2", message)
    added, removed = (event for event, _ in published)
    assert added.fact == ReactionChanged(int(message), "ok", True, 1, ("demo2",))
    assert removed.fact == ReactionChanged(int(message), "ok", False, 0, ())
    assert added.entry.sender == "demo2"
    assert isinstance(added, Logged)

    native = event_json(added, "demo1")
    assert (native["ev"], native["kind"], native["by"]) == ("reaction", "added", "demo2")
    assert (native["message_id"], native["count"]) == (message, 1)
    (item,) = items_of(added, Reader("demo#app", "demo1", "d"))
    meta = pb.Meta.FromString(item[1])
    assert meta.ns == pb.Meta.NOTIFY
    assert b'"operator":"demo2","reactionType":"create"' in meta.payload
    told = post_send_body(api.app.appkey, removed.entry, offline=False, host="h")
    assert (told["chat_type"], told["payload"]["type"]) == ("notify", "reaction")


@pytest.mark.endpoint("X1", "X3")
def test_one_who_reacted_so_cannot_again(api, message):
    react(api, "demo2", message)
    assert react(api, "demo2", message).error == (
        400,
        "Bad Request",
        "the user is already operation this message",
    )
    assert take_back(api, "demo1", message).error == ILLEGAL
    assert take_back(api, "demo2", message, "other").error == ILLEGAL


@pytest.mark.endpoint("X1", "X2", "X3", "X4")
def test_only_who_has_the_message_reacts_or_reads(api, as_user, message):
    react(api, "demo2", message)
    other = as_user("stranger")
    assert react(other, "stranger", message).error == ILLEGAL
    assert take_back(other, "stranger", message).error == ILLEGAL
    assert listed(other, "stranger", message) == []
    path = f"/reaction/user/stranger/detail?msgId={message}&message=ok"
    assert other.get(path).error == ILLEGAL
    for unknown in ("1", "x", "", "-5", "9" * 30):
        assert react(api, "demo2", unknown).error == ILLEGAL
        assert take_back(api, "demo2", unknown).error == ILLEGAL
    assert react(api, "nobody", message).error == ILLEGAL


@pytest.mark.endpoint("X1", "X2")
def test_members_react_in_a_group(api, message):
    group_id = make_group(api, members=["demo2"])
    sent = send(api, "chatgroups", group_id)
    made = react(api, "demo2", sent).data
    assert (made["msgType"], made["groupId"]) == ("groupchat", group_id)
    assert react(api, "stranger", sent).error == ILLEGAL
    base = f"/reaction/user/demo1?msgIdList={sent},{message}&msgType=groupchat"
    assert api.get(base).error == (400, "Bad Request", "groupId can not be null!")
    (one,) = api.get(f"{base}&groupId={group_id}").data
    assert one["msgId"] == sent
    assert one["reactionList"][0]["state"] is False


@pytest.mark.endpoint("X1", "X2", "X4")
def test_limits_are_told_as_the_vendor_does(api, message, change_settings):
    full = (400, "Bad Request", "The quantity has exceeded the limit!")
    for number in range(20):
        assert react(api, "demo2", message, f"e{number}").status == 200
    assert react(api, "demo2", message, "e20").error == full
    assert react(api, "demo1", message, "e1").status == 200
    assert react(api, "demo2", message, "x" * 129).error == full
    assert react(api, "demo2", message, "").error == full
    ids = ",".join(str(number) for number in range(21))
    assert api.get(f"/reaction/user/demo2?msgIdList={ids}").error == (
        400,
        "Bad Request",
        "msgIdList exceeds the maximum number limit",
    )
    path = f"/reaction/user/demo2/detail?msgId={message}&message=e1&limit=51"
    assert api.get(path).error == (400, "Bad Request", "Limit exceeds the maximum quantity limit")
    change_settings(reactions_enabled=False)
    assert react(api, "demo2", message, "e2").error == (
        400,
        "Bad Request",
        "this appKey is not open reaction service!",
    )


@pytest.mark.endpoint("X4")
@pytest.mark.parametrize(("limit", "cursor"), [("limit", "cursor"), ("pageSize", "currentPage")])
def test_who_reacted_is_read_page_by_page(api, limit, cursor):
    group_id = make_group(api, members=["demo2", "demo3"])
    sent = send(api, "chatgroups", group_id)
    for name in ("demo1", "demo2", "demo3"):
        number = react(api, name, sent).data["id"]
    path = f"/reaction/user/demo3/detail?msgId={sent}&message=ok&{limit}=2"
    first = api.get(f"{path}&{cursor}=null").data
    assert first == {
        "reactionId": number,
        "reaction": "ok",
        "count": 3,
        "state": True,
        "userList": ["demo1", "demo2"],
        "cursor": first["cursor"],
    }
    last = api.get(f"{path}&{cursor}={first['cursor']}").data
    assert last["userList"] == ["demo3"]
    assert "cursor" not in last


@pytest.mark.endpoint("X1", "X2")
def test_a_recalled_message_and_a_deleted_user_keep_no_reaction(api, message):
    react(api, "demo2", message)
    react(api, "demo1", message, "yes")
    delete_user(api.app, "demo2")
    (one,) = listed(api, "demo1", message)
    assert [reaction["reaction"] for reaction in one["reactionList"]] == ["yes"]
    recall = {"msg_id": message, "to": "demo2", "chat_type": "chat", "force": True}
    assert api.post("/messages/msg_recall", recall).status == 200
    assert listed(api, "demo1", message) == []
    assert react(api, "demo1", message).error == ILLEGAL
