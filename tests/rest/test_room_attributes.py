"""Attributes of chatrooms (rest.md 3.9.12)."""

from typing import Any

import pytest

from chat.actions.room_attributes import NOT_YOURS
from chat.domain.events import RoomChange, RoomChanged

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(api):
    """Its id: demo1 owns it, demo2 and demo3 are in it."""
    body = {"name": "r", "description": "x", "owner": "demo1", "members": ["demo2", "demo3"]}
    return api.post("/chatrooms", body).data["id"]


@pytest.fixture
def own(room):
    return lambda name: f"/metadata/chatroom/{room}/user/{name}"


def outcome(*done, **failed):
    return {"successKeys": list(done), "errorKeys": failed}


@pytest.mark.endpoint("H33", "H34", "H35")
def test_attributes_are_set_read_and_removed(api, room, own):
    path = own("Demo2")
    answer = api.put(path, {"metaData": {"a": "1", "b": "2"}})
    assert answer.json == api.whole("put", path, data=outcome("a", "b"), status="ok")
    read = f"/metadata/chatroom/{room}"
    assert api.post(read).json == api.whole("post", read, data={"a": "1", "b": "2"})
    assert api.post(read, {"keys": []}).data == {"a": "1", "b": "2"}
    assert api.post(read, {"keys": ["b", "c"]}).data == {"b": "2"}
    gone = api.delete(path, {"keys": ["a", "c"]})
    assert gone.json == api.whole("delete", path, data=outcome("a", "c"), status="ok")
    assert api.delete(path).data == outcome("b")
    assert api.post(read).data == {}


@pytest.mark.endpoint("H33", "H35", "H36", "H37")
def test_the_attribute_of_another_is_changed_only_by_force(as_user, room, own):
    first, second = as_user("demo2"), as_user("demo3")
    first.put(own("demo2"), {"metaData": {"a": "1"}})
    mixed = second.put(own("demo3"), {"metaData": {"a": "2", "b": "3"}})
    assert mixed.data == outcome("b", a=NOT_YOURS)
    assert second.delete(own("demo3"), {"keys": ["a"]}).data == outcome(a=NOT_YOURS)
    read = f"/metadata/chatroom/{room}"
    assert second.post(read).data == {"a": "1", "b": "3"}

    forced = own("demo3") + "/forced"
    assert second.put(forced, {"metaData": {"a": "2"}}).data == outcome("a")
    assert first.delete(own("demo2"), {"keys": ["a"]}).data == outcome(a=NOT_YOURS)
    assert first.delete(own("demo2") + "/forced", {"keys": ["a"]}).data == outcome("a")
    assert second.post(read).data == {"b": "3"}


@pytest.mark.endpoint("H36", "H37")
def test_the_app_sets_and_removes_as_admin_by_force(api, as_user, room, own):
    as_user("demo2").put(own("demo2"), {"metaData": {"a": "1"}})
    assert api.put(own("admin") + "/forced", {"metaData": {"b": "2"}}).data == outcome("b")
    assert api.delete(own("admin") + "/forced").data == outcome("a", "b")
    refused = (401, "MetadataException", "user is not in chatroom")
    assert api.put(own("admin"), {"metaData": {"b": "2"}}).error == refused
    assert api.put(own("stranger") + "/forced", {"metaData": {"b": "2"}}).error == refused


@pytest.mark.endpoint("H33", "H35", "H36", "H37")
def test_a_user_sets_only_the_own_ones_and_only_inside(as_user, own):
    for path in (own("demo3"), own("demo3") + "/forced", own("admin") + "/forced"):
        for call in (as_user("demo2").put, as_user("demo2").delete):
            assert call(path, {"metaData": {"a": "1"}}).error == (
                400,
                "illegal_argument",
                "others are not allowed to be set",
            )
    refused = (401, "MetadataException", "user is not in chatroom")
    assert as_user("stranger").put(own("stranger"), {"metaData": {"a": "1"}}).error == refused
    assert as_user("stranger").delete(own("stranger")).error == refused


