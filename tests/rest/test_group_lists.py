"""The app's groups and a user's groups (rest.md 3.8.5, 3.8.7)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rest.api import A_TIME_MS
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db


@pytest.mark.endpoint("G5")
def test_groups_are_listed_newest_first(api):
    older, newer = make_group(api, members=["demo2"]), make_group(api)
    answer = api.get("/chatgroups?limit=1")
    item = {
        "groupid": newer,
        "groupname": "qa",
        "owner": f"{api.app.appkey}_demo1",
        "affiliations": 1,
        "type": "group",
        "last_modified": answer.data[0]["last_modified"],
        "lastModified": answer.data[0]["last_modified"],
    }
    cursor = answer.json["cursor"]
    assert answer.json == api.whole(
        "get", "/chatgroups", params={"limit": ["1"]}, count=1, cursor=cursor, data=[item]
    )
    assert int(item["last_modified"]) == A_TIME_MS
    rest = api.get(f"/chatgroups?limit=1&cursor={cursor}")
    assert [item["groupid"] for item in rest.data] == [older]
    assert rest.data[0]["affiliations"] == 2
    assert "cursor" not in rest.json


@pytest.mark.endpoint("G5")
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "query[limit]=1", "", "cursor=undefined"]
)
def test_a_bad_limit_falls_back_to_ten(api, query):
    for _ in range(3):
        make_group(api)
    answer = api.get(f"/chatgroups?{query}")
    assert answer.json["count"] == 3
    assert "cursor" not in answer.json


@pytest.mark.endpoint("G5")
def test_the_group_list_is_for_the_app_alone(as_user):
    assert as_user("demo1").get("/chatgroups").error == (
        401,
        "unauthorized",
        "Unable to authenticate (OAuth)",
    )


@pytest.mark.endpoint("G5")
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(limit=st.integers(2, 9), born=st.integers(0, 2))
def test_pages_of_groups_lose_and_repeat_nothing(api, limit, born):
    """Also when groups are created between two pages."""
    known = {item["groupid"] for item in api.get("/chatgroups?limit=1000").data}
    while len(known) < 7:
        known.add(make_group(api))
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/chatgroups?limit={limit}&cursor={cursor}")
        assert page.json["count"] == len(page.data) <= limit
        seen += [item["groupid"] for item in page.data]
        for _ in range(0 if cursor else born):
            make_group(api)
        cursor = page.json.get("cursor", "")
        if not cursor:
            break
        assert page.json["count"] == limit
    assert len(seen) == len(set(seen))
    assert known <= set(seen)


@pytest.mark.endpoint("G7")
def test_joined_groups_come_newest_join_first(api):
    older = make_group(api, members=["demo2"], groupname="older")
    newer = make_group(api, owner="demo2", groupname="newer")
    answer = api.get("/users/demo2/joined_chatgroups?pagenum=1&pagesize=1")
    assert answer.json == api.whole(
        "get",
        "/users/demo2/joined_chatgroups",
        params={"pagenum": ["1"], "pagesize": ["1"]},
        count=1,
        data=[{"groupid": newer, "groupname": "newer"}],
    )
    second = api.get("/users/demo2/joined_chatgroups?pagenum=2&pagesize=1")
    assert second.data == [{"groupid": older, "groupname": "older"}]
    past = api.get("/users/demo2/joined_chatgroups?pagenum=3&pagesize=1")
    assert (past.data, past.json["count"]) == ([], 0)
    whole = api.get("/users/demo2/joined_chatgroups")
    assert [item["groupid"] for item in whole.data] == [newer, older]
    assert whole.json["count"] == 2


@pytest.mark.endpoint("G7")
def test_a_user_reads_only_its_own_groups(api, as_user):
    make_group(api, members=["demo2"])
    mine = as_user("demo2").get("/users/DEMO2/joined_chatgroups")
    assert set(mine.data[0]) == {"groupid", "groupname", "id", "name", "permission", "disabled"}
    assert mine.data[0]["permission"] == "member"
    other = as_user("demo3").get("/users/demo2/joined_chatgroups")
    assert other.error == (401, "unauthorized", "Unable to authenticate (OAuth)")
    assert api.get("/users/nobody/joined_chatgroups").error == (
        404,
        "service_resource_not_found",
        "Service resource not found",
    )


@pytest.mark.endpoint("G8")
def test_a_users_groups_are_told_in_full_in_pages_from_0(api, as_user):
    older = make_group(api, members=["demo2"])
    newer = make_group(api, owner="demo2")
    path = "/chatgroups/user/demo2"
    answer = as_user("demo2").get(f"{path}?pagenum=1&pagesize=1")
    entity = {
        "id": older,
        "groupId": older,
        "name": "qa",
        "avatar": "",
        "owner": "demo1",
        "description": "x",
        "disabled": False,
        "public": True,
        "allowinvites": False,
        "membersonly": False,
        "maxusers": 200,
        "created": A_TIME_MS,
        "affiliations_count": 2,
        "permission": "member",
    }
    assert answer.json == api.whole(
        "get",
        path,
        params={"pagenum": ["1"], "pagesize": ["1"]},
        entities=[entity],
        total=2,
        count=1,
    )
    assert [one["id"] for one in api.get(path).json["entities"]] == [newer, older]
    assert api.get(f"{path}?pagenum=-1&pagesize=99").json["count"] == 2
    assert as_user("demo1").get(path).error[0] == 401
    assert api.get("/chatgroups/user/nobody").error[:2] == (404, "service_resource_not_found")
