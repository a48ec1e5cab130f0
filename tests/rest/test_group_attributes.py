"""Attributes of group members (rest.md 3.8.20)."""

from typing import Any

import pytest

from chat.domain.events import RoomChange, RoomChanged
from tests.rest.api import A_TIME_MS, AnyInt
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

NO_GROUP = (404, "metadata_error", "group not exists")


@pytest.fixture
def group_id(api):
    """demo1 owns it, demo2 is a member."""
    return make_group(api, members=["demo2"])


def data_only(data):
    return {"timestamp": A_TIME_MS, "duration": AnyInt(), "data": data}


@pytest.mark.endpoint("G39", "G40")
def test_attributes_are_set_changed_and_taken_away(api, group_id):
    path = f"/metadata/chatgroup/{group_id}/user/Demo2"
    assert api.get(path).json == data_only({})
    answer = api.put(path, {"metaData": {"k": "v", "n": 7}})
    assert answer.json == data_only({"k": "v", "n": "7"})
    assert api.put(path, {"metaData": {"k": "", "m": "x"}}).data == {"k": "", "m": "x"}
    assert api.get(path).json == data_only({"n": "7", "m": "x"})


@pytest.mark.endpoint("G39")
def test_members_are_told_what_changed(api, as_user, group_id, published, on_commit_now):
    path = f"/sdk/metadata/chatgroup/{group_id}/user/demo2"
    as_user("demo2").put(path, {"metaData": {"k": "v"}})
    ((event, _),) = published
    assert event.fact == RoomChanged(
        RoomChange.MEMBER_ATTRIBUTES, "group", group_id, ("demo2",), {"properties": {"k": "v"}}
    )
    as_user("demo2").put(path, {"metaData": {"k": "v"}})
    assert len(published) == 1


@pytest.mark.endpoint("G39", "G40")
def test_a_member_sets_the_own_ones_and_an_admin_everybodys(as_user, group_id):
    def put(caller, name):
        path = f"/metadata/chatgroup/{group_id}/user/{name}"
        return as_user(caller).put(path, {"metaData": {"k": caller}})

    assert put("demo2", "demo1").error[:2] == (403, "forbidden_op")
    assert put("demo1", "demo2").status == 200
    assert put("stranger", "stranger").error[:2] == (403, "forbidden_op")
    path = f"/metadata/chatgroup/{group_id}/user/demo2"
    assert as_user("demo2").get(path).data == {"k": "demo1"}
    assert as_user("stranger").get(path).error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("G39", "G40", "G41", "G42")
def test_an_unknown_group_or_member_is_told_in_these_calls_words(api, group_id):
    nobody = (404, "MetadataException", "user not in group")
    path = f"/metadata/chatgroup/{group_id}/user/stranger"
    assert api.get(path).error == nobody
    assert api.put(path, {"metaData": {"k": "v"}}).error == nobody
    base = "/metadata/chatgroup/123456789012345"
    assert api.get(f"{base}/user/demo1").error == NO_GROUP
    assert api.put(f"{base}/user/demo1", {"metaData": {"k": "v"}}).error == NO_GROUP
    assert api.post(f"{base}/get", {"targets": ["demo1"]}).error == NO_GROUP
    batch = [{"username": "demo1", "metadata": {"k": "v"}}]
    assert api.put(f"{base}/users/batch", batch).error == NO_GROUP


@pytest.mark.endpoint("G39")
@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ({"k" * 17: "v"}, "exceeds chatgroup user metadata single key limit"),
        ({"": "v"}, "exceeds chatgroup user metadata single key limit"),
        ({"k": "é" * 257}, "exceeds chatgroup user metadata single value limit"),
        ({str(n): "v" * 512 for n in range(9)}, None),
        ({}, None),
        ({"k": ["v"]}, None),
        ("k=v", None),
    ],
)
def test_attributes_that_do_not_fit_are_refused_whole(api, group_id, pairs, text):
    path = f"/metadata/chatgroup/{group_id}/user/demo2"
    answer = api.put(path, {"metaData": pairs})
    status, error, description = answer.error
    assert (status, error) == (400, "metadata_error")
    assert text in (None, description)
    too_long = description == "exceeds chatgroup user metadata single value limit"
    assert answer.json["error_code"] == (60010 if too_long else 60009)
    assert api.get(path).data == {}