@pytest.mark.endpoint("H33", "H35")
def test_what_does_not_fit_is_refused_or_named(api, own):
    path, long = own("demo2"), "k" * 129
    eleven = {f"k{n}": "v" for n in range(11)}
    limit = (400, "illegal_argument", "exceed allowed batch size 10")
    assert api.put(path, {"metaData": eleven}).error == limit
    assert api.delete(path, {"keys": list(eleven)}).error == limit
    answer = api.put(path, {"metaData": {long: "v", "a b": "v", "x": "v" * 4097, "ok": "v"}}).data
    assert answer["successKeys"] == ["ok"]
    text = f"properties key '{long}' is exceeding maximum limit 128"
    assert answer["errorKeys"][long] == text
    assert set(answer["errorKeys"]) == {long, "a b", "x"}
    bodies: list[Any] = [
        {},
        {"metaData": {}},
        {"metaData": "a"},
        {"metaData": {"a": None}},
        {"metaData": {"a": "1"}, "autoDelete": "SOON"},
    ]
    for body in bodies:
        assert api.put(path, body).error[:2] == (400, "illegal_argument")
    assert api.delete(path, {"keys": "a"}).error[:2] == (400, "illegal_argument")


@pytest.mark.endpoint("H33")
def test_a_room_holds_a_hundred_attributes(api, own):
    for start in range(0, 100, 10):
        pairs = {f"k{n}": "v" for n in range(start, start + 10)}
        assert api.put(own("demo2"), {"metaData": pairs}).data["errorKeys"] == {}
    answer = api.put(own("demo2"), {"metaData": {"k1": "new", "one": "more"}}).data
    assert (answer["successKeys"], list(answer["errorKeys"])) == (["k1"], ["one"])


@pytest.mark.endpoint("H33")
def test_attributes_go_when_their_owner_leaves_unless_they_are_to_stay(api, as_user, room, own):
    mine = as_user("demo2")
    mine.put(own("demo2"), {"metaData": {"goes": "1"}})
    mine.put(own("demo2"), {"metaData": {"stays": "2"}, "autoDelete": "NO_DELETE"})
    as_user("demo3").put(own("demo3"), {"metaData": {"other": "3"}})
    mine.delete(f"/chatrooms/{room}/users/demo2")
    assert api.post(f"/metadata/chatroom/{room}").data == {"other": "3", "stays": "2"}
    api.delete(f"/chatrooms/{room}/users/demo3")
    assert api.post(f"/metadata/chatroom/{room}").data == {"stays": "2"}


@pytest.mark.endpoint("H33", "H35")
def test_the_room_is_told(api, as_user, room, own, published, on_commit_now):
    as_user("demo2").put(own("demo2"), {"metaData": {"a": "1", "b c": "2"}})
    as_user("demo2").delete(own("demo2"), {"keys": ["a"]})
    api.delete(own("demo2"), {"keys": ["a"]})
    was_set, removed = (event.fact for event, _ in published)
    assert was_set == RoomChanged(
        RoomChange.ATTRIBUTES_SET,
        "chatroom",
        room,
        ("demo2",),
        {"properties": {"a": "1"}, "failed": {"b c": "properties key 'b c' is not legal"}},
    )
    assert removed == RoomChanged(
        RoomChange.ATTRIBUTES_REMOVED,
        "chatroom",
        room,
        (),
        {"properties": {"a": "1"}, "failed": {}},
    )


@pytest.mark.endpoint("H33", "H34", "H35", "H36", "H37")
def test_an_unknown_chatroom_is_not_found(api):
    refused = (404, "resource_not_found", "grpID 123456789012345 does not exist!")
    base = "/metadata/chatroom/123456789012345"
    assert api.post(base).error == refused
    for path in (f"{base}/user/demo1", f"{base}/user/demo1/forced"):
        assert api.put(path, {"metaData": {"a": "1"}}).error == refused
        assert api.delete(path).error == refused
