"""Who is online, and what waits for whom (rest.md 3.2.11, 3.2.13)."""

import pytest

from accounts.queries.im_users import get_user
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
from chat.live import online

pytestmark = pytest.mark.django_db

UNKNOWN = (404, "service_resource_not_found", "Service resource not found")
NO_RIGHT = (401, "unauthorized", "Unable to authenticate (OAuth)")


@pytest.fixture
def only_demo1_is_online(api, monkeypatch):
    demo1 = get_user(api.app, "demo1").id
    monkeypatch.setattr(online, "online_users", lambda app_id, ids: {demo1} & set(ids))


@pytest.mark.endpoint("U13")
@pytest.mark.usefixtures("only_demo1_is_online")
def test_a_user_is_online_or_offline(api, as_user):
    path = "/users/Demo1/status"
    assert api.get(path).json == api.whole("get", path, data={"demo1": "online"}, count=0)
    assert api.get("/users/demo2/status").data == {"demo2": "offline"}
    assert api.get("/users/nobody/status").error == UNKNOWN
    assert as_user("demo1").get("/users/demo1/status").error == NO_RIGHT


@pytest.mark.endpoint("U14")
@pytest.mark.usefixtures("only_demo1_is_online")
def test_many_are_asked_for_at_once(api, as_user):
    path = "/users/batch/status"
    answer = api.post(path, {"usernames": ["Demo1", "demo2", "nobody"]})
    data = [{"demo1": "online"}, {"demo2": "offline"}, {"nobody": "offline"}]
    assert answer.json == api.whole("get batch user status", path, data=data, count=0)
    assert as_user("demo1").post(path, {"usernames": ["demo1"]}).error == NO_RIGHT


@pytest.mark.endpoint("U14")
def test_a_batch_names_at_most_a_hundred(api):
    path = "/users/batch/status"
    names = [f"user{number}" for number in range(101)]
    assert api.post(path, {"usernames": names}).error == (
        400,
        "illegal_argument",
        "request body exceeds maximum limit, maximum limit is 100",
    )
    assert len(api.post(path, {"usernames": names[:100]}).data) == 100
    for body in ({}, {"usernames": "demo1"}, {"usernames": [None]}):
        assert api.post(path, body).error[:2] == (400, "illegal_argument")


@pytest.mark.endpoint("U15")
def test_devices_are_those_connected_now(api, as_user, monkeypatch):
    assert api.get("/users/Demo1/resources").data == []
    demo1 = get_user(api.app, "demo1").id
    record = online.DeviceOnline(
        api.app.id, demo1, "demo1", "webim_17", "native", "web", "127.0.0.1:1", 1
    )
    monkeypatch.setattr(online, "devices_of", lambda app_id, user_id: [record])
    devices = [{"res": "webim_17", "device_uuid": "17", "device_name": "web"}]
    path = "/users/demo1/resources"
    assert api.get(path).json == api.whole("get", path, data=devices, count=1)
    assert as_user("demo1").get(path).data == devices
    assert as_user("demo2").get(path).error == NO_RIGHT
    assert api.get("/users/nobody/resources").error == UNKNOWN


@pytest.mark.endpoint("U13", "U14")
def test_a_user_named_batch_is_shadowed_for_posts_alone(api):
    assert api.get("/users/batch/status").error == UNKNOWN
    assert api.post("/users/demo1/status").status == 405


@pytest.mark.endpoint("U16")
def test_waiting_messages_are_counted(api, as_user, acting, demo1):
    path = "/users/Demo2/offline_msg_count"
    assert api.get(path).json == api.whole("get", path, data={"demo2": 0}, count=0)
    for _ in range(3):
        text = SendMessage(ToUser("demo2"), Body("txt", {"msg": "hi"}))
        post_message_now(acting(demo1), text)
    assert api.get(path).data == {"demo2": 3}
    assert api.get("/users/nobody/offline_msg_count").error == UNKNOWN
    assert as_user("demo2").get(path).error == NO_RIGHT
