"""POST /messages/{users,chatgroups,chatrooms} and the legacy /messages, as a backend calls them."""

import json
from typing import Any

import pytest

from accounts.actions.im_apps import change_app
from accounts.domain.actor import AppRef
from chat.actions.room_moderation import disable_group
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom, DisableGroup, ReadHistory
from chat.domain.entries import Entry
from chat.domain.targets import Place, ToChatroom, ToGroup, ToUser
from chat.queries.history import read_history
from chat.store.reading import entry_by_id

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("M1", "M2", "M3", "M4")]

URL = "http://files.example/demo/app/chatfiles/a1b2"
TEXT = {"from": "demo1", "to": ["demo2"], "type": "txt", "body": {"msg": "hello"}}

# Every type of rest.md 3.6.1 with all its fields, and one that nobody knows yet.
BODIES: dict[str, dict[str, Any]] = {
    "txt": {"msg": "你好 😀 \u2028", "targetLanguages": ["en"]},
    "img": {
        "url": URL,
        "filename": "a.png",
        "secret": "s",
        "size": {"width": 480, "height": 720},
        "file_length": 128827,
        "thumb": URL,
        "thumb_secret": "t",
    },
    "audio": {"url": URL, "filename": "a.amr", "secret": "s", "length": 10, "file_length": 6630},
    "video": {
        "url": URL,
        "filename": "a.mp4",
        "secret": "s",
        "thumb": URL,
        "thumb_secret": "t",
        "length": 0,
        "file_length": 58103,
        "size": {"width": 1, "height": 2},
    },
    "file": {"url": URL, "filename": "合同.pdf", "secret": "s", "file_length": 7},
    "loc": {"lat": 39.966, "lng": 116.322, "addr": "北京"},
    "cmd": {"action": "refresh", "param": {"deep": [1, {"x": None}]}},
    "custom": {"customEvent": "gift/rose_1.0", "customExts": {"name": "rose", "count": "9"}},
}
EXT = {"k": 1, "deep": {"list": [None, True, 1.5, "x"]}, "em_ignore_notification": True}


@pytest.fixture
def group(acting, demo1, demo2) -> str:
    command = CreateRoom("group", "qa", owner="demo1", members=("demo2",))
    return create_room(acting(), command).room_id


@pytest.fixture
def chatroom(acting, demo1, demo2) -> str:
    command = CreateRoom("chatroom", "lobby", owner="demo1", members=("demo2",))
    return create_room(acting(), command).room_id


@pytest.fixture
def messages_of(acting):
    """`messages_of(demo2, ToUser("demo1"))`: what that user finds in history, oldest first."""

    def read(user, place: Place) -> list[Entry]:
        return list(reversed(read_history(acting(user), ReadHistory(place, limit=100)).entries))

    return read


@pytest.mark.parametrize("type_name", BODIES)
def test_each_type_is_kept_whole(rest, app, demo1, demo2, type_name):
    body = {**BODIES[type_name], "x-later": {"kept": True}}
    answer = rest.post(
        "/messages/users", json={**TEXT, "type": type_name, "body": body, "ext": EXT}
    )
    assert answer.status == 200
    # Not read from history: that leaves commands out.
    entry = entry_by_id(app.id, int(answer.json["data"]["demo2"]))
    assert entry is not None
    assert (entry.sender, entry.type) == ("demo1", type_name)
    assert entry.payload["body"] == body
    assert entry.payload["ext"] == EXT


def test_answer_is_the_whole_envelope(rest, app, demo1, demo2):
    answer = rest.post("/messages/users", json=TEXT).json
    assert answer["action"] == "post"
    assert answer["path"] == "/messages/users"
    assert answer["uri"] == "http://testserver/demo/app/messages/users"
    assert (answer["application"], answer["organization"]) == (app.uuid, "demo")
    assert answer["applicationName"] == "app"
    assert answer["data"]["demo2"].isdigit()
    assert 18 <= len(answer["data"]["demo2"]) <= 19


def test_text_is_an_alias_and_numbers_of_a_place_are_numbers(rest, demo1, demo2, messages_of):
    rest.post("/messages/users", json={**TEXT, "type": "text"})
    place = {"lat": "39.9", "lng": "116", "addr": "x"}
    rest.post("/messages/users", json={**TEXT, "type": "loc", "body": place})
    text, located = messages_of(demo2, ToUser("demo1"))
    assert text.type == "txt"
    assert located.payload["body"] == {"lat": 39.9, "lng": 116, "addr": "x"}


