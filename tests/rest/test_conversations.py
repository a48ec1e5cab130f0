"""A user's own view of conversations, as clients and backends change and read it."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_delivered
from chat.domain.bodies import Body
from chat.domain.commands import MarkDelivered, ReadHistory, RecallMessage, SendMessage
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.queries.history import read_history
from tests.rest.api import A_TIME_MS

pytestmark = pytest.mark.django_db

UNKNOWN = (404, "service_resource_not_found", "Service resource not found")
NO_RIGHT = (401, "unauthorized", "Unable to authenticate (OAuth)")
OK = {"requestStatusCode": "ok", "timestamp": A_TIME_MS}


def send(actor, target, text="hello", **more):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": text}), **more))


def texts(actor, place):
    page = read_history(actor, ReadHistory(place, limit=100))
    return [entry.payload["body"]["msg"] for entry in page.entries]


@pytest.mark.endpoint("U17")
def test_a_message_is_undelivered_until_a_device_has_it(api, acting, demo1, demo2, group):
    message_id = send(acting(demo1), ToUser("demo2")).message_id
    path = f"/users/demo2/offline_msg_status/{message_id}"
    answer = api.get(path)
    assert answer.json == api.whole("get", path, data={str(message_id): "undelivered"})
    mark_delivered(acting(demo2, device="web_1"), MarkDelivered(ToUser("demo1"), message_id))
    assert api.get(path).data == {str(message_id): "delivered"}
    in_group = send(acting(demo1), ToGroup(group.room_id)).message_id
    for name, said in (("demo2", "undelivered"), ("demo1", "delivered"), ("stranger", "delivered")):
        answer = api.get(f"/users/{name}/offline_msg_status/{in_group}")
        assert answer.data == {str(in_group): said}
    recall_message(acting(demo1), RecallMessage(in_group))
    for odd in ("5", "x", "9" * 30):
        assert api.get(f"/users/demo2/offline_msg_status/{odd}").data == {odd: "delivered"}
    assert api.get(f"/users/nobody/offline_msg_status/{message_id}").error == UNKNOWN


@pytest.mark.endpoint("M15", "M16")
def test_a_conversation_leaves_the_list_until_a_newer_message(api, as_user, acting, demo1, demo2):
    send(acting(demo1), ToUser("demo2"), ext={"k": 1})
    path = "/users/demo2/user_channels"
    [info] = api.get(path).data["channel_infos"]
    meta = info.pop("meta")
    assert info == {"channel_id": "demo#app_demo1@easemob.com", "unread_num": 1}
    assert (meta["from"], meta["to"]) == (
        "demo#app_demo1@easemob.com",
        "demo#app_demo2@easemob.com",
    )
    payload = json.loads(meta["payload"])
    assert payload == {
        "bodies": [{"type": "txt", "msg": "hello"}],
        "ext": {"k": 1},
        "from": "demo1",
        "to": "demo2",
        "type": "chat",
    }
    body = {"channel": "Demo1", "type": "CHAT", "delete_roam": False}
    delete = "/users/demo2/user_channel"
    answer = as_user("demo2").delete(delete, body)
    assert answer.json == api.whole("delete", delete, data={"result": "ok"})
    assert api.get(path).data == {"channel_infos": []}
    assert texts(acting(demo2), ToUser("demo1")) == ["hello"]
    send(acting(demo1), ToUser("demo2"), "again")
    [info] = api.get(path).data["channel_infos"]
    assert info["unread_num"] == 1
    assert api.delete("/user/demo2/user_channel", {**body, "delete_roam": "true"}).status == 200
    assert texts(acting(demo2), ToUser("demo1")) == []
    assert texts(acting(demo1), ToUser("demo2")) == ["again", "hello"]


@pytest.mark.endpoint("M15")
def test_what_a_deletion_needs(api, as_user):
    whole = {"channel": "demo1", "type": "chat", "delete_roam": True}
    path = "/users/demo2/user_channel"
    for change, sentence in (
        ({"channel": ""}, "field channel cannot be null or empty"),
        ({"type": None}, "field type cannot be null or empty"),
        ({"delete_roam": None}, "field delete_roam cannot be null"),
        ({"type": "room"}, "field type must be chat or groupchat"),
    ):
        assert api.delete(path, {**whole, **change}).error == (400, "illegal_argument", sentence)
    assert api.delete(path, []).json["error"] == "invalid_request_body"
    for nothing in ({"channel": "ghost"}, {"channel": "1", "type": "groupChat"}):
        assert api.delete(path, {**whole, **nothing}).data == {"result": "ok"}
    assert as_user("demo1").delete(path, whole).error == NO_RIGHT
    assert api.delete("/users/nobody/user_channel", whole).error == UNKNOWN


@pytest.mark.endpoint("M16")
def test_the_list_is_the_users_own_and_takes_a_fixed_number_of_queries(
    api, as_user, acting, demo1, demo2, demo3, group, django_assert_num_queries
):
    assert as_user("demo1").get("/users/demo2/user_channels").error == NO_RIGHT
    assert api.get("/users/nobody/user_channels").error == UNKNOWN
    send(acting(demo1), ToUser("demo2"))
    with CaptureQueriesContext(
        connection,
    ) as once:
        api.get("/users/demo2/user_channels")
    send(acting(demo3), ToUser("demo2"))
    send(acting(demo3), ToGroup(group.room_id))
    with django_assert_num_queries(len(once)):
        infos = api.get("/users/demo2/user_channels").data["channel_infos"]
    assert infos[0]["channel_id"] == f"demo#app_{group.room_id}@conference.easemob.com"
    page = api.get("/users/demo2/user_channels/page?pageNum=2&pageSize=2").data["channel_infos"]
    assert [info["channel_id"] for info in page] == ["demo#app_demo1@easemob.com"]


@pytest.mark.endpoint("M17", "M18")
def test_messages_leave_ones_own_history_by_id(api, as_user, acting, demo1, demo2, group, chatroom):
    me = acting(demo2)
    for kind, name, peer, target, place in (
        ("chat", "userId", "demo1", ToUser("demo2"), ToUser("demo1")),
        ("group", "groupId", group.room_id, ToGroup(group.room_id), ToGroup(group.room_id)),
        ("group", "groupId", chatroom.room_id, *[ToChatroom(chatroom.room_id)] * 2),
    ):
        ids = [send(acting(demo1), target, text).message_id for text in "abc"]
        path = f"/rest/message/roaming/{kind}/user/demo2?{name}={peer}&msgIdList="
        answer = as_user("demo2").delete(f"{path}{ids[0]},{ids[2]},5,x")
        assert answer.json == OK
        assert texts(me, place) == ["b"]
        assert len(texts(acting(demo1), target)) == 3
        assert as_user("demo2").delete(f"{path}{ids[0]}").json == OK
        assert as_user("demo1").delete(f"{path}{ids[1]}").error == NO_RIGHT
        long = api.delete(path + ",".join(str(n) for n in range(51)))
        sentence = "delete msg list limit can not greater than 50"
        assert long.error == (400, "param exception", sentence)
        assert api.delete(path).error == (400, "Bad Request", "Bad Request")
        bare = f"/rest/message/roaming/{kind}/user/demo2"
        assert api.delete(f"{bare}?msgIdList=1").error == (400, "Bad Request", "Bad Request")


@pytest.mark.endpoint("M19", "M20")
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_messages_leave_ones_own_history_by_time(api, acting, demo1, demo2, group, method):
    for kind, name, peer, target, place in (
        ("chat", "userId", "demo1", ToUser("demo2"), ToUser("demo1")),
        ("group", "groupId", group.room_id, ToGroup(group.room_id), ToGroup(group.room_id)),
    ):
        first = send(acting(demo1), target, "a")
        path = f"/rest/message/roaming/{kind}/user/demo2/time?{name}={peer}&delTime="
        assert api.call(method, f"{path}{first.created_ms - 1}").json == OK
        assert texts(acting(demo2), place) == ["a"]
        assert api.call(method, f"{path}{first.created_ms}").json == OK
        assert texts(acting(demo2), place) == []
        for bad in ("", "0", "x"):
            answer = api.call(method, f"{path}{bad}")
            assert answer.error == (400, "Bad Request", "Bad Request")


@pytest.mark.endpoint("M21")
def test_everything_leaves_ones_own_history(api, as_user, acting, demo1, demo2, group):
    send(acting(demo1), ToUser("demo2"))
    send(acting(demo1), ToGroup(group.room_id))
    path = "/rest/message/roaming/user/demo2/delete/all"
    assert as_user("demo1").post(path).error == NO_RIGHT
    assert as_user("demo2").post(path).json == OK
    assert texts(acting(demo2), ToUser("demo1")) == texts(acting(demo2), ToGroup(group.room_id))
    assert api.get("/users/demo2/user_channels").data == {"channel_infos": []}
    assert texts(acting(demo1), ToUser("demo2")) == ["hello"]
