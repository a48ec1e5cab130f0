"""Members and admins of groups (rest.md 3.8.11–3.8.14)."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions.im_users import register_user
from tests.rest.api import A_TIME_MS
from tests.rest.test_groups import UNKNOWN, make_group

pytestmark = pytest.mark.django_db


@pytest.mark.endpoint("G12")
def test_members_come_in_pages_with_the_owner(api):
    group_id = make_group(api, members=["demo2", "demo3"])
    path = f"/chatgroups/{group_id}/users"
    answer = api.get(f"{path}?pagenum=1&pagesize=2")
    assert answer.json == api.whole(
        "get",
        path,
        params={"pagenum": ["1"], "pagesize": ["2"]},
        count=2,
        data=[{"owner": "demo1"}, {"member": "demo2"}],
    )
    assert api.get(f"{path}?pagenum=2&pagesize=2").data == [{"member": "demo3"}]
    past = api.get(f"{path}?pagenum=9&pagesize=2")
    assert (past.data, past.json["count"]) == ([], 0)
    assert api.get(f"{path}?pagenum=-1&pagesize=0").json["count"] == 3
    assert api.get(path).json == api.whole(
        "get", path, count=3, data=[{"owner": "demo1"}, {"member": "demo2"}, {"member": "demo3"}]
    )


@pytest.mark.endpoint("G12")
def test_members_sort_by_the_time_they_joined(api):
    group_id = make_group(api, members=["demo3"])
    api.post(f"/chatgroups/{group_id}/users/demo2")
    path = f"/chatgroups/{group_id}/users"
    newest = api.get(f"{path}?sort=desc").data
    assert newest == [{"member": "demo2"}, {"member": "demo3"}, {"owner": "demo1"}]
    assert api.get(f"{path}?sort=asc").data == newest[::-1]
    assert api.get(f"{path}?version=v3&sort=desc").data == ["demo2", "demo3"]


@pytest.mark.endpoint("G12")
def test_version_3_lists_names_without_the_owner(api):
    group_id = make_group(api, members=["demo2", "demo3"])
    path = f"/chatgroups/{group_id}/users"
    first = api.get(f"{path}?version=v3&limit=1")
    assert first.json == api.whole(
        "get",
        path,
        params={"version": ["v3"], "limit": ["1"]},
        count=1,
        data=["demo2"],
        cursor=first.json["cursor"],
    )
    last = api.get(f"{path}?version=v3&limit=1&cursor={first.json['cursor']}")
    assert last.data == ["demo3"]
    assert "cursor" not in last.json


@pytest.mark.endpoint("G12")
def test_a_client_pages_version_3_by_number_and_gets_objects(api, as_user):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}/users?version=v3&pagenum=1&pagesize=5"
    assert as_user("demo2").get(path).data == [{"owner": "demo1"}, {"member": "demo2"}]


@pytest.mark.endpoint("G12")
def test_a_client_asks_for_the_times_of_joining(api, as_user):
    group_id = make_group(api, members=["demo2", "demo3"])
    api.post(f"/chatgroups/{group_id}/admin", {"newadmin": "demo2"})
    path = f"/chatgroups/{group_id}/users?limit=2&joined_time=true"
    page = as_user("demo2").get(path)
    assert page.data == [
        {"owner": "demo1", "joined_time": A_TIME_MS},
        {"admin": "demo2", "joined_time": A_TIME_MS},
    ]
    rest = as_user("demo2").get(f"{path}&cursor={page.json['cursor']}")
    assert rest.data == [{"member": "demo3", "joined_time": A_TIME_MS}]
    assert "cursor" not in rest.json


@pytest.mark.endpoint("G12")
def test_the_member_list_of_no_group_has_an_error_of_its_own(api, as_user):
    expected = (404, "service_resource_not_found", f"do not find this group:{UNKNOWN}")
    assert api.get(f"/chatgroups/{UNKNOWN}/users").error == expected
    group_id = make_group(api)
    refused = as_user("stranger").get(f"/chatgroups/{group_id}/users")
    assert refused.error[:2] == (403, "forbidden_op")


@pytest.fixture
def crowd(api):
    """Twelve more users of the app."""
    names = [f"crowd{number}" for number in range(12)]
    for name in names:
        register_user(api.app, name, "secret")
    return names


@pytest.mark.endpoint("G12")
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(limit=st.integers(1, 14), leaver=st.integers(0, 11))
def test_pages_of_members_lose_and_repeat_nobody(api, crowd, limit, leaver):
    """Also when somebody leaves between two pages."""
    group_id = make_group(api, members=crowd)
    seen: list[str] = []
    cursor = ""
    while True:
        url = f"/chatgroups/{group_id}/users?version=v3&limit={limit}&cursor={cursor}"
        page = api.get(url)
        assert page.json["count"] == len(page.data) <= limit
        seen += page.data
        if not cursor:
            api.delete(f"/chatgroups/{group_id}/users/{crowd[leaver]}")
        cursor = page.json.get("cursor", "")
        if not cursor:
            break
        assert page.json["count"] == limit
    assert len(seen) == len(set(seen))
    assert set(crowd) - {crowd[leaver]} <= set(seen)


@pytest.mark.endpoint("G13")
def test_one_member_is_added_at_once(api):
    group_id = make_group(api, membersonly=True)
    path = f"/chatgroups/{group_id}/users/Demo2"
    answer = api.post(path, [])
    assert answer.json == api.whole(
        "post",
        path,
        data={"result": True, "groupid": group_id, "action": "add_member", "user": "demo2"},
    )
    again = api.post(path, {})
    assert again.error == (
        403,
        "forbidden_op",
        f"can not join this group, reason:user: demo2 already in group: {group_id}\n",
    )


@pytest.mark.endpoint("G13")
def test_who_may_be_added_and_by_whom(api, as_user):
    group_id = make_group(api, members=["demo2"], maxusers=3)
    path = f"/chatgroups/{group_id}/users"
    assert api.post(f"{path}/nobody").error == (
        404,
        "resource_not_found",
        "username nobody doesn't exist!",
    )
    assert as_user("demo2").post(f"{path}/demo3").error[:2] == (403, "forbidden_op")
    assert as_user("stranger").post(f"{path}/stranger").error[:2] == (403, "forbidden_op")
    assert as_user("demo1").post(f"{path}/demo3").status == 200
    assert api.post(f"{path}/stranger").error == (
        403,
        "exceed_limit",
        "members size is greater than max user size !",
    )


@pytest.mark.endpoint("G14")
def test_members_of_a_batch_who_are_in_already_are_skipped(api):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}/users"
    answer = api.post(path, {"usernames": ["demo2", "Demo3"]})
    assert answer.json == api.whole(
        "post",
        path,
        data={"newmembers": ["demo3"], "groupid": group_id, "action": "add_member"},
    )
    again = api.post(path, {"usernames": ["demo2", "demo3"]})
    assert again.error[:2] == (403, "forbidden_op")
    assert again.error[2].startswith("can not join this group, reason:user: demo2 already")


@pytest.mark.endpoint("G14")
def test_a_batch_with_an_unknown_user_adds_nobody(api):
    group_id = make_group(api)
    path = f"/chatgroups/{group_id}/users"
    assert api.post(path, {"usernames": ["demo2", "nobody"]}).error == (
        404,
        "resource_not_found",
        "username nobody doesn't exist!",
    )
    assert api.get(path).data == [{"owner": "demo1"}]


@pytest.mark.endpoint("G14")
def test_a_batch_is_a_list_of_at_most_sixty_names(api, as_user):
    group_id = make_group(api)
    path = f"/chatgroups/{group_id}/users"
    assert api.post(path, {"usernames": [f"u{i}" for i in range(61)]}).error == (
        400,
        "invalid_parameter",
        "addMembers: addMembers number more than maxSize : 60",
    )
    for names in ("demo2", [None], [], None):
        assert api.post(path, {"usernames": names}).error[:2] == (400, "invalid_parameter")
    assert as_user("stranger").post(path, {"usernames": ["demo2"]}).status == 401


@pytest.mark.endpoint("G14")
def test_the_php_clients_text_inside_the_body_is_decoded(api):
    group_id = make_group(api)
    inner = json.dumps({"usernames": ["demo2"]})
    assert api.post(f"/chatgroups/{group_id}/users", {"body": inner}).data["newmembers"] == [
        "demo2"
    ]


@pytest.mark.endpoint("G14")
def test_adding_somebody_takes_them_off_the_block_list(api):
    group_id = make_group(api, members=["demo2"])
    api.post(f"/chatgroups/{group_id}/blocks/users/demo2")
    assert api.post(f"/chatgroups/{group_id}/users/demo2").status == 200
    assert api.get(f"/chatgroups/{group_id}/blocks/users").data == []


@pytest.mark.endpoint("G15")
def test_one_member_is_removed(api):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}/users/demo2"
    data = {"result": True, "action": "remove_member", "user": "demo2", "groupid": group_id}
    assert api.delete(path).json == api.whole("delete", path, data=data)
    assert api.delete(path).error == (
        403,
        "forbidden_op",
        "users [demo2] are not members of this group!",
    )
    assert api.delete(f"/chatgroups/{group_id}/users/nobody").error == (
        403,
        "forbidden_op",
        "users [nobody] are not members of this group!",
    )
    assert api.delete(f"/chatgroups/{group_id}/users/demo1").error == (
        403,
        "forbidden_op",
        "forbidden operation on group owner!",
    )
    assert api.post(path).status == 200


@pytest.mark.endpoint("G15")
def test_a_removed_member_stays_muted_but_is_no_admin_any_more(api):
    group_id = make_group(api, members=["demo2"])
    base = f"/chatgroups/{group_id}"
    api.post(f"{base}/mute", {"usernames": ["demo2"], "mute_duration": -1})
    api.post(f"{base}/admin", {"newadmin": "demo2"})
    api.post(f"{base}/white/users/demo2")
    api.delete(f"{base}/users/demo2")
    api.post(f"{base}/users/demo2")
    assert [mute["user"] for mute in api.get(f"{base}/mute").data] == ["demo2"]
    assert api.get(f"{base}/admin").data == []
    assert api.get(f"{base}/white/users").data == []


@pytest.mark.endpoint("G16")
def test_each_name_of_a_removal_has_its_outcome(api):
    group_id = make_group(api, members=["demo2"])
    answer = api.delete(f"/chatgroups/{group_id}/users/Demo2%2Cdemo3,nobody")
    ids = {"groupid": group_id}
    assert answer.data == [
        {"result": True, "action": "remove_member", "user": "demo2", **ids},
        {
            "result": False,
            "action": "remove_member",
            "reason": f"user: demo3 doesn't exist in group: {group_id}",
            "user": "demo3",
            **ids,
        },
        {
            "result": False,
            "action": "remove_member",
            "reason": f"user: nobody doesn't exist in group: {group_id}",
            "user": "nobody",
            **ids,
        },
    ]


@pytest.mark.endpoint("G16")
def test_a_removal_without_any_member_is_refused(api, as_user):
    group_id = make_group(api, members=["demo2", "demo3"])
    path = f"/chatgroups/{group_id}/users"
    assert api.delete(f"{path}/stranger,nobody").error == (
        403,
        "forbidden_op",
        "users [stranger, nobody] are not members of this group!",
    )
    names = ",".join(f"u{i}" for i in range(61))
    assert api.delete(f"{path}/{names}").error == (
        400,
        "invalid_parameter",
        "kickMember: kickMembers number more than maxSize : 60",
    )
    assert as_user("demo2").delete(f"{path}/demo3").error[:2] == (403, "forbidden_op")
    assert as_user("demo1").delete(f"{path}/demo2,demo3").status == 200


@pytest.mark.endpoint("G17", "G18", "G19")
def test_an_admin_is_made_listed_and_unmade(api):
    group_id = make_group(api, members=["demo2"])
    path = f"/chatgroups/{group_id}/admin"
    made = {"result": "success", "newadmin": "demo2"}
    assert api.post(path, {"newadmin": "Demo2"}).json == api.whole("post", path, data=made)
    assert api.post(path, {"newadmin": "demo2"}).status == 200
    assert api.get(path).json == api.whole("get", path, data=["demo2"], count=1)
    unmade = {"result": "success", "oldadmin": "demo2"}
    gone = api.delete(f"{path}/demo2")
    assert gone.json == api.whole("delete", f"{path}/demo2", data=unmade)
    assert api.get(path).json == api.whole("get", path, data=[], count=0)
    assert api.delete(f"{path}/demo2").error == (
        403,
        "forbidden_op",
        f"user:demo2 is not admin of group:{group_id}",
    )


@pytest.mark.endpoint("G18", "G19")
def test_who_can_be_made_an_admin_and_by_whom(api, as_user):
    group_id = make_group(api, members=["demo2", "demo3"])
    path = f"/chatgroups/{group_id}/admin"
    assert api.post(path, {"newadmin": "stranger"}).error == (
        404,
        "resource_not_found",
        f"user: stranger doesn't exist in group: {group_id}",
    )
    assert api.post(path, {"newadmin": "demo1"}).error[:2] == (403, "forbidden_op")
    assert api.post(path, {}).error[:2] == (400, "invalid_parameter")
    assert as_user("demo1").post(path, {"newadmin": "demo2"}).status == 200
    assert as_user("demo2").post(path, {"newadmin": "demo3"}).error[:2] == (403, "forbidden_op")
    assert as_user("demo2").delete(f"{path}/demo2").error[:2] == (403, "forbidden_op")
    assert as_user("demo3").get(path).data == ["demo2"]
    assert as_user("stranger").get(path).error[:2] == (403, "forbidden_op")
