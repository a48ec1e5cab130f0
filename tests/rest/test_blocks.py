"""Personal block lists (rest.md 3.3.7)."""

import pytest

from accounts.queries.im_users import get_user

pytestmark = pytest.mark.django_db

UNKNOWN = (404, "service_resource_not_found", "Service resource not found")
NO_RIGHT = (401, "unauthorized", "Unable to authenticate (OAuth)")
PATH = "/users/demo1/blocks/users"


@pytest.mark.endpoint("C8")
def test_blocking_answers_the_names_already_blocked_ones_included(api):
    answer = api.post(PATH, {"usernames": ["Demo2"]})
    assert answer.json == api.whole("post", PATH, data=["demo2"])
    assert api.post(PATH, {"usernames": ["demo2", "demo3"]}).data == ["demo2", "demo3"]


@pytest.mark.endpoint("C7")
def test_the_list_is_newest_first_and_whole(api, as_user):
    api.post(PATH, {"usernames": ["demo2"]})
    api.post(PATH, {"usernames": ["demo3"]})
    answer = as_user("demo1").get(PATH)
    assert answer.json == api.whole("get", PATH, data=["demo3", "demo2"], count=2)


@pytest.mark.endpoint("C7")
def test_the_list_comes_in_pages_when_a_size_is_given(api):
    for name in ("demo2", "demo3", "stranger"):
        api.post(PATH, {"usernames": [name]})
    first = api.get(f"{PATH}?pageSize=2")
    cursor = first.json["cursor"]
    assert first.json == api.whole(
        "get",
        PATH,
        params={"pageSize": ["2"]},
        data=["stranger", "demo3"],
        count=2,
        cursor=cursor,
    )
    api.delete(f"{PATH}/demo3")  # the place of the cursor itself may go
    second = api.get(f"{PATH}?pageSize=2&cursor={cursor}")
    assert second.data == ["demo2"]
    assert "cursor" not in second.json
    assert api.get(f"{PATH}?pageSize=51").json["count"] == 2


@pytest.mark.endpoint("C9")
def test_unblocking_answers_the_user(api, as_user, user_entity):
    api.post(PATH, {"usernames": ["demo2"]})
    for _ in range(2):  # also when not blocked
        answer = api.delete(f"{PATH}/demo2")
        assert answer.json == api.whole(
            "delete",
            f"{PATH}/demo2",
            shown_path=f"/users/{get_user(api.app, 'demo1').uuid}/blocks",
            entities=[user_entity("demo2")],
        )
    assert api.get(PATH).data == []
    assert api.delete(f"{PATH}/nobody").error == UNKNOWN
    assert as_user("demo2").delete(f"{PATH}/demo2").error == NO_RIGHT


@pytest.mark.endpoint("C8")
def test_a_block_with_an_unknown_user_blocks_nobody(api, as_user):
    assert api.post(PATH, {"usernames": ["demo2", "nobody"]}).error == UNKNOWN
    assert api.get(PATH).data == []
    assert api.post("/users/nobody/blocks/users", {"usernames": ["demo2"]}).error == UNKNOWN
    assert api.get("/users/nobody/blocks/users").error == UNKNOWN
    for body in ({}, {"usernames": "demo2"}, {"usernames": [1.5]}):
        assert api.post(PATH, body).error[:2] == (400, "illegal_argument")
    assert as_user("demo2").post(PATH, {"usernames": ["demo3"]}).error == NO_RIGHT
    assert as_user("demo2").get(PATH).error == NO_RIGHT


@pytest.mark.endpoint("C8")
def test_the_list_is_limited(api, change_settings):
    change_settings(max_blocks=1)
    assert api.post(PATH, {"usernames": ["demo2"]}).status == 200
    assert api.post(PATH, {"usernames": ["demo3"]}).error[:2] == (403, "exceed_limit")
