"""POST /token: every grant, every refusal (rest.md 3.1)."""

import re
import time

import pytest

from accounts.actions.im_apps import change_app, rotate_secret
from accounts.actions.im_users import set_activated
from accounts.actions.tokens import authenticate
from accounts.domain.tokens import make_dynamic
from accounts.models import AppSecret
from accounts.queries.im_apps import old_secret_hints, secret_hint
from accounts.rest.user_entities import user_entity


def secret_grant(new_app, **more):
    return {
        "grant_type": "client_credentials",
        "client_id": new_app.client_id,
        "client_secret": new_app.client_secret,
    } | more


def password_grant(**more):
    return {"grant_type": "password", "username": "demo1", "password": "123456"} | more


@pytest.mark.endpoint("T1")
def test_an_app_token_is_given_for_the_secret(rest, new_app):
    answer = rest.post("/token", json=secret_grant(new_app), token=None)
    token = answer.json.pop("access_token")
    assert (answer.status, answer.json) == (
        200,
        {"expires_in": 5_184_000, "application": new_app.app.uuid},
    )
    assert re.fullmatch(r"YWMt[A-Za-z0-9._-]{1,496}", token)
    assert rest.get("/users", token=token).status == 200


def test_each_token_is_new_and_the_older_stays_valid(rest, new_app):
    first, second = (
        rest.post("/token", json=secret_grant(new_app)).json["access_token"] for _ in range(2)
    )
    assert first != second
    assert rest.get("/users", token=first).status == 200


def test_credentials_look_like_the_vendors(new_app):
    assert re.fullmatch(r"YXA6[A-Za-z0-9_-]{22,27}", new_app.client_id)
    assert re.fullmatch(r"YXA6[A-Za-z0-9_-]{22,27}", new_app.client_secret)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": None}, (400, "illegal_argument", "client_id must be provided.")),
        ({"client_secret": ""}, (400, "illegal_argument", "client_secret must be provided")),
        ({"client_id": "YXA6x"}, (400, "invalid_grant", "client_id does not match")),
        ({"client_secret": "YXA6x"}, (400, "invalid_grant", "client_secret does not match")),
        ({"grant_type": "agora"},
         (400, "unsupported_grant_type", "grant_type agora is not supported")),
        ({"ttl": -1},
         (400, "illegal_argument", "ttl must be a whole number of seconds, 0 or more")),
        ({"ttl": "soon"},
         (400, "illegal_argument", "ttl must be a whole number of seconds, 0 or more")),
    ],
)  # fmt: skip
def test_a_bad_secret_grant_is_refused(rest, new_app, change, error):
    assert rest.post("/token", json=secret_grant(new_app) | change).error == error


@pytest.mark.parametrize(
    ("ttl", "expires_in"),
    [(600, 600), ("600", 600), (0, 2147483647), (99999999999, 2147483647), (None, 5_184_000)],
)
def test_the_lifetime_is_the_callers(rest, new_app, ttl, expires_in):
    answer = rest.post("/token", json=secret_grant(new_app, ttl=ttl))
    assert answer.json["expires_in"] == expires_in


def test_a_form_and_a_query_are_read_too(rest, new_app):
    form = "&".join(f"{key}={value}" for key, value in secret_grant(new_app).items())
    kind = "application/x-www-form-urlencoded"
    assert rest.post("/token", data=form, content_type=kind, token=None).status == 200
    assert rest.post(f"/token?{form}", token=None).status == 200


@pytest.mark.endpoint("T2")
def test_a_user_token_is_given_for_the_password(rest, demo1):
    answer = rest.post("/token", json=password_grant(username="DEMO1", timestamp=1), token=None)
    token = answer.json.pop("access_token")
    assert (answer.status, answer.json) == (
        200,
        {"expires_in": 5_184_000, "user": user_entity(demo1)},
    )
    assert rest.get("/users/demo1", token=token).status == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "no"}, (400, "invalid_grant", "invalid password")),
        ({"username": "nobody"}, (404, "invalid_grant", "user not found")),
        ({"password": None}, (400, "illegal_argument", "password must be provided")),
        ({"username": None}, (400, "illegal_argument", "username must be provided")),
    ],
)
def test_a_bad_password_grant_is_refused(rest, demo1, change, error):
    assert rest.post("/token", json=password_grant(**change), token=None).error == error


@pytest.mark.parametrize("grant", [password_grant(), {"grant_type": "inherit"}])
def test_a_banned_user_gets_no_token(rest, app, demo1, grant):
    set_activated(app, "demo1", False)
    answer = rest.post("/token", json=grant | {"username": "demo1"})
    assert answer.error == (400, "invalid_grant", "user not activated")


@pytest.mark.endpoint("T3")
def test_the_app_may_make_a_token_for_its_user(rest, demo1):
    answer = rest.post("/token", json={"grant_type": "inherit", "username": "Demo1", "ttl": 600})
    assert (answer.status, answer.json["expires_in"]) == (200, 600)
    assert answer.json["user"] == user_entity(demo1)


def test_inherit_creates_the_user_when_asked(rest):
    grant = {"grant_type": "inherit", "username": "zoe"}
    unknown = (404, "entity_not_found", "User null not found")
    assert rest.post("/token", json=grant).error == unknown
    made = rest.post("/token", json=grant | {"autoCreateUser": True})
    assert made.json["user"]["username"] == "zoe"
    assert rest.get("/users/zoe", token=made.json["access_token"]).status == 200


@pytest.mark.parametrize(
    ("username", "error"),
    [
        ("A B", (400, "illegal_argument", "username [A B] is not legal")),
        ("a" * 65, (400, "illegal_argument", "USERNAME_TOO_LONG")),
    ],
)
def test_inherit_checks_the_name(rest, username, error):
    grant = {"grant_type": "inherit", "username": username, "autoCreateUser": True}
    assert rest.post("/token", json=grant).error == error


