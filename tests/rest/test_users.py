"""The calls on /users: whole answers and every documented refusal (rest.md 3.2)."""

from unittest.mock import ANY

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions.im_apps import change_app
from accounts.actions.im_users import NewUser, register_users
from accounts.queries.im_users import get_user
from accounts.rest.user_entities import user_entity
from tests.shared_world import put_back

NOT_FOUND = (404, "service_resource_not_found", "Service resource not found")
REFUSED = (401, "unauthorized", "Unable to authenticate (OAuth)")


def enveloped(app, action, **more):
    return {
        "action": action,
        "application": app.uuid,
        "applicationName": "app",
        "organization": "demo",
        "uri": ANY,
        "path": "/users",
        "entities": [],
        "timestamp": ANY,
        "duration": ANY,
    } | more


def open_registration(app):
    change_app(app, settings=app.settings.changed(open_registration=True))


@pytest.mark.endpoint("U1")
def test_registering_answers_with_the_user(rest, app):
    answer = rest.post("/users", json={"username": "Tom", "password": "p", "nickname": "Tom T"})
    entity = {
        "uuid": ANY,
        "type": "user",
        "created": ANY,
        "modified": ANY,
        "username": "tom",
        "activated": True,
        "nickname": "Tom T",
    }
    assert (answer.status, answer.json) == (200, enveloped(app, "post", entities=[entity]))
    assert answer.json["uri"] == "http://testserver/demo/app/users"
    assert entity == user_entity(get_user(app, "tom"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"username": "tom"}, "password or pin must provided"),
        ({"username": "tom", "password": 5}, "password or pin must provided"),
        ({"password": "p"}, "Entity user requires a property named username"),
        ({"username": None, "password": "p"}, "Entity user requires a property named username"),
        ({"username": "A B", "password": "p"}, "username A B is not legal"),
        ({"username": "a" * 65, "password": "p"}, "USERNAME_TOO_LONG"),
        ({"username": "tom", "password": "p", "nickname": "n" * 101}, "NICKNAME_TOO_LONG"),
        ({"username": "tom", "password": "p" * 65}, "PASSWORD_TOO_LONG"),
        ([], "Request body array is empty"),
        ([5], "each element must be an object"),
        ([{"username": "A B", "password": "p"}], "username [A B] is not legal"),
        ([{}] * 61, "Request body array size[61] had almost reached or been greater than"
                    " the upper range value[60]"),
    ],
)  # fmt: skip
def test_a_bad_registration_is_refused(rest, body, text):
    assert rest.post("/users", json=body).error == (400, "illegal_argument", text)


def test_a_taken_name_is_refused(rest, app, demo1):
    answer = rest.post("/users", json={"username": "demo1", "password": "p"})
    assert answer.error == (
        400,
        "duplicate_unique_property_exists",
        f"Application {app.uuid} Entity user requires that property named username be unique,"
        " value of demo1 exists",
    )
    assert "DuplicateUniquePropertyExistsException" in answer.json["exception"]


@pytest.mark.endpoint("U2")
def test_a_batch_is_partly_done(rest, app, demo1):
    body = [{"username": "Zoe", "password": "p"}, {"username": "demo1", "password": "p"}]
    answer = rest.post("/users", json=body)
    failed = [{"username": "demo1", "registerUserFailReason": "the demo1 already exists"}]
    zoe = user_entity(get_user(app, "zoe"))
    assert answer.json == enveloped(app, "post", entities=[zoe], data=failed)
    assert rest.post("/users", json=[{"username": "a", "password": "p"}]).json["data"] == []


def test_registration_without_a_token_depends_on_the_app(rest, app):
    body = {"username": "tom", "password": "p"}
    closed = "Open registration doesn't allow, so register user need token"
    assert rest.post("/users", json=body, token=None).error == (401, "unauthorized", closed)
    open_registration(app)
    assert rest.post("/users", json=body, token="garbage").error == REFUSED
    assert rest.post("/users", json=[body], token=None).error == REFUSED
    assert rest.post("/users", json=body, token=None).status == 200


