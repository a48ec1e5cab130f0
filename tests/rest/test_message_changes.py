"""Directed messages, broadcasts, edits and imports, as a backend calls them."""

import pytest

from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room
from chat.domain.audience import Audience
from chat.domain.bodies import Body
from chat.domain.commands import (
    CreateRoom,
    ListConversations,
    ReadHistory,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryFlag
from chat.domain.targets import Place, ToChatroom, ToGroup, ToUser
from chat.queries.conversations import list_conversations
from chat.queries.history import read_history, sync
from chat.store.reading import entry_by_id

pytestmark = pytest.mark.django_db

TEXT = {"from": "demo1", "type": "txt", "body": {"msg": "hello"}}


@pytest.mark.endpoint("M5", "M6")
@pytest.mark.parametrize("family", ["chatgroups", "chatrooms"])
def test_a_directed_message_is_for_those_it_names(
    api, app, group, chatroom, published, on_commit_now, family
):
    room = group if family == "chatgroups" else chatroom
    path = f"/messages/{family}/users"
    answer = api.post(path, {**TEXT, "to": [room.room_id], "users": ["Demo2"]})
    [[room_id, message_id]] = answer.json["data"].items()
    assert answer.json == api.whole("post", path, data={room_id: message_id})
    entry = entry_by_id(app.id, int(message_id))
    assert entry is not None
    assert (entry.only, entry.flags & EntryFlag.NOT_IN_HISTORY) == (
        ("demo2",),
        EntryFlag.NOT_IN_HISTORY,
    )
    _, audience = published[-1]
    assert set(audience.only) == {"demo1", "demo2"}


@pytest.mark.endpoint("M5", "M6")
def test_what_a_directed_message_needs(api, group):
    whole = {**TEXT, "to": [group.room_id], "users": ["demo2"]}
    for change, sentence in (
        ({"users": []}, "param users can't be empty"),
        ({"users": None}, "param users can't be empty"),
        ({"users": [" "]}, "param users can't be empty"),
        ({"users": [f"u{n}" for n in range(21)]}, "params users's size can't exceed limit 20"),
        ({"users": ["a b"]}, "username a b is not legal"),
        ({"to": ["1", "2"]}, "params to's size can't exceed limit 1"),
        ({"body": {"msg": "x" * 6000}}, "message is too large"),
    ):
        answer = api.post("/messages/chatgroups/users", {**whole, **change})
        assert answer.error == (400, "message_send_error", sentence)
    odd: list[object] = [[], {**whole, "users": {"a": 1}}]
    for bad in odd:
        answer = api.post("/messages/chatgroups/users", bad)
        assert answer.json["error"] == "invalid_request_body"
    unknown = api.post("/messages/chatgroups/users", {**whole, "to": ["1"]})
    assert unknown.error == (404, "resource_not_found", "grpID 1 does not exist!")


@pytest.mark.endpoint("M7")
def test_a_broadcast_reaches_every_chatroom(api, acting, chatroom, demo1, change_settings):
    other = create_room(acting(), CreateRoom("chatroom", "other", owner="demo1"))
    path = "/messages/chatrooms/broadcast"
    answer = api.post(path, {"from": "demo1", "msg": {"type": "txt", "msg": "all"}, "ext": {}})
    number = answer.json["data"]["id"]
    assert isinstance(number, int)
    assert answer.json == api.whole("post", path, data={"id": number})
    for room_id in (chatroom.room_id, other.room_id):
        [entry] = read_history(acting(demo1), ReadHistory(ToChatroom(room_id))).entries
        assert (entry.sender, entry.payload["body"]) == ("demo1", {"msg": "all"})
    text = {"type": "txt", "msg": "x"}
    refused: list[tuple[dict[str, object], str]] = [
        ({"from": "", "msg": text}, "from can't be empty"),
        ({"msg": text, "ext": []}, "ext must be JSONObject"),
        ({"from": "demo1"}, "msg must be provided"),
        ({"msg": {"type": "txt", "msg": "x" * 6000}}, "message is too large"),
    ]
    for bad, sentence in refused:
        assert api.post(path, bad).error == (400, "illegal_argument", sentence)
    change_settings(broadcast_enabled=False)
    closed = api.post(path, {"msg": text})
    assert closed.error == (403, "forbidden_op", "message broadcast service is unopened")


@pytest.mark.endpoint("M7")
def test_a_broadcast_without_chatrooms_has_an_id_too(api):
    answer = api.post("/messages/chatrooms/broadcast", {"msg": {"type": "txt", "msg": "x"}})
    assert isinstance(answer.json["data"]["id"], int)


def sent(actor, target=None, body=None):
    body = body or Body("txt", {"msg": "old"})
    return str(post_message_now(actor, SendMessage(target or ToUser("demo2"), body)).message_id)


@pytest.mark.endpoint("M10")
def test_a_message_gets_new_content(api, app, acting, demo1, demo2):
    path = f"/messages/rewrite/{sent(acting(demo1))}"
    new = {"type": "txt", "msg": "new"}
    answer = api.put(path, {"user": "demo1", "new_msg": new, "new_ext": {"k": 1}})
    assert answer.json == api.whole("put", path, data="success")
    [entry] = read_history(acting(demo2), ReadHistory(ToUser("demo1"))).entries
    assert (entry.payload["body"], entry.payload["ext"]) == ({"msg": "new"}, {"k": 1})
    api.put(path, {"new_msg": new, "new_ext": {"x": 2}, "is_combine_ext": "false"})
    [entry] = read_history(acting(demo2), ReadHistory(ToUser("demo1"))).entries
    assert entry.payload["ext"] == {"x": 2}


NO_EVENT = "customEvent must match [A-Za-z0-9-_/.]{1,32}"


@pytest.mark.endpoint("M10")
def test_when_an_edit_is_refused(api, acting, demo1, demo2, change_settings):
    mine, error = sent(acting(demo1)), "message_rewrite_error"
    text = {"type": "txt", "msg": "new"}
    unsupported = "The message is of a type that is currently not supported for modification."
    custom = {"type": "custom", "customEvent": "x"}
    not_yours = "You are not authorized to edit this message."
    for path, body, told in (
        (mine, [], (400, "invalid_request_body")),
        (mine, {"new_msg": "x"}, (400, "invalid_request_body")),
        (mine, {"user": "demo1"}, (400, "illegal_argument", "new_msg is required")),
        (mine, {"new_msg": {"type": "img"}}, (400, error, unsupported)),
        (mine, {"new_msg": custom}, (400, error, unsupported)),
        (mine, {"new_msg": {**custom, "customEvent": "a b"}}, (400, "illegal_argument", NO_EVENT)),
        (mine, {"new_msg": text, "user": "demo2"}, (401, error, not_yours)),
        ("x", {"new_msg": text}, (400, "InvalidMessageIdException")),
        ("5", {"new_msg": text}, (404, error, "The message is unavailable or has expired.")),
    ):
        assert api.put(f"/messages/rewrite/{path}", body).error[: len(told)] == told
    for number in range(10):
        new = {"new_msg": {**text, "msg": str(number)}}
        assert api.put(f"/messages/rewrite/{mine}", new).status == 200
    most = "The message has reached its edit limit and cannot be modified further."
    assert api.put(f"/messages/rewrite/{mine}", {"new_msg": text}).error == (403, error, most)
    change_settings(edit_enabled=False)
    closed = (403, error, "The rewrite message feature is not open.")
    assert api.put(f"/messages/rewrite/{mine}", {"new_msg": text}).error == closed


@pytest.mark.endpoint("M11", "M12")
@pytest.mark.parametrize("family", ["users", "chatgroups"])
def test_an_import_is_in_history_and_tells_nobody(
    api, acting, demo2, group, published, on_commit_now, family
):
    place: Place = ToUser("demo1")
    target = "demo2"
    if family == "chatgroups":
        target, place = group.room_id, ToGroup(group.room_id)
    path = f"/messages/{family}/import"
    asked = {**TEXT, "target": target, "msg_timestamp": 1_700_000_000_000, "ext": {"k": 1}}
    before = len(published)
    answer = api.post(path, asked)
    message_id = answer.json["data"]["msg_id"]
    assert answer.json == api.whole("post", path, data={"msg_id": message_id})
    [(event, audience)] = published[before:]
    assert str(event.entry.id) == message_id
    assert audience == Audience.nobody(*audience.topics)
    [entry] = read_history(acting(demo2), ReadHistory(place)).entries
    assert (str(entry.id), entry.created_ms) == (message_id, 1_700_000_000_000)
    [item] = list_conversations(acting(demo2), ListConversations()).items
    assert (item.place, item.unread) == (place, 1)
    assert entry.id not in [e.id for e in sync(acting(demo2), Sync()).entries]


@pytest.mark.endpoint("M11")
def test_an_import_may_be_read_already_and_come_as_the_java_sdk_sends_it(api, acting, demo2):
    msg = {"type": "text", "msg": "hello"}
    asked = {"from": "demo1", "target": "demo2", "msg": msg, "is_ack_read": True}
    assert api.post("/messages/users/import", asked).status == 200
    [item] = list_conversations(acting(demo2), ListConversations()).items
    assert item.last_message is not None
    assert (item.last_message.payload["body"], item.unread) == ({"msg": "hello"}, 0)


@pytest.mark.endpoint("M11", "M12")
def test_what_an_import_needs(api):
    whole = {**TEXT, "target": "demo2"}
    for change, told in (
        ({"body": {}}, ("illegal_argument", "message body not allow empty")),
        ({"type": ""}, ("illegal_argument", "type not allow empty")),
        ({"from": None}, ("illegal_argument", "from not allow empty")),
        ({"target": ""}, ("illegal_argument", "target not allow empty")),
        ({"target": "a b"}, ("illegal_argument",)),
        ({"target": ["demo2"]}, ("invalid_request_body",)),
        ({"ext": "x"}, ("invalid_request_body",)),
        ({"type": "odd"}, ("illegal_argument",)),
        ({"msg_timestamp": -1}, ("illegal_argument",)),
        ({"msg_timestamp": 1e300}, ("illegal_argument",)),
        ({"body": {"msg": "x" * 6000}}, ("illegal_argument", "message is too large")),
    ):
        answer = api.post("/messages/users/import", {**whole, **change})
        assert answer.error[: len(told) + 1] == (400, *told)
    assert api.post("/messages/users/import", []).json["error"] == "invalid_request_body"
    unknown = api.post("/messages/chatgroups/import", {**whole, "target": "1"})
    assert unknown.error == (404, "resource_not_found", "grpID 1 does not exist!")
