"""Creating groups (rest.md 3.8.1)."""

import json

import pytest

from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db


@pytest.mark.endpoint("G1")
def test_a_group_is_created_with_its_members(api):
    body = {
        "groupname": "qa",
        "desc": "x",
        "public": True,
        "owner": "Demo1",
        "members": ["Demo2", "demo1", "demo2"],
        "maxusers": 300,
    }
    answer = api.post("/chatgroups", body)

    group_id = answer.data["groupid"]
    assert answer.json == api.whole("post", "/chatgroups", data={"groupid": group_id})
    assert len(group_id) == 15
    assert group_id.isdigit()
    assert group_id[0] != "0"
    assert api.get(f"/chatgroups/{group_id}/users").data == [
        {"owner": "demo1"},
        {"member": "demo2"},
    ]


@pytest.mark.endpoint("G1")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "n", "groupname": "g"}, {"name": "g"}),
        ({"name": "n"}, {"name": "n"}),
        ({"description": "long", "desc": "short"}, {"description": "long"}),
        ({"approval": "true"}, {"membersonly": True}),
        ({"members_only": 1}, {"membersonly": True}),
        ({"public": "true", "maxusers": "250"}, {"public": True, "maxusers": 250}),
        ({"public": False, "allowinvites": True}, {"public": False, "allowinvites": True}),
        ({"public": True, "allowinvites": True}, {"public": True, "allowinvites": False}),
        ({"public": False}, {"membersonly": True}),
        ({"invite_need_confirm": False}, {"invite_need_confirm": False}),
        ({"scale": "large"}, {"maxusers": 1000}),
        ({"members": None, "need_verify": False}, {"affiliations_count": 1, "maxusers": 200}),
        ({"custom": "c", "avatar": "http://im.local/a.png"}, {"custom": "c"}),
        ({"something": "else"}, {"disabled": False}),
    ],
)
def test_every_spelling_of_a_field_is_understood(api, fields, expected):
    group_id = api.post("/chatgroups", {"public": True, "owner": "demo1", **fields}).data["groupid"]
    (detail,) = api.get(f"/chatgroups/{group_id}").data
    assert {key: detail[key] for key in expected} == expected


@pytest.mark.endpoint("G1")
@pytest.mark.parametrize("wrap", [lambda body: [body], lambda body: {"body": json.dumps(body)}])
def test_the_php_clients_wrappers_are_unwrapped(api, wrap):
    answer = api.post("/chatgroups", wrap({"public": True, "owner": "demo1"}))
    assert answer.status == 200


@pytest.mark.endpoint("G1")
def test_a_caller_may_choose_the_id(api):
    assert make_group(api, groupid="team-7") == "team-7"
    again = api.post("/chatgroups", {"public": True, "owner": "demo1", "groupid": "team-7"})
    assert again.error == (400, "illegal_argument", "group ID team-7 already exists!")
    assert make_group(api, groupid=77) == "77"


OWNER = {"owner": "demo1"}
LONG = "x" * 600


@pytest.mark.endpoint("G1")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid_parameter", "owner must be provided")),
        ({**OWNER}, (400, "invalid_parameter", "group must contain public field!")),
        (
            {**OWNER, "public": True, "avatar": "a" * 1025, "groupid": "demo1"},
            (400, "invalid_parameter", "avatar length is too big"),
        ),
        (
            {"owner": "nobody", "public": True},
            (404, "resource_not_found", "username nobody doesn't exist!"),
        ),
        (
            {**OWNER, "public": True, "members": ["demo2", "Nobody"]},
            (404, "resource_not_found", "username nobody doesn't exist!"),
        ),
        (
            {**OWNER, "public": True, "members": ["demo2", "demo3"], "maxusers": 2},
            (403, "exceed_limit", "members size is greater than max user size !"),
        ),
        (
            {**OWNER, "public": True, "groupname": LONG},
            (403, "exceed_limit", "title cannot exceed to 128"),
        ),
        (
            {**OWNER, "public": True, "desc": LONG},
            (403, "exceed_limit", "desc cannot exceed to 512"),
        ),
    ],
)
def test_a_refused_creation_creates_nothing(api, body, expected):
    assert api.post("/chatgroups", body).error == expected
    assert api.get("/chatgroups").data == []


@pytest.mark.endpoint("G1")
@pytest.mark.parametrize(
    "fields",
    [
        {"public": "perhaps"},
        {"public": []},
        {"maxusers": 0},
        {"maxusers": -1},
        {"maxusers": 2.5},
        {"maxusers": "many"},
        {"maxusers": 3001},
        {"members": "demo2"},
        {"members": [{}]},
        {"groupname": ["qa"]},
        {"custom": "c" * 8193},
        {"membersonly": "x"},
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(api, fields):
    answer = api.post("/chatgroups", {"public": True, "owner": "demo1", **fields})
    assert answer.error[:2] == (400, "invalid_parameter")


@pytest.mark.endpoint("G1")
@pytest.mark.parametrize("body", [[], [1], "text", 7, None, [{}, {}]])
def test_a_body_of_another_json_kind_is_refused(api, body):
    assert api.post("/chatgroups", body).error[0] == 400


@pytest.mark.endpoint("G1")
def test_a_user_creates_only_groups_of_its_own(api, as_user):
    assert as_user("demo2").post("/chatgroups", {"public": True, "owner": "demo2"}).status == 200
    other = as_user("demo2").post("/chatgroups", {"public": True, "owner": "demo1"})
    assert other.error == (401, "unauthorized", "Unable to authenticate (OAuth)")
