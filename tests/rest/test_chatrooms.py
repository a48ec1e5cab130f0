"""Chatrooms as a whole, and super admins (rest.md 3.9.1–3.9.6, 3.9.9)."""

import json

import pytest

from tests.rest.api import A_TIME_MS, Api

pytestmark = pytest.mark.django_db

UNKNOWN = "123456789012345"
NO_ROOM = (404, "resource_not_found", f"grpID {UNKNOWN} does not exist!")
NO_LIST = (404, "service_resource_not_found", f"do not find this group:{UNKNOWN}")
NO_RIGHT = (401, "unauthorized", "Unable to authenticate (OAuth)")
NOBODY = (404, "resource_not_found", "username nobody doesn't exist!")


def make_room(api: Api, **fields) -> str:
    body = {"name": "lobby", "description": "d", "owner": "demo1", **fields}
    return str(api.post("/chatrooms", body).data["id"])


@pytest.mark.endpoint("H1")
def test_a_room_is_created_with_its_members(api):
    body = {
        "name": "lobby",
        "description": "",
        "owner": "Demo1",
        "maxusers": "300",
        "members": ["Demo2", "demo1"],
    }
    answer = api.post("/chatrooms", body)
    room_id = answer.data["id"]
    assert answer.json == api.whole("post", "/chatrooms", data={"id": room_id})
    assert (len(room_id), room_id.isdigit()) == (15, True)
    assert api.get(f"/chatrooms/{room_id}/users").data == [{"owner": "demo1"}, {"member": "demo2"}]


@pytest.mark.endpoint("H1")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": None, "groupname": "g"}, {"name": "g"}),
        ({"description": None, "desc": "short"}, {"description": "short"}),
        ({"custom": "c"}, {"custom": "c", "maxusers": 1000}),
        ({"maxusers": 10000}, {"maxusers": 10000}),
        ({"scale": "large", "need_verify": True}, {"disabled": False}),
    ],
)
def test_every_spelling_of_a_room_field_is_understood(api, fields, expected):
    (detail,) = api.get(f"/chatrooms/{make_room(api, **fields)}").data
    assert {key: detail[key] for key in expected} == expected


@pytest.mark.endpoint("H1")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": None, "owner": None}, (400, "invalid_parameter", "name must be provided")),
        (
            {"description": None, "owner": None},
            (400, "invalid_parameter", "description must be provided"),
        ),
        ({"owner": None}, (400, "invalid_parameter", "owner must be provided")),
        ({"owner": "nobody"}, NOBODY),
        ({"members": ["nobody"]}, NOBODY),
        (
            {"members": ["demo2"], "maxusers": 1},
            (403, "exceed_limit", "members size is greater than max user size !"),
        ),
        ({"name": "x" * 129}, (403, "exceed_limit", "title cannot exceed to 128")),
        ({"description": "x" * 513}, (403, "exceed_limit", "desc cannot exceed to 512")),
    ],
)
def test_a_refused_room_is_not_created(api, fields, expected):
    body = {"name": "lobby", "description": "d", "owner": "demo1", **fields}
    assert api.post("/chatrooms", body).error == expected
    assert api.get("/chatrooms").data == []


@pytest.mark.endpoint("H1")
def test_the_php_clients_text_inside_the_body_is_a_room(api):
    inner = json.dumps({"name": "lobby", "description": "d", "owner": "demo1"})
    assert api.post("/chatrooms", {"body": inner}).status == 200


@pytest.mark.endpoint("H1")
def test_only_super_admins_create_rooms_from_a_client(api, as_user):
    body = {"name": "lobby", "description": "d", "owner": "demo2"}
    assert as_user("demo2").post("/chatrooms", body).error[:2] == (403, "forbidden_op")
    api.post("/chatrooms/super_admin", {"superadmin": "demo2"})
    assert as_user("demo2").post("/chatrooms", body).status == 200
    other = as_user("demo2").post("/chatrooms", {**body, "owner": "demo1"})
    assert other.error == NO_RIGHT


@pytest.mark.endpoint("H2")
def test_an_update_of_a_room_answers_both_names_of_the_name(api):
    room_id = make_room(api)
    path = f"/chatrooms/{room_id}"
    answer = api.put(path, {"name": "lobby 2", "maxusers": 500})
    data = {"groupname": True, "name": True, "maxusers": True}
    assert answer.json == api.whole("put", path, data=data)
    both = api.put(path, {"groupname": "lobby 3", "description": "e", "custom": "c"})
    assert both.data == {"groupname": True, "name": True, "description": True, "custom": True}
    (detail,) = api.get(path).data
    assert (detail["name"], detail["maxusers"], detail["description"]) == ("lobby 3", 500, "e")


