"""Several contacts at once (rest.md 3.3.6)."""

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("C6")]

PATH = "/users/demo1/contacts/import"


def test_each_name_lands_in_its_list(api, published, on_commit_now):
    answer = api.post(PATH, {"usernames": ["Demo2", "nobody", "demo1"]})
    assert answer.data == {
        "success": ["demo2"],
        "NotExistFailed": ["nobody"],
        "maxLimitFailed": [],
        "UnKnowFailed": ["demo1"],
    }
    assert api.get("/users/demo2/contacts/users").data == ["demo1"]
    assert len(published) == 2


def test_nobody_is_told_when_that_is_asked(api, published, on_commit_now):
    assert api.post(f"{PATH}?isSendNotice=false", {"usernames": ["demo2"]}).status == 200
    assert api.get("/users/demo1/contacts/users").data == ["demo2"]
    assert published == []


def test_limits(api, change_settings):
    assert api.post(PATH, {"usernames": [f"u{n}" for n in range(11)]}).error == (
        400,
        "illegal_argument",
        "request user over flow limit:10.",
    )
    change_settings(max_contacts=1)
    answer = api.post(PATH, {"usernames": ["demo2", "demo3"]})
    assert (answer.data["success"], answer.data["maxLimitFailed"]) == (["demo2"], ["demo3"])
    assert api.post(PATH, {"usernames": ["demo3"]}).error == (
        403,
        "exceed_limit",
        "Inviter's contact max count.",
    )


def test_only_the_app_imports_for_a_user_that_exists(api, as_user):
    unknown = api.post("/users/nobody/contacts/import", {"usernames": ["demo1"]})
    assert unknown.error[:2] == (404, "service_resource_not_found")
    assert as_user("demo1").post(PATH, {"usernames": ["demo2"]}).error[0] == 401
    assert api.post(PATH, {}).error[:2] == (400, "illegal_argument")