def test_inherit_needs_the_apps_token(rest, demo1, user_token):
    refused = (401, "unauthorized", "Unable to authenticate (OAuth)")
    grant = {"grant_type": "inherit", "username": "demo1"}
    for token in (None, "garbage", user_token("demo1")):
        assert rest.post("/token", json=grant, token=token).error == refused


def test_a_user_made_at_the_same_moment_is_a_conflict(rest, demo1, monkeypatch):
    from accounts.domain.errors import UserExists

    def taken(*_args, **_kwargs):
        raise UserExists

    monkeypatch.setattr("accounts.actions.tokens.register_user", taken)
    answer = rest.post(
        "/token", json={"grant_type": "inherit", "username": "zoe", "autoCreateUser": True}
    )
    assert answer.error == (
        409, "concurrent_operation_error", "concurrency create app user failed"
    )  # fmt: skip


def test_an_expired_token_says_so(rest, demo1, app, monkeypatch):
    grant = {"grant_type": "inherit", "username": "demo1", "ttl": 5}
    token = rest.post("/token", json=grant).json["access_token"]
    later = time.time() + 6
    monkeypatch.setattr("accounts.actions.tokens.time.time", lambda: later)
    assert rest.get("/users/demo1", token=token).error == (
        401, "unauthorized", "Unable to authenticate due to expired access token"
    )  # fmt: skip


def test_a_rotated_secret_and_its_tokens_are_dead(rest, new_app, app_token):
    secret = rotate_secret(new_app.app, by="olga")
    wrong = (400, "invalid_grant", "client_secret does not match")
    assert rest.post("/token", json=secret_grant(new_app)).error == wrong
    assert rest.get("/users", token=app_token).status == 401
    assert rest.post("/token", json=secret_grant(new_app, client_secret=secret)).status == 200


def test_a_secret_rotated_with_grace_works_beside_the_new_one(rest, new_app, app_token):
    secret = rotate_secret(new_app.app, by="olga", grace_s=3600)
    for valid in (secret, new_app.client_secret):
        grant = secret_grant(new_app, client_secret=valid)
        assert rest.post("/token", json=grant).status == 200
    assert rest.get("/users", token=app_token).status == 200


def test_a_secret_says_when_it_was_used(rest, new_app, demo1):
    """Not a wrong one, and each its own; at most once a minute it is written down."""
    old = new_app.client_secret
    AppSecret.objects.update(last_used_at=None)  # the fixture's own call has used it
    assert rest.post("/token", json=secret_grant(new_app, client_secret="no")).status == 400
    assert secret_hint(new_app.app).last_used_ms == 0
    assert rest.post("/token", json=secret_grant(new_app)).status == 200
    used_ms = secret_hint(new_app.app).last_used_ms
    assert abs(used_ms / 1000 - time.time()) < 600
    assert rest.post("/token", json=secret_grant(new_app)).status == 200
    assert secret_hint(new_app.app).last_used_ms == used_ms
    AppSecret.objects.update(last_used_at=None)
    rotate_secret(new_app.app, by="olga", grace_s=3600)
    assert rest.get("/users/demo1", token=dynamic(new_app, secret=old)).status == 200
    [grace] = old_secret_hints(new_app.app)
    assert (secret_hint(new_app.app).last_used_ms, grace.last_used_ms > 0) == (0, True)


def test_the_apps_own_default_lifetime_counts(rest, new_app):
    change_app(new_app.app, settings=new_app.app.settings.changed(token_ttl_s=77))
    assert rest.post("/token", json=secret_grant(new_app)).json["expires_in"] == 77


def dynamic(new_app, username="demo1", *, issued=0, ttl=600, secret=""):
    made = issued or int(time.time())
    return make_dynamic(
        str(new_app.app.appkey), username, made, ttl, new_app.client_id,
        secret or new_app.client_secret,
    )  # fmt: skip


def test_a_dynamic_token_is_a_users_token(rest, new_app, demo1):
    assert rest.get("/users/demo1", token=dynamic(new_app, "Demo1")).status == 200
    assert authenticate(None, dynamic(new_app)).user_id == demo1.id


def test_a_bad_dynamic_token_is_refused(rest, new_app, demo1, app):
    old = int(time.time()) - 700
    texts = {
        dynamic(new_app, secret="wrong"): (401, "Unable to authenticate (OAuth)"),
        dynamic(new_app, issued=old): (401, "Unable to authenticate due to expired access token"),
        dynamic(new_app, "nobody"): (404, "User null not found"),
    }
    for token, (status, text) in texts.items():
        answer = rest.get("/users/demo1", token=token)
        assert (answer.status, answer.json["error_description"]) == (status, text)


def test_a_dynamic_token_from_before_a_revocation_is_dead(rest, new_app, app, demo1):
    token = dynamic(new_app, issued=int(time.time()) - 10)
    set_activated(app, "demo1", False)
    set_activated(app, "demo1", True)
    assert rest.get("/users/demo1", token=token).status == 401


@pytest.mark.endpoint("T7")
def test_a_user_can_ask_when_its_token_ends(rest, demo1):
    grant = {"grant_type": "inherit", "username": "demo1", "ttl": 600}
    before = int(time.time())
    token = rest.post("/token", json=grant).json["access_token"]
    answer = rest.get("/sdk/users/demo1/token/expires", token=token)
    assert list(answer.json) == ["expire_timestamp"]
    assert 0 <= answer.json["expire_timestamp"] // 1000 - 600 - before <= 5