@pytest.mark.endpoint("H2")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x" * 129}, (403, "exceed_limit", "title cannot exceed to 128")),
        ({"description": "x" * 513}, (403, "exceed_limit", "desc cannot exceed to 512")),
        ({"maxusers": 10001}, (403, "exceed_limit", "maxUsers cannot exceed 10000")),
        (
            {"chatroom_id": "1", "name": "n"},
            (400, "invalid_parameter", "some of [chatroom_id] are not valid fields"),
        ),
        ({"public": True}, (400, "invalid_parameter", "some of [public] are not valid fields")),
    ],
)
def test_a_refused_update_of_a_room_changes_nothing(api, body, expected):
    room_id = make_room(api)
    assert api.put(f"/chatrooms/{room_id}", body).error == expected
    assert api.get(f"/chatrooms/{room_id}").data[0]["name"] == "lobby"
    assert api.put(f"/chatrooms/{room_id}", {}).error[:2] == (400, "invalid_parameter")


@pytest.mark.endpoint("H2")
def test_admins_and_super_admins_change_a_room(api, as_user):
    room_id = make_room(api, members=["demo2"])
    path = f"/chatrooms/{room_id}"
    assert as_user("demo2").put(path, {"name": "n"}).error[:2] == (403, "forbidden_op")
    assert as_user("demo1").put(path, {"name": "n"}).status == 200
    api.post("/chatrooms/super_admin", {"superadmin": "stranger"})
    assert as_user("stranger").put(path, {"name": "n"}).status == 200


@pytest.mark.endpoint("H3")
def test_a_room_is_handed_to_a_member(api):
    room_id = make_room(api, members=["demo2"])
    path = f"/chatrooms/{room_id}"
    assert api.put(path, {"newowner": "demo2"}).data == {"newowner": True}
    assert api.get(path).data[0]["owner"] == "demo2"
    same = (403, "forbidden_op", "new owner and old owner are the same")
    assert api.put(path, {"newowner": "demo2"}).error == same
    assert api.put(path, {"newowner": "nobody"}).error == NOBODY
    assert api.put(path, {"newowner": "stranger"}).error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("H4")
def test_room_details_are_an_array(api, as_user):
    room_id = make_room(api, members=["demo2"], maxusers=300)
    answer = api.get(f"/chatrooms/{room_id}")
    detail = {
        "id": room_id,
        "name": "lobby",
        "description": "d",
        "membersonly": False,
        "allowinvites": False,
        "maxusers": 300,
        "owner": "demo1",
        "created": A_TIME_MS,
        "custom": "",
        "mute": False,
        "affiliations_count": 2,
        "affiliations": [{"member": "demo2"}, {"owner": "demo1"}],
        "public": True,
        "disabled": False,
    }
    assert answer.json == api.whole("get", f"/chatrooms/{room_id}", count=1, data=[detail])
    other = make_room(api)
    several = api.get(f"/chatrooms/{other},{UNKNOWN},{room_id}")
    assert [one["id"] for one in several.data] == [other, room_id]
    assert api.get(f"/chatrooms/{UNKNOWN}").error == NO_LIST
    assert as_user("stranger").get(f"/chatrooms/{room_id}").status == 200


@pytest.mark.endpoint("H5")
def test_rooms_are_listed_newest_first(api, as_user):
    older, newer = make_room(api, members=["demo2"]), make_room(api)
    answer = api.get("/chatrooms?limit=1")
    cursor = answer.json["cursor"]
    assert answer.json == api.whole(
        "get",
        "/chatrooms",
        params={"limit": ["1"]},
        count=1,
        cursor=cursor,
        data=[{"id": newer, "name": "lobby", "owner": "demo1", "affiliations_count": 1}],
    )
    rest = api.get(f"/chatrooms?limit=1&cursor={cursor}")
    assert [one["id"] for one in rest.data] == [older]
    assert "cursor" not in rest.json
    numbered = as_user("demo2").get("/chatrooms?pagenum=2&pagesize=1")
    assert [one["id"] for one in numbered.data] == [older]
    assert "cursor" not in numbered.json
    assert api.get("/chatrooms?pagenum=3&pagesize=1").json["count"] == 0