def test_a_user_registers_others_only_when_anyone_may(rest, app, demo1, user_token):
    body, token = {"username": "tom", "password": "p"}, user_token("demo1")
    assert rest.post("/users", json=body, token=token).error == REFUSED
    open_registration(app)
    assert rest.post("/users", json=body, token=token).status == 200


@pytest.mark.endpoint("U3")
def test_a_user_is_read_by_the_app_and_by_other_users(rest, app, demo1, demo2, user_token):
    answer = rest.get("/users/DEMO1")
    entities = [user_entity(demo1)]
    assert answer.json == enveloped(app, "get", entities=entities, count=1) | {"path": "/users"}
    assert rest.get("/users/demo1", token=user_token("demo2")).json["entities"] == entities


@pytest.mark.endpoint("U4")
def test_a_list_pages_oldest_first(rest, app, demo1, demo2, demo3):
    first = rest.get("/users?limit=2")
    assert [user["username"] for user in first.json["entities"]] == ["demo1", "demo2"]
    assert (first.json["count"], first.json["params"]) == (2, {"limit": ["2"]})
    last = rest.get(f"/users?limit=2&cursor={first.json['cursor']}")
    assert [user["username"] for user in last.json["entities"]] == ["demo3"]
    assert "cursor" not in last.json


@pytest.mark.parametrize("limit", ["", "0", "-1", "x", "None", "undefined", "9999999999999999999"])
def test_an_odd_limit_falls_back(rest, demo1, limit):
    answer = rest.get(f"/users?limit={limit}&cursor=null&_=1")
    assert (answer.status, answer.json["count"]) == (200, 1)


