"""Contacts (rest.md 3.3.1–3.3.5)."""

import pytest

from accounts.queries.im_users import get_user

pytestmark = pytest.mark.django_db

UNKNOWN = (404, "service_resource_not_found", "Service resource not found")
NO_RIGHT = (401, "unauthorized", "Unable to authenticate (OAuth)")


@pytest.mark.endpoint("C1")
def test_adding_a_contact_makes_both_friends_at_once(api, user_entity):
    path = "/users/demo1/contacts/users/Demo2"
    owner = get_user(api.app, "demo1")
    for _ in range(2):  # repeating it answers the same
        answer = api.post(path, [])
        assert answer.json == api.whole(
            "post",
            path,
            shown_path=f"/users/{owner.uuid}/contacts",
            entities=[user_entity("demo2")],
        )
    assert api.get("/users/demo1/contacts/users").data == ["demo2"]
    assert api.get("/users/demo2/contacts/users").data == ["demo1"]


@pytest.mark.endpoint("C1")
def test_a_contact_is_an_existing_other_user(api, as_user):
    assert api.post("/users/nobody/contacts/users/demo2").error == UNKNOWN
    assert api.post("/users/demo1/contacts/users/nobody").error == UNKNOWN
    oneself = api.post("/users/demo1/contacts/users/demo1")
    assert oneself.error[:2] == (400, "illegal_argument")
    assert as_user("demo1").post("/users/demo1/contacts/users/demo2").error == NO_RIGHT


@pytest.mark.endpoint("C1")
def test_contacts_are_limited(api, change_settings):
    change_settings(max_contacts=1)
    assert api.post("/users/demo1/contacts/users/demo2").status == 200
    assert api.post("/users/demo1/contacts/users/demo3").error == (
        403,
        "exceed_limit",
        "user contact number exceed limit",
    )


@pytest.mark.endpoint("C2")
def test_removing_a_contact_ends_it_on_both_sides(api, as_user, user_entity):
    api.post("/users/demo1/contacts/users/demo2")
    path = "/users/demo1/contacts/users/demo2"
    for _ in range(2):  # also when they are no friends
        answer = api.delete(path)
        assert answer.json == api.whole(
            "delete",
            path,
            shown_path=f"/users/{get_user(api.app, 'demo1').uuid}/contacts",
            entities=[user_entity("demo2")],
        )
    assert api.get("/users/demo1/contacts/users").data == []
    assert api.get("/users/demo2/contacts/users").data == []
    assert api.delete("/users/demo1/contacts/users/nobody").error == UNKNOWN
    assert api.delete("/users/nobody/contacts/users/demo1").error == UNKNOWN
    assert as_user("demo3").delete(path).error == NO_RIGHT
    assert as_user("demo1").delete("/users/DEMO1/contacts/users/demo2").status == 200


@pytest.mark.endpoint("C3")
def test_contacts_are_listed_all_at_once(api, as_user):
    api.post("/users/demo1/contacts/users/demo2")
    api.post("/users/demo1/contacts/users/demo3")
    api.post("/users/demo1/blocks/users", {"usernames": ["demo3"]})
    path = "/users/demo1/contacts/users"
    answer = api.get(path)
    assert answer.json == api.whole("get", path, data=answer.data, count=2)
    assert sorted(answer.data) == ["demo2", "demo3"]  # the blocked one stays
    assert as_user("demo1").get(path).data == answer.data
    assert as_user("demo2").get(path).error == NO_RIGHT
    assert api.get("/users/nobody/contacts/users").error == UNKNOWN


@pytest.mark.endpoint("C3")
def test_a_client_also_asks_for_remarks(api):
    api.post("/users/demo1/contacts/users/demo2")
    answer = api.get("/users/demo1/contacts/users?needReturnRemark=true")
    assert answer.data == ["demo2"]
    assert answer.json["entities"] == [{"username": "demo2", "remark": ""}]


@pytest.mark.endpoint("C4")
@pytest.mark.parametrize("prefix", ["user", "users"])
def test_contacts_come_in_pages(api, prefix):
    api.post("/users/demo1/contacts/users/demo2")
    api.post("/users/demo1/contacts/users/demo3")
    api.put("/user/demo1/contacts/users/demo2", {"remark": "Two"})
    path = f"/{prefix}/demo1/contacts"
    first = api.get(f"{path}?limit=1")
    cursor = first.json["cursor"]
    second = api.get(f"{path}?limit=1&cursor={cursor}")
    assert first.json == api.whole(
        "get",
        path,
        params={"limit": ["1"]},
        data={"contacts": first.data["contacts"]},
        count=1,
        cursor=cursor,
    )
    both = first.data["contacts"] + second.data["contacts"]
    assert sorted(both, key=lambda one: one["username"]) == [
        {"username": "demo2", "remark": "Two"},
        {"username": "demo3", "remark": None},
    ]
    assert "cursor" not in second.json


@pytest.mark.endpoint("C4")
def test_a_page_of_contacts_is_at_most_fifty(api, as_user):
    assert api.get("/user/demo1/contacts?limit=51").error == (
        400,
        "illegal_argument",
        "getContacts | page size more than max limit : 50",
    )
    assert api.get("/user/demo1/contacts?limit=50").data == {"contacts": []}
    assert api.get("/user/demo1/contacts?limit=x").data == {"contacts": []}
    assert api.get("/user/nobody/contacts").error == UNKNOWN
    assert as_user("demo2").get("/users/demo1/contacts").error == NO_RIGHT


@pytest.mark.endpoint("C5")
def test_a_remark_is_set(api, as_user):
    api.post("/users/demo1/contacts/users/demo2")
    path = "/user/demo1/contacts/users/demo2"
    answer = api.put(path, {"remark": "Zoe from QA"})
    assert answer.json == api.whole("put", path, status="ok")
    assert as_user("demo1").put(f"/users{path[5:]}", {"remark": ""}).status == 200
    assert as_user("demo2").put(path, {"remark": "x"}).error == NO_RIGHT


@pytest.mark.endpoint("C5")
def test_a_remark_may_be_refused(api):
    path = "/user/demo1/contacts/users/demo2"
    assert api.put(path, {"remark": "x"}).error == (
        400,
        "illegal_argument",
        "updateRemark | they are not friends, please add as a friend first.",
    )
    api.post("/users/demo1/contacts/users/demo2")
    status, error, text = api.put(path, {"remark": "x" * 101}).error
    assert (status, error) == (400, "illegal_argument")
    assert "remark length must less" in text
    assert api.put("/user/demo1/contacts/users/nobody", {"remark": "x"}).error == UNKNOWN
    assert api.put("/user/nobody/contacts/users/demo1", {"remark": "x"}).error == UNKNOWN
    assert api.put(path, {}).error[:2] == (400, "illegal_argument")