@pytest.mark.endpoint("G41")
def test_attributes_of_several_are_read_at_once(api, as_user, group_id):
    for name in ("demo1", "demo2"):
        path = f"/metadata/chatgroup/{group_id}/user/{name}"
        api.put(path, {"metaData": {"k": name, "m": "x"}})
    for prefix in ("", "/sdk"):
        path = f"{prefix}/metadata/chatgroup/{group_id}/get"
        answer = api.post(path, {"targets": ["Demo2", "stranger"], "properties": []})
        assert answer.json == data_only({"demo2": {"k": "demo2", "m": "x"}})
        chosen = as_user("demo2").post(path, {"targets": ["demo1", "demo2"], "properties": ["k"]})
        assert chosen.data == {"demo1": {"k": "demo1"}, "demo2": {"k": "demo2"}}
        assert as_user("stranger").post(path, {"targets": ["demo1"]}).status == 403


@pytest.mark.endpoint("G41")
def test_too_many_or_no_targets_are_refused(api, group_id):
    path = f"/metadata/chatgroup/{group_id}/get"
    names = [f"u{n}" for n in range(11)]
    assert api.post(path, {"targets": names}).error == (
        400,
        "metadata_error",
        "query param reaches limit.",
    )
    bodies: list[Any] = [
        {},
        {"targets": []},
        {"targets": "demo1"},
        {"targets": [1.5]},
        {"targets": ["demo1"], "properties": "k"},
    ]
    for body in bodies:
        assert api.post(path, body).error[:2] == (400, "metadata_error")


@pytest.mark.endpoint("G42")
def test_attributes_of_several_are_set_at_once(api, group_id):
    path = f"/metadata/chatgroup/{group_id}/users/batch"
    sent = [{"username": name, "metadata": {"k": "v"}} for name in ("demo1", "demo2")]
    assert api.put(path, sent).json == data_only(
        {
            "updateMetadataFailed": [],
            "updateMetadataFailed:": [],
            "updateMetadataSucceeded": sent,
            "updateMetadataSucceeded:": sent,
        }
    )
    assert api.get(f"/metadata/chatgroup/{group_id}/user/demo1").data == {"k": "v"}


@pytest.mark.endpoint("G42")
def test_one_who_is_no_member_refuses_the_batch(api, group_id):
    path = f"/metadata/chatgroup/{group_id}/users/batch"
    sent = [{"username": name, "metadata": {"k": "v"}} for name in ("demo1", "stranger")]
    assert api.put(path, sent).error == (
        400,
        "metadata_error",
        "Some users are not in the group: stranger",
    )
    assert api.get(f"/metadata/chatgroup/{group_id}/user/demo1").data == {}
    crowd = [{"username": f"u{n}", "metadata": {"k": "v"}} for n in range(21)]
    assert api.put(path, crowd).error == (
        400,
        "metadata_error",
        "exceeds chatgroup metadata batch put users limit",
    )
    bodies: list[Any] = [[], {}, [1], [{"username": "demo1"}], [{"metadata": {"k": "v"}}]]
    for body in bodies:
        assert api.put(path, body).error[:2] == (400, "metadata_error")


@pytest.mark.endpoint("G39")
def test_a_disabled_groups_attributes_stay_as_they_are(api, as_user, group_id):
    api.post(f"/chatgroups/{group_id}/disable")
    path = f"/metadata/chatgroup/{group_id}/user/demo2"
    assert as_user("demo2").put(path, {"metaData": {"k": "v"}}).error == (
        403,
        "forbidden_op",
        "can not operate this group, reason: group is disabled",
    )