@pytest.mark.fuzz
@settings(max_examples=20, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(limit=st.integers(1, 9), gone=st.sets(st.integers(0, 7), max_size=3))
def test_pages_show_every_user_once_whoever_leaves_meanwhile(rest, app, limit, gone):
    names = [f"u{number}" for number in range(8)]
    cursor, seen = "", []
    with put_back():
        register_users(app, [NewUser(name, "p") for name in names])
        while True:
            page = rest.get(f"/users?limit={limit}&cursor={cursor}").json
            seen += [user["username"] for user in page["entities"]]
            assert page["count"] == len(page["entities"]) <= limit
            for number in gone:
                rest.delete(f"/users/u{number}")
            if not (cursor := page.get("cursor", "")):
                break
    assert len(seen) == len(set(seen))
    assert {name for name in names if int(name[1:]) not in gone} <= set(seen)


def test_a_bad_cursor_is_refused(rest):
    error = (400, "illegal_argument", "cursor is not legal")
    for cursor in ("!!", "abc", "MQ", "Li4u", "x" * 300):
        assert rest.get(f"/users?cursor={cursor}").error == error


@pytest.mark.endpoint("U5")
def test_a_deleted_user_is_answered_and_gone(rest, app, demo1):
    answer = rest.delete("/users/Demo1")
    assert answer.json == enveloped(app, "delete", entities=[user_entity(demo1)])
    assert rest.get("/users/demo1").error == NOT_FOUND


@pytest.mark.endpoint("U6")
def test_users_are_deleted_page_by_page(rest, app, demo1, demo2, demo3):
    first = rest.delete("/users?limit=2&ql=None")
    assert [user["username"] for user in first.json["entities"]] == ["demo1", "demo2"]
    last = rest.delete(f"/users?limit=2&cursor={first.json['cursor']}")
    assert [user["username"] for user in last.json["entities"]] == ["demo3"]
    assert "cursor" not in last.json
    assert rest.delete("/users").json["entities"] == []


@pytest.mark.endpoint("U7")
def test_a_password_is_changed(rest, app, demo1, user_token):
    token = user_token("demo1")
    answer = rest.put("/users/demo1/password", json={"newpassword": "new"})
    assert answer.json == enveloped(app, "set user password")
    assert rest.get("/users/demo1", token=token).error == REFUSED
    grant = {"grant_type": "password", "username": "demo1", "password": "new"}
    assert rest.post("/token", json=grant).status == 200


@pytest.mark.parametrize(
    ("name", "new", "error"),
    [
        ("nobody", None, (404, "entity_not_found", "User null not found")),
        ("demo1", None, (400, "illegal_argument", "newpassword is required")),
        ("demo1", 5, (400, "illegal_argument", "newpassword is required")),
        ("demo1", "x" * 65, (400, "illegal_argument", "PASSWORD_TOO_LONG")),
    ],
)
def test_a_bad_password_change_is_refused(rest, demo1, name, new, error):
    assert rest.put(f"/users/{name}/password", json={"newpassword": new}).error == error


@pytest.mark.endpoint("U8")
def test_nickname_and_push_settings_are_shown_as_changed(rest, app, demo1, user_token):
    body = {
        "nickname": "Tommy",
        "notification_display_style": "1",
        "notification_no_disturbing": "true",
        "notification_no_disturbing_start": 3,
        "notification_ignore_123": True,
        "device_token": "t",
        "notifier_name": "n",
        "device_id": "d",
        "password": "ignored",
        "activated": False,
    }
    answer = rest.put("/users/demo1", json=body, token=user_token("demo1"))
    entity = user_entity(demo1) | {
        "modified": ANY,
        "nickname": "Tommy",
        "notification_display_style": 1,
        "notification_no_disturbing": True,
        "notification_no_disturbing_start": "3",
        "notification_ignore_123": True,
        "device_token": "t",
        "notifier_name": "n",
        "pushInfo": [{"device_Id": "d", "device_token": "t", "notifier_name": "n"}],
    }
    assert answer.json == enveloped(app, "put", entities=[entity])
    rest.put("/users/demo1", json={"nickname": ""})
    assert "nickname" not in rest.get("/users/demo1").json["entities"][0]


@pytest.mark.parametrize(
    "body",
    [
        {"nickname": "n" * 101},
        {"notification_display_style": 2},
        {"notification_no_disturbing": "maybe"},
        {"notification_no_disturbing_end": 24},
        {"device_token": ["x"]},
    ],
)
def test_a_setting_out_of_range_is_refused(rest, demo1, body):
    assert rest.put("/users/demo1", json=body).error[:2] == (400, "illegal_argument")


def test_a_user_changes_only_itself(rest, demo1, demo2, user_token):
    token = user_token("demo2")
    assert rest.put("/users/demo1", json={"nickname": "x"}, token=token).error == REFUSED
    assert rest.put("/users/Demo2", json={"nickname": "x"}, token=token).status == 200


@pytest.mark.endpoint("U9", "U10")
def test_ban_and_unban_are_idempotent(rest, app, demo1, user_token):
    token = user_token("demo1")
    for _ in range(2):
        banned = rest.post("/users/demo1/deactivate", data="[]")
        entity = user_entity(demo1) | {"activated": False, "modified": ANY}
        assert banned.json == enveloped(app, "Deactivate user", entities=[entity])
    assert rest.get("/users/demo1", token=token).error == REFUSED
    for _ in range(2):
        freed = rest.post("/users/demo1/activate")
        entity = user_entity(demo1) | {"modified": ANY}
        assert freed.json == enveloped(app, "activate user", entities=[entity])


@pytest.mark.endpoint("U11")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_forcing_offline_is_true_for_who_is_not_online(rest, app, demo1, user_token, method):
    token = user_token("demo1")
    answer = rest.call(method, "/users/demo1/disconnect")
    assert answer.json == enveloped(app, method.lower(), data={"result": True}, count=0)
    assert rest.get("/users/demo1", token=token).error == REFUSED


@pytest.mark.endpoint("U12")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_one_device_is_disconnected_and_tokens_live_on(rest, demo1, user_token, method):
    token = user_token("demo1")
    assert rest.call(method, "/users/demo1/disconnect/webim_1").json["data"] == {"result": True}
    assert rest.get("/users/demo1", token=token).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/nobody"),
        ("PUT", "/users/nobody"),
        ("DELETE", "/users/nobody"),
        ("POST", "/users/nobody/deactivate"),
        ("POST", "/users/nobody/activate"),
        ("GET", "/users/nobody/disconnect"),
        ("DELETE", "/users/nobody/disconnect/x"),
    ],
)
def test_an_unknown_user_is_not_found(rest, method, path):
    answer = rest.call(method, path, json={})
    assert answer.error == NOT_FOUND
    assert answer.json["exception"] == "UserNotFoundException"
