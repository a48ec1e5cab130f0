"""Groups as a whole: change, hand over, read, end, disable (rest.md 3.8.2–3.8.10)."""

import pytest

from tests.rest.api import A_TIME_MS, Api

pytestmark = pytest.mark.django_db

UNKNOWN = "123456789012345"
NO_GROUP = (404, "resource_not_found", f"grpID {UNKNOWN} does not exist!")


def make_group(api: Api, **fields) -> str:
    body = {"groupname": "qa", "desc": "x", "public": True, "owner": "demo1", **fields}
    return str(api.post("/chatgroups", body).data["groupid"])


@pytest.mark.endpoint("G2")
def test_an_update_answers_true_for_every_field_sent(api):
    group_id = make_group(api)
    answer = api.put(
        f"/chatgroups/{group_id}",
        {"groupname": "qa 2", "maxusers": "400", "membersonly": True, "allowinvites": "true"},
    )
    assert answer.json == api.whole(
        "put",
        f"/chatgroups/{group_id}",
        data={"groupname": True, "maxusers": True, "membersonly": True, "allowinvites": True},
    )
    (detail,) = api.get(f"/chatgroups/{group_id}").data
    assert (detail["name"], detail["maxusers"]) == ("qa 2", 400)
    assert (detail["membersonly"], detail["allowinvites"]) == (True, True)


@pytest.mark.endpoint("G2")
@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({"name": "n"}, {"groupname": True, "name": True}),
        ({"desc": "d"}, {"description": True}),
        ({"description": "d", "custom": "c"}, {"description": True, "custom": True}),
        ({"public": False, "avatar": "a"}, {"public": True, "avatar": True}),
        ({"invite_need_confirm": 0}, {"invite_need_confirm": True}),
        ({"groupname": "qa"}, {"groupname": True}),  # the old value again
    ],
)
def test_the_answer_names_the_fields_as_the_vendor_does(api, sent, answered):
    assert api.put(f"/chatgroups/{make_group(api)}", sent).data == answered


@pytest.mark.endpoint("G2")
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"groupid": "1", "groupname": "new"}, "some of [groupid] are not valid fields"),
        ({"a": 1, "b": 2}, "some of [a, b] are not valid fields"),
        ({}, None),
        ({"maxusers": "x"}, None),
    ],
)
def test_an_update_with_a_bad_field_changes_nothing(api, body, text):
    group_id = make_group(api)
    status, error, description = api.put(f"/chatgroups/{group_id}", body).error
    assert (status, error) == (400, "invalid_parameter")
    assert text in (None, description)
    assert api.get(f"/chatgroups/{group_id}").data[0]["name"] == "qa"


@pytest.mark.endpoint("G2")
def test_a_group_cannot_shrink_below_its_members(api):
    group_id = make_group(api, members=["demo2", "demo3"])
    assert api.put(f"/chatgroups/{group_id}", {"maxusers": 2}).error[:2] == (403, "exceed_limit")


@pytest.mark.endpoint("G2")
def test_admins_change_a_group_and_members_do_not(api, as_user):
    group_id = make_group(api, members=["demo2", "demo3"])
    api.post(f"/chatgroups/{group_id}/admin", {"newadmin": "demo2"})
    path, change = f"/chatgroups/{group_id}", {"groupname": "new"}
    assert as_user("demo2").put(path, change).status == 200
    assert as_user("demo3").put(path, change).error[:2] == (403, "forbidden_op")
    assert as_user("stranger").put(path, change).error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("G3")
def test_a_group_is_handed_to_a_member(api):
    group_id = make_group(api, members=["demo2"])
    api.post(f"/chatgroups/{group_id}/admin", {"newadmin": "demo2"})
    answer = api.put(f"/chatgroups/{group_id}", {"newowner": "Demo2"})
    assert answer.json == api.whole("put", f"/chatgroups/{group_id}", data={"newowner": True})
    assert api.get(f"/chatgroups/{group_id}").data[0]["owner"] == "demo2"
    assert api.get(f"/chatgroups/{group_id}/admin").data == []
    assert {"member": "demo1"} in api.get(f"/chatgroups/{group_id}/users").data


@pytest.mark.endpoint("G3")
def test_a_group_is_not_handed_to_just_anyone(api, as_user):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}"
    assert api.put(path, {"newowner": "demo3"}).error == (
        403,
        "forbidden_op",
        f"user: demo3 doesn't exist in group: {group_id}",
    )
    assert api.put(path, {"newowner": "demo1"}).error == (
        403,
        "forbidden_op",
        "new owner and old owner are the same",
    )
    assert api.put(path, {"newowner": "nobody"}).error == (
        404,
        "resource_not_found",
        "username nobody doesn't exist!",
    )
    assert api.put(path, {"newowner": ""}).error[:2] == (400, "invalid_parameter")
    assert api.put(path, {"newowner": "demo2", "name": "n"}).error[:2] == (400, "invalid_parameter")
    assert as_user("demo2").put(path, {"newowner": "demo2"}).error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("G4")
def test_details_are_an_array_even_for_one_group(api):
    group_id = make_group(api, members=["demo2"], maxusers=300)
    answer = api.get(f"/chatgroups/{group_id}")
    detail = {
        "id": group_id,
        "groupid": group_id,
        "name": "qa",
        "description": "x",
        "custom": "",
        "avatar": "",
        "owner": "demo1",
        "public": True,
        "membersonly": False,
        "allowinvites": False,
        "invite_need_confirm": True,
        "mute": False,
        "disabled": False,
        "maxusers": 300,
        "affiliations_count": 2,
        "affiliations": [{"member": "demo2"}, {"owner": "demo1"}],
        "created": A_TIME_MS,
    }
    assert answer.json == api.whole("get", f"/chatgroups/{group_id}", count=1, data=[detail])


