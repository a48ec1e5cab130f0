"""Presence as clients and backends ask for it (rest.md 3.5)."""

import pytest

from chat.domain.events import PresenceChanged

pytestmark = pytest.mark.django_db

NO_RIGHT = (401, "unauthorized", "Unable to authenticate (OAuth)")
UNKNOWN = (404, "service_resource_not_found", "Service resource not found")


def illegal(sentence):
    return (400, "illegal_argument", sentence)


@pytest.mark.endpoint("R1", "R3")
def test_a_status_is_set_and_seen(api, as_user):
    answer = as_user("demo1").post("/users/Demo1/presence/web_1/101", {"ext": "busy"})
    assert answer.json == {"result": "ok"}
    seen = api.post("/users/nobody/presence", {"usernames": ["Demo1", "demo2", "ghost"]})
    [demo1, demo2, ghost] = seen.json["result"]
    assert demo1 == {"uid": "demo1", "last_time": "0", "ext": "busy", "status": {"web_1": "101"}}
    assert demo2 == {"uid": "demo2", "last_time": "0", "ext": "", "status": {}}
    assert ghost["uid"] == "ghost"


@pytest.mark.endpoint("R1")
def test_what_a_status_needs(api, as_user):
    path = "/users/demo1/presence/web_1/1"
    assert api.post(path, {"ext": ""}).json == {"result": "ok"}
    for body in ({}, {"ext": None}, {"ext": 5}):
        assert api.post(path, body).error == illegal("ext cannot be null")
    assert api.post(path, {"ext": "é" * 513}).error == illegal("ext is too big")
    assert api.post("/users/nobody/presence/web_1/1", {"ext": ""}).error == UNKNOWN
    assert as_user("demo2").post(path, {"ext": ""}).error == NO_RIGHT
    long = "/users/demo1/presence/web_1/" + "1" * 40
    assert api.post(long, {"ext": ""}).json["error"] == "illegal_argument"


@pytest.mark.endpoint("R2", "R4", "R5")
def test_watching_lasts_until_it_ends_or_is_ended(api, as_user, published):
    demo1 = as_user("demo1")
    [seen] = demo1.post("/users/demo1/presence/3600", {"usernames": ["demo2"]}).json["result"]
    assert (seen["uid"], seen["status"], seen["last_time"]) == ("demo2", {}, "0")
    again = demo1.post("/users/demo1/presence/7200", {"usernames": ["demo2", "demo3"]})
    until = again.json["result"][0]["expiry"]
    assert int(until) > int(seen["expiry"])
    listed = demo1.get("/users/demo1/presence/sublist?pageNum=1&pageSize=1").json["result"]
    assert listed == {"totalnum": "2", "sublist": [{"uid": "demo2", "expiry": until}]}
    api.post("/users/demo2/presence/web_1/5", {"ext": "hi"})
    told = [event for event, _ in published if isinstance(event, PresenceChanged)]
    assert [(event.username, event.ext) for event in told] == [("demo2", "hi")]
    bodies: list[object] = [["demo2"], {"users": ["demo3"]}, {"usernames": ["nobody"]}]
    for body in bodies:
        assert demo1.delete("/users/demo1/presence", body).json == {"result": "ok"}
    empty = demo1.get("/users/demo1/presence/sublist").json["result"]
    assert empty == {"totalnum": "0", "sublist": []}
    assert api.get("/users/nobody/presence/sublist").json["result"]["totalnum"] == "0"


@pytest.mark.endpoint("R2", "R3", "R4")
def test_what_is_refused(api, as_user, change_settings):
    many = {"usernames": [f"u{n}" for n in range(101)]}
    watch = "/users/demo1/presence/3600"
    assert api.post(watch, {"usernames": []}).error == illegal("usernames is empty")
    assert api.post(watch, many).error == illegal("too many sub presence")
    oneself = api.post(watch, {"usernames": ["demo1"]})
    assert oneself.error == illegal("you can't sub yourself")
    for seconds in ("0", "2592001", "x"):
        answer = api.post(f"/users/demo1/presence/{seconds}", {"usernames": ["demo2"]})
        assert answer.json["error"] == "illegal_argument"
    assert api.post("/users/demo1/presence", many).error == illegal("too many get presences")
    assert api.post("/users/demo1/presence", {}).error == illegal("usernames is empty")
    gone = api.delete("/users/demo1/presence", many)
    assert gone.error == illegal("too many unsub presences")
    assert api.delete("/users/demo1/presence", {}).error == illegal("usernames cannot be null")
    assert as_user("demo2").post(watch, {"usernames": ["demo3"]}).error == NO_RIGHT
    change_settings(max_presence_subscriptions=1)
    full = api.post(watch, {"usernames": ["demo2", "demo3"]})
    assert full.error == illegal("too many sub presence")
    change_settings(presence_enabled=False)
    closed = api.post(watch, {"usernames": ["demo2"]})
    assert closed.error == (400, "service open exception", "the app not open presence")


@pytest.mark.endpoint("R6")
def test_how_many_members_are_online(api, group, demo1, monkeypatch):
    monkeypatch.setattr(
        "chat.rest.views.presence.online_users", lambda app_id, ids: {demo1.id} & set(ids)
    )
    assert api.get(f"/presence/online/{group.room_id}/type/1").json == {"result": 1}
    wrong = api.get(f"/presence/online/{group.room_id}/type/2")
    assert wrong.error == illegal("Type must be 0 or 1.")
    assert api.get("/presence/online/1/type/0").error[:2] == (404, "resource_not_found")


@pytest.mark.endpoint("R5")
def test_a_page_of_the_watched_takes_a_fixed_number_of_queries(api, django_assert_max_num_queries):
    api.post("/users/demo1/presence/3600", {"usernames": ["demo2", "demo3", "stranger"]})
    with django_assert_max_num_queries(4):
        api.get("/users/demo1/presence/sublist")
