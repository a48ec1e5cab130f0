"""User attributes: /metadata/user (rest.md 3.4)."""

from unittest.mock import ANY

import pytest

from accounts.actions.im_apps import change_settings
from accounts.actions.im_users import register_user

FORM = "application/x-www-form-urlencoded"


def data(value):
    return {"timestamp": ANY, "duration": ANY, "data": value}


@pytest.mark.endpoint("P1", "P2")
def test_attributes_are_set_by_form_and_merged(rest, demo1, user_token):
    first = rest.put(
        "/metadata/user/Demo1", data="nickname=Tom&sign=hi%20you", content_type=FORM,
        token=user_token("demo1"),
    )  # fmt: skip
    assert (first.status, first.json) == (200, data({"nickname": "Tom", "sign": "hi you"}))
    assert rest.put("/metadata/user/demo1", json={"sign": "", "x": 5}).status == 200
    got = rest.get("/metadata/user/demo1")
    assert got.json == data({"nickname": "Tom", "sign": "", "x": "5"})


def test_a_name_without_attributes_has_none(rest):
    assert rest.get("/metadata/user/nobody").json == data({})


@pytest.mark.endpoint("P3")
def test_several_users_are_read_at_once(rest, demo1, demo2, user_token):
    rest.put("/metadata/user/demo1", json={"nickname": "Tom", "phone": "1"})
    body = {"targets": ["Demo1", "zoe"], "properties": ["nickname", "avatarurl"]}
    answer = rest.post("/metadata/user/get", json=body, token=user_token("demo2"))
    assert answer.json == data({"demo1": {"nickname": "Tom"}, "zoe": {}})
    everything = rest.post("/metadata/user/get", json={"targets": ["demo1"]})
    assert everything.json["data"]["demo1"] == {"nickname": "Tom", "phone": "1"}


def test_too_many_targets_are_refused(rest):
    answer = rest.post("/metadata/user/get", json={"targets": ["x"] * 101})
    assert answer.error == (400, "BAD_REQUEST", "exceed allowed batch size 100")


@pytest.mark.parametrize("targets", ["demo1", [[]], [True]])
def test_targets_must_be_names(rest, targets):
    answer = rest.post("/metadata/user/get", json={"targets": targets})
    assert answer.error[:2] == (400, "illegal_argument")


def test_too_much_changes_nothing(rest):
    rest.put("/metadata/user/demo1", json={"sign": "hi"})
    answer = rest.put("/metadata/user/demo1", json={"sign": "new", "ext": "x" * 2048})
    assert answer.error == (
        403, "FORBIDDEN",
        "size of metadata for this single user exceeds the user defined limit, 2048Bytes",
    )  # fmt: skip
    assert rest.get("/metadata/user/demo1").json["data"] == {"sign": "hi"}


def test_a_user_writes_only_its_own_attributes(rest, demo1, demo2, user_token):
    token = user_token("demo2")
    refused = (401, "unauthorized", "Unable to authenticate (OAuth)")
    assert rest.put("/metadata/user/demo1", json={"a": "b"}, token=token).error == refused
    assert rest.delete("/metadata/user/demo1", token=token).error == refused
    assert rest.get("/metadata/user/demo1", token=token).status == 200


@pytest.mark.endpoint("P4")
def test_attributes_are_deleted_even_if_there_are_none(rest):
    rest.put("/metadata/user/demo1", json={"sign": "hi"})
    for _ in range(2):
        assert rest.delete("/metadata/user/demo1").json == data(True)
    assert rest.get("/metadata/user/demo1").json["data"] == {}


@pytest.mark.endpoint("P2", "P4", "P5")
def test_all_users_together_have_room_for_so_much(rest, app):
    change_settings(app, {"max_profiles_mib": 1, "max_profile_bytes": 700_000})
    half, full = "x" * 600_000, (
        403, "FORBIDDEN",
        "total size of metadata for this app exceeds the user defined limit, 1048576Bytes",
    )  # fmt: skip
    register_user(app, "ann", "1")
    for name in ("ann", "demo1"):
        answer = rest.put(f"/metadata/user/{name}", json={"ext": half})
    assert answer.error == full
    assert rest.get("/metadata/user/demo1").json["data"] == {}
    assert rest.get("/metadata/user/capacity").json == data(600_003)
    rest.put("/metadata/user/ann", json={"ext": "less"})
    rest.put("/metadata/user/demo1", json={"ext": half})
    assert rest.get("/metadata/user/capacity").json == data(7 + 600_003)
    rest.delete("/metadata/user/demo1")
    rest.delete("/users/ann")
    assert rest.get("/metadata/user/capacity").json == data(0)


@pytest.mark.endpoint("P5")
def test_the_capacity_counts_the_whole_app(rest, other_app):
    rest.put("/metadata/user/demo1", json={"sign": "hi"})
    rest.put("/metadata/user/demo2", json={"sign": "你"})
    assert rest.get("/metadata/user/capacity").json == data(6 + 7)
