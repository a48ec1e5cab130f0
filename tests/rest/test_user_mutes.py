"""App-wide mutes: what REST sets and shows, and whom the send path refuses."""

import pytest

from chat.actions.edits import edit_message
from chat.actions.messages import post_message, post_message_now
from chat.domain.affiliations import FOREVER_MS
from chat.domain.bodies import Body
from chat.domain.commands import EditMessage, SendMessage
from chat.domain.errors import UserMutedInApp
from chat.domain.targets import ToGroup, ToUser
from chat.models import UserMute
from tests.rest.api import AnyInt

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("U18", "U19", "U20")]

HELLO = Body("txt", {"msg": "hello"})
UNKNOWN = (404, "service_resource_not_found", "Service resource not found")


def test_mutes_are_set_kept_and_lifted(api):
    answer = api.post("/mutes", {"username": "Demo1", "chat": 96, "chatroom": "-1"})
    assert answer.json == api.whole("post", "/mutes", data={"result": "ok"})
    api.post("/mutes", {"username": "demo1", "groupchat": 5})
    shown = api.get("/mutes/demo1").data
    assert shown == {
        "userid": "demo#app_demo1",
        "chat": 96,
        "groupchat": 5,
        "chatroom": -1,
        "unixtime": AnyInt(1_600_000_000),
    }
    assert UserMute.objects.get(kind="chatroom").until_ms == FOREVER_MS
    api.post("/mutes", {"username": "demo1", "chat": 0})
    assert api.get("/mutes/demo1").data["chat"] == 0
    assert api.get("/mutes/demo2").data["chat"] == 0


def test_the_list_has_an_element_for_each_user_and_kind(api, django_assert_max_num_queries):
    api.post("/mutes", {"username": "demo1", "chat": 60, "groupchat": 60})
    api.post("/mutes", {"username": "demo2", "chatroom": -1})
    with django_assert_max_num_queries(3):
        answer = api.get("/mutes?pageNum=1&pageSize=2")
    assert answer.data == {
        "data": [{"username": "demo1", "chat": 60}, {"username": "demo1", "groupchat": 60}],
        "unixtime": AnyInt(1_600_000_000),
    }
    rest = api.get("/mutes?pageNum=2&pageSize=2").data["data"]
    assert rest == [{"username": "demo2", "chatroom": -1}]
    assert api.get("/mutes?pageNum=3&pageSize=2").data["data"] == []


def test_what_a_mute_needs(api):
    required = "Entity user requires a property named username"
    for body in ({"chat": 5}, {"username": "", "chat": 5}, {"username": {}, "chat": 5}):
        refused = api.post("/mutes", body)
        assert refused.error == (400, "required_property_not_found", required)
    for seconds in (-2, 1 << 31, "x", 1.5, True):
        refused = api.post("/mutes", {"username": "demo1", "chat": seconds})
        assert refused.json["error"] == "illegal_argument"
    assert api.post("/mutes", {"username": "nobody", "chat": 5}).error == UNKNOWN
    assert api.get("/mutes/nobody").error == UNKNOWN


def test_a_muted_user_sends_nothing_of_that_kind(api, acting, demo1, group, on_commit_now):
    to_user = SendMessage(ToUser("demo2"), HELLO)
    first = post_message_now(acting(demo1), to_user)
    api.post("/mutes", {"username": "demo1", "chat": 60})
    with pytest.raises(UserMutedInApp):
        post_message_now(acting(demo1), to_user)
    with pytest.raises(UserMutedInApp):
        edit_message(acting(demo1), EditMessage(first.message_id, HELLO))
    post_message_now(acting(demo1), SendMessage(ToGroup(group.room_id), HELLO))
    post_message_now(acting(), SendMessage(ToUser("demo2"), HELLO, sender="demo1"))
    api.post("/mutes", {"username": "demo1", "chat": 0})
    post_message_now(acting(demo1), to_user)


def test_the_hot_path_asks_no_database_about_mutes(
    acting, demo1, demo2, django_assert_num_queries, monkeypatch
):
    command = SendMessage(ToUser("demo2"), HELLO)
    post_message_now(acting(demo1), command)
    appended = []
    monkeypatch.setattr("chat.actions.messages._append", lambda *args, **_: appended.append(args))
    monkeypatch.setattr("chat.actions.messages.may_need_asking", lambda *_: False)
    with django_assert_num_queries(0):
        assert post_message(acting(demo1), command, print)
    assert len(appended) == 1