def test_exts_of_2014_are_a_list_of_pairs(rest, demo1, demo2, messages_of):
    body = {"customEvent": "e", "customExts": [{"a": "1"}, {"b": "2"}]}
    rest.post("/messages/users", json={**TEXT, "type": "custom", "body": body})
    [entry] = messages_of(demo2, ToUser("demo1"))
    assert entry.payload["body"]["customExts"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("sender", [{}, {"from": None}])
def test_without_a_sender_it_is_admin(rest, demo2, messages_of, sender):
    asked = {"to": ["DEMO2"], "type": "txt", "body": {"msg": "hi"}, **sender}
    answer = rest.post("/messages/users", json=asked)
    assert list(answer.json["data"]) == ["demo2"]
    [entry] = messages_of(demo2, ToUser("admin"))
    assert entry.sender == "admin"


def test_several_users_get_an_id_each_in_their_order(rest, demo1, demo2, demo3, messages_of):
    names = ["demo3", "Demo2", "nobody", "demo3", "not legal"]
    data = rest.post("/messages/users", json={**TEXT, "to": names}).json["data"]
    assert list(data) == ["demo3", "demo2", "nobody", "not legal"]
    assert len(set(data.values())) == 4
    for user in (demo2, demo3):
        [entry] = messages_of(user, ToUser("demo1"))
        assert str(entry.id) == data[user.username]


def test_six_hundred_users_are_the_most(rest, demo1):
    names = [f"u{number}" for number in range(600)]
    data = rest.post("/messages/users", json={**TEXT, "to": names}).json["data"]
    assert len(set(data.values())) == 600
    refused = rest.post("/messages/users", json={**TEXT, "to": [*names, "one-more"]})
    sentence = "params to's size can't exceed limit 600"
    assert refused.error == (400, "message_send_error", sentence)


@pytest.mark.parametrize(("kind", "most"), [("chatgroups", 3), ("chatrooms", 10)])
def test_rooms_of_one_call_are_few(rest, kind, most):
    asked = {**TEXT, "to": [str(number) for number in range(most + 1)]}
    refused = rest.post(f"/messages/{kind}", json=asked)
    sentence = f"params to's size can't exceed limit {most}"
    assert refused.error == (400, "message_send_error", sentence)


def test_limits_are_the_apps(rest, app, demo1):
    change_app(app, settings=app.settings.changed(max_targets_users=1))
    refused = rest.post("/messages/users", json={**TEXT, "to": ["a", "b"]})
    assert refused.error[2] == "params to's size can't exceed limit 1"


def test_a_group_reads_what_was_sent_to_it(rest, group, demo2, messages_of):
    data = rest.post("/messages/chatgroups", json={**TEXT, "to": [int(group)]}).json["data"]
    [entry] = messages_of(demo2, ToGroup(group))
    assert data == {group: str(entry.id)}
    assert entry.sender == "demo1"


def test_sender_to_a_group_need_not_be_in_it(rest, group, demo2, messages_of):
    rest.post("/messages/chatgroups", json={**TEXT, "from": "robot", "to": [group]})
    assert [entry.sender for entry in messages_of(demo2, ToGroup(group))] == ["robot"]


def test_unknown_groups_are_left_out(rest, group):
    data = rest.post("/messages/chatgroups", json={**TEXT, "to": ["404", group]}).json["data"]
    assert list(data) == [group]


def test_only_unknown_groups_are_404(rest):
    refused = rest.post("/messages/chatgroups", json={**TEXT, "to": ["404", "405"]})
    assert refused.error == (404, "resource_not_found", "grpID 404 does not exist!")


def test_disabled_group_is_403_and_nothing_is_sent(rest, group, acting, demo1, demo2, messages_of):
    other = create_room(acting(), CreateRoom("group", "b", owner="demo1", members=("demo2",)))
    disable_group(acting(), DisableGroup(ToGroup(group), disabled=True))
    refused = rest.post("/messages/chatgroups", json={**TEXT, "to": [other.room_id, group]})
    sentence = "can not operate this group, reason: group is disabled"
    assert refused.error == (403, "forbidden_op", sentence)
    assert messages_of(demo2, ToGroup(other.room_id)) == []


def test_a_chatroom_reads_what_was_sent_to_it(rest, chatroom, demo2, messages_of):
    asked = {**TEXT, "to": [chatroom, "404"], "chatroom_msg_level": "Low"}
    data = rest.post("/messages/chatrooms", json=asked).json["data"]
    assert list(data) == [chatroom, "404"]
    [entry] = messages_of(demo2, ToChatroom(chatroom))
    assert str(entry.id) == data[chatroom]
    assert entry.payload["options"]["level"] == "low"


def test_a_group_is_no_chatroom(rest, group, chatroom, demo2, messages_of):
    assert rest.post("/messages/chatgroups", json={**TEXT, "to": [chatroom]}).status == 404
    assert rest.post("/messages/chatrooms", json={**TEXT, "to": [group]}).status == 200
    assert messages_of(demo2, ToGroup(group)) == []


def test_other_apps_groups_are_unknown(rest, other_app: AppRef):
    from accounts.domain.actor import Actor

    room = create_room(Actor(other_app), CreateRoom("group", "g", owner="demo1"))
    assert rest.post("/messages/chatgroups", json={**TEXT, "to": [room.room_id]}).status == 404


TOO_LARGE = {"msg": "x" * 5100}


LEGACY_TOO_LARGE = {
    "target_type": "users",
    "target": ["demo2"],
    "msg": {"type": "txt", **TOO_LARGE},
}


@pytest.mark.parametrize(
    ("path", "asked", "error"),
    [
        ("/messages/users", {**TEXT, "body": TOO_LARGE}, "message_send_error"),
        ("/messages", LEGACY_TOO_LARGE, "illegal_argument"),
    ],
)
def test_body_and_ext_have_five_kilobytes(rest, demo1, demo2, path, asked, error):
    with_ext = {**asked, "ext": {"k": "v" * 30}}
    assert rest.post(path, json=with_ext).error == (400, error, "message is too large")
    assert rest.post(path, json=asked).status == 200


NOT_JSON = "Request body is invalid. Please check body is correct."


@pytest.mark.parametrize("path", ["users", "chatgroups", "chatrooms", "msg_recall"])
@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe{}", b'{"a":NaN}', b"[" * 100_000]
)
def test_what_is_no_object_is_an_invalid_body(rest, path, data):
    refused = rest.post(f"/messages/{path}", data=data)
    assert refused.error == (400, "invalid_request_body", NOT_JSON)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"a":Infinity}'])