@pytest.mark.endpoint("H5", "G5")
@pytest.mark.parametrize("cursor", ["x", "²", "1.2.3", "9" * 30, "1." + "9" * 30, "%00", "-1"])
def test_a_cursor_that_is_none_is_refused(api, cursor):
    for path in ("/chatrooms", "/chatgroups"):
        answer = api.get(f"{path}?cursor={cursor}")
        assert answer.error[:2] == (400, "illegal_argument")


@pytest.mark.endpoint("H6")
def test_a_destroyed_room_is_gone(api, as_user):
    room_id = make_room(api, members=["demo2"])
    path = f"/chatrooms/{room_id}"
    assert as_user("demo2").delete(path).error[:2] == (403, "forbidden_op")
    data = {"success": True, "id": room_id}
    assert api.delete(path).json == api.whole("delete", path, data=data)
    gone = (404, "resource_not_found", f"grpID {room_id} does not exist!")
    assert api.delete(path).error == gone


@pytest.mark.endpoint("H7")
def test_joined_rooms_are_listed(api, as_user):
    older = make_room(api, members=["demo2"])
    newer = make_room(api, members=["demo2"])
    path = "/users/demo2/joined_chatrooms"
    items = [{"id": one, "name": "lobby", "disabled": "false"} for one in (newer, older)]
    assert api.get(path).json == api.whole("get", path, data=items, count=2)
    page = api.get(f"{path}?pagenum=2&pagesize=1")
    params = {"pagenum": ["2"], "pagesize": ["1"]}
    assert page.json == api.whole("get", path, params=params, data=items[1:], count=1)
    mine = as_user("demo2").get(f"{path}?pagenum=1&pagesize=1&detail=true")
    assert mine.data[0]["title"] == "lobby"
    assert mine.data[0]["max_users"] == 1000
    assert mine.data[0]["owner"] == f"{api.app.appkey}_demo1"
    assert as_user("demo1").get(path).error == NO_RIGHT
    assert api.get("/users/nobody/joined_chatrooms").error[:2] == (
        404,
        "service_resource_not_found",
    )


@pytest.mark.endpoint("H15", "H16", "H17")
def test_super_admins_are_made_listed_and_unmade(api):
    path = "/chatrooms/super_admin"
    made = {"result": "success", "resource": ""}
    for _ in range(2):
        assert api.post(path, {"superadmin": "Demo1"}).json == api.whole("post", path, data=made)
    api.post(path, {"superadmin": "demo2"})
    page = api.get(f"{path}?pagenum=1&pagesize=10")
    assert page.json == api.whole(
        "get",
        path,
        params={"pagenum": ["1"], "pagesize": ["10"]},
        data=["demo1", "demo2"],
        count=2,
    )
    assert api.get(f"{path}?pagenum=2&pagesize=1").data == ["demo2"]
    unmade = {"newSuperAdmin": "demo1", "resource": ""}
    for _ in range(2):  # also when they are none
        gone = api.delete(f"{path}/demo1")
        assert gone.json == api.whole("delete", f"{path}/demo1", data=unmade)
    assert api.get(path).json == api.whole("get", path, data=["demo2"], count=1)


@pytest.mark.endpoint("H15", "H16", "H17")
def test_super_admins_are_the_apps_affair(api, as_user):
    path = "/chatrooms/super_admin"
    assert api.post(path, {"superadmin": "nobody"}).error == NOBODY
    assert api.post(path, {}).error[:2] == (400, "invalid_parameter")
    api.post(path, {"superadmin": "demo1"})
    user = as_user("demo1")
    assert user.post(path, {"superadmin": "demo2"}).error == NO_RIGHT
    assert user.get(path).error == NO_RIGHT
    assert user.delete(f"{path}/demo1").error == NO_RIGHT


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"name": "n"}),
        ("DELETE", "", ...),
        ("POST", "/users/demo1", ...),
        ("POST", "/users", {"usernames": ["demo1"]}),
        ("DELETE", "/users/demo1", ...),
        ("GET", "/admin", ...),
        ("POST", "/admin", {"newadmin": "demo1"}),
        ("DELETE", "/admin/demo1", ...),
        ("GET", "/blocks/users", ...),
        ("POST", "/blocks/users/demo1", ...),
        ("GET", "/white/users", ...),
        ("GET", "/mute", ...),
        ("POST", "/ban", ...),
        ("GET", "/announcement", ...),
    ],
)
def test_an_unknown_room_is_said_to_be_unknown(api, method, path, body):
    assert api.call(method, f"/chatrooms/{UNKNOWN}{path}", body).error == NO_ROOM