@pytest.mark.endpoint("G4")
def test_unknown_ones_among_several_groups_are_left_out(api):
    one, two = make_group(api), make_group(api)
    answer = api.get(f"/chatgroups/{one},{UNKNOWN}%2C{two}")
    assert [detail["id"] for detail in answer.data] == [one, two]
    assert answer.json["count"] == 2
    assert api.get(f"/chatgroups/{UNKNOWN}").error == NO_GROUP


@pytest.mark.endpoint("G4")
def test_more_than_a_hundred_ids_are_refused(api):
    ids = ",".join(str(100000000000000 + i) for i in range(101))
    assert api.get(f"/chatgroups/{ids}").error[0] == 400


@pytest.mark.endpoint("G4")
def test_who_may_read_the_details(api, as_user):
    public = make_group(api, members=["demo2"])
    private = make_group(api, members=["demo2"], public=False)
    assert as_user("stranger").get(f"/chatgroups/{public}").status == 200
    assert as_user("stranger").get(f"/chatgroups/{private}").error[:2] == (403, "forbidden_op")
    (detail,) = as_user("demo2").get(f"/chatgroups/{private}?joined_time=true").data
    assert detail["permission"] == "member"
    joined = {key: entry["joined_time"] for entry in detail["affiliations"] for key in entry}
    assert joined["member"] == A_TIME_MS


@pytest.mark.endpoint("G6")
def test_a_destroyed_group_is_gone(api):
    group_id = make_group(api)
    answer = api.delete(f"/chatgroups/{group_id}")
    data = {"success": True, "groupid": group_id}
    assert answer.json == api.whole("delete", f"/chatgroups/{group_id}", data=data)
    gone = (404, "resource_not_found", f"grpID {group_id} does not exist!")
    assert api.get(f"/chatgroups/{group_id}").error == gone
    assert api.delete(f"/chatgroups/{group_id}").error == gone
    assert api.get("/chatgroups").data == []


@pytest.mark.endpoint("G6")
def test_only_the_owner_destroys_a_group(api, as_user):
    group_id = make_group(api, members=["demo2"])
    api.post(f"/chatgroups/{group_id}/admin", {"newadmin": "demo2"})
    refused = as_user("demo2").delete(f"/chatgroups/{group_id}")
    assert refused.error[:2] == (403, "forbidden_op")
    assert as_user("demo1").delete(f"/chatgroups/{group_id}").status == 200


@pytest.mark.endpoint("G9")
def test_membership_is_told(api):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}/user/demo2/is_joined"
    assert api.get(path).json == api.whole("get", path, data=True)
    assert api.get(f"/chatgroups/{group_id}/user/demo3/is_joined").data is False
    assert api.get(f"/chatgroups/{group_id}/user/nobody/is_joined").data is False
    assert api.get(f"/chatgroups/{UNKNOWN}/user/demo2/is_joined").error == NO_GROUP


@pytest.mark.endpoint("G10", "G11")
def test_a_disabled_group_refuses_changes_and_can_be_read(api, as_user):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}"
    answer = api.post(f"{path}/disable")
    assert answer.json == api.whole("post", f"{path}/disable", data={"disabled": True})
    assert api.get(path).data[0]["disabled"] is True
    refused = (403, "forbidden_op", "can not operate this group, reason: group is disabled")
    assert api.put(path, {"groupname": "n"}).error == refused
    assert api.post(f"{path}/users/demo3").error == refused
    assert api.post(f"{path}/ban").error == refused
    assert as_user("demo1").post(f"{path}/enable").error[0] == 401
    assert api.post(f"{path}/enable").data == {"disabled": False}
    assert api.put(path, {"groupname": "n"}).status == 200
    api.post(f"{path}/disable")
    assert api.delete(path).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"groupname": "n"}),
        ("PUT", "", {"newowner": "demo1"}),
        ("DELETE", "", ...),
        ("POST", "/users/demo1", ...),
        ("POST", "/users", {"usernames": ["demo1"]}),
        ("DELETE", "/users/demo1", ...),
        ("DELETE", "/users/demo1,demo2", ...),
        ("GET", "/admin", ...),
        ("POST", "/admin", {"newadmin": "demo1"}),
        ("DELETE", "/admin/demo1", ...),
        ("GET", "/blocks/users", ...),
        ("POST", "/blocks/users/demo1", ...),
        ("POST", "/blocks/users", {"usernames": ["demo1"]}),
        ("DELETE", "/blocks/users/demo1", ...),
        ("GET", "/white/users", ...),
        ("POST", "/white/users/demo1", ...),
        ("DELETE", "/white/users/demo1", ...),
        ("GET", "/mute", ...),
        ("POST", "/mute", {"usernames": ["demo1"], "mute_duration": 1}),
        ("DELETE", "/mute/demo1", ...),
        ("POST", "/ban", ...),
        ("DELETE", "/ban", ...),
        ("GET", "/announcement", ...),
        ("POST", "/announcement", {"announcement": "a"}),
        ("POST", "/disable", ...),
        ("POST", "/enable", ...),
    ],
)
def test_an_unknown_group_is_said_to_be_unknown(api, method, path, body):
    assert api.call(method, f"/chatgroups/{UNKNOWN}{path}", body).error == NO_GROUP


def test_a_chatroom_is_no_group(api):
    room = api.post("/chatrooms", {"name": "l", "description": "", "owner": "demo1"}).data["id"]
    assert api.get(f"/chatgroups/{room}").error[0] == 404
    group = make_group(api)
    assert api.get(f"/chatrooms/{group}").error[0] == 404