def test_legacy_call_says_json_parse(rest, data):
    assert rest.post("/messages", data=data).error[:2] == (400, "json_parse")


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
def test_text_that_cannot_be_kept_is_an_illegal_argument(rest, text):
    data = f'{{"to":["demo2"],"type":"txt","body":{{"msg":"{text}"}}}}'
    assert rest.post("/messages/users", data=data).error[:2] == (400, "illegal_argument")


def test_content_type_does_not_matter(rest, demo2):
    for content_type in ("", "text/plain", "application/x-www-form-urlencoded", "image/png"):
        data = json.dumps({**TEXT})
        answer = rest.post("/messages/users", data=data, content_type=content_type)
        assert answer.status == 200


@pytest.mark.parametrize(
    "path", ["", "/users", "/chatgroups", "/chatrooms", "/msg_recall", "/recall"]
)
def test_only_the_app_may_send(rest, user_token, demo1, path):
    unauthorized = (401, "unauthorized", "Unable to authenticate (OAuth)")
    for token in (None, "nonsense", user_token("demo1")):
        assert rest.post(f"/messages{path}", json=TEXT, token=token).error == unauthorized


@pytest.mark.parametrize("path", ["", "/users", "/chatgroups", "/chatrooms", "/msg_recall"])
def test_messages_are_only_posted(rest, path):
    assert rest.get(f"/messages{path}").error[:2] == (405, "method_not_allowed")


def legacy(**changes: Any) -> dict[str, Any]:
    asked = {"target_type": "users", "target": ["Demo2"], "from": "demo1", "ext": {}}
    return {**asked, "msg": {"type": "txt", "msg": "hi", "x": 1}, **changes}


def test_legacy_call_answers_success(rest, demo2, messages_of):
    assert rest.post("/messages", json=legacy()).json["data"] == {"demo2": "success"}
    [entry] = messages_of(demo2, ToUser("demo1"))
    assert (entry.type, entry.payload) == ("txt", {"body": {"msg": "hi", "x": 1}, "ext": {}})


def test_legacy_call_gives_ids_when_asked(rest, demo2, messages_of):
    data = rest.post("/messages?useMsgId=true", json=legacy()).json["data"]
    assert data == {"demo2": str(messages_of(demo2, ToUser("demo1"))[0].id)}


def test_legacy_call_reaches_rooms(rest, group, chatroom, demo2, messages_of):
    to_group = legacy(target_type="chatgroups", target=[group, "404"])
    to_room = legacy(target_type="chatrooms", target=[chatroom])
    assert rest.post("/messages", json=to_group).json["data"] == {group: "success"}
    assert rest.post("/messages", json=to_room).json["data"] == {chatroom: "success"}
    assert messages_of(demo2, ToGroup(group))
    assert messages_of(demo2, ToChatroom(chatroom))
    unknown = rest.post("/messages", json=legacy(target_type="chatgroups", target=["404"]))
    assert unknown.error == (404, "resource_not_found", "grpID 404 does not exist!")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"target_type": "x"},
            "target_type can only be 'users' or 'chatgroups' or 'chatrooms'",
        ),
        ({"target": []}, "target must be provided"),
        ({"msg": {}}, "msg must be provided"),
        ({"from": ""}, "from can't be empty"),
        ({"ext": None}, "ext must be JSONObject"),
        ({"from": "a b"}, "username a b is not legal"),
    ],
)
def test_legacy_refusals_are_illegal_arguments(rest, changes, sentence):
    refused = rest.post("/messages", json=legacy(**changes))
    assert refused.error == (400, "illegal_argument", sentence)
