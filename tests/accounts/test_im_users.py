"""Registration, passwords, bans and deletion of IM users."""

from dataclasses import replace

import pytest

from accounts.actions.im_users import (
    NewUser,
    change_password,
    delete_user,
    force_offline,
    register_user,
    register_users,
    set_activated,
    username_guards,
)
from accounts.actions.tokens import authenticate, user_token_by_id, user_token_by_password
from accounts.domain.errors import (
    ConflictingPasswords,
    IllegalUsername,
    NicknameTooLong,
    PasswordMissing,
    PasswordTooLong,
    TooManyInBatch,
    Unauthenticated,
    UserDisabled,
    UserExists,
    UserLimit,
    UsernameMissing,
    UsernameTooLong,
    UserNotFound,
    WrongPassword,
)
from accounts.queries.im_users import get_user, list_users


def test_an_app_may_have_so_many_users(app):
    tight = replace(app, settings=app.settings.changed(max_users=2))
    register_user(tight, "one", "pw")
    with pytest.raises(UserLimit):
        register_users(tight, [NewUser("two", "pw"), NewUser("three", "pw")])
    register_users(tight, [NewUser("one", "pw"), NewUser("two", "pw")])
    with pytest.raises(UserLimit):
        register_user(tight, "three", "pw")


def test_a_username_is_stored_lower_case(app):
    user = register_user(app, "Tom", "pw1", "Tom T")
    assert (user.username, user.nickname, user.is_activated) == ("tom", "Tom T", True)
    assert get_user(app, "TOM") == user
    assert user.born_id > 0


@pytest.mark.parametrize(
    ("username", "password", "nickname", "refusal"),
    [
        ("", "", "", PasswordMissing),
        ("", "pw", "", UsernameMissing),
        ("A B", "x" * 65, "n" * 101, IllegalUsername),
        ("a" * 65, "x" * 65, "n" * 101, UsernameTooLong),
        ("tom", "x" * 65, "n" * 101, NicknameTooLong),
        ("tom", "x" * 65, "", PasswordTooLong),
    ],
)
def test_registration_checks_in_the_documented_order(app, username, password, nickname, refusal):
    with pytest.raises(refusal) as caught:
        register_user(app, username, password, nickname)
    assert type(caught.value) is refusal


def test_a_taken_name_is_refused_in_any_case(app, demo1):
    with pytest.raises(UserExists, match=f"Application {app.uuid} Entity user .* value of demo1"):
        register_user(app, "DEMO1", "pw")


def test_the_same_name_may_exist_in_two_apps(app, other_app, demo1):
    assert get_user(other_app, "demo1").id != demo1.id


def test_a_guard_can_refuse_a_name(app, monkeypatch):
    def no_rooms(_app, username):
        if username == "roomlike":
            raise IllegalUsername(username=username)

    monkeypatch.setattr("accounts.actions.im_users.username_guards", [*username_guards, no_rooms])
    with pytest.raises(IllegalUsername):
        register_user(app, "roomlike", "pw")
    register_user(app, "different", "pw")


def test_a_batch_creates_in_order_and_lists_what_exists(app, demo1):
    outcome = register_users(
        app, [NewUser("Zoe", "p"), NewUser("demo1", "p"), NewUser("ann", "p"), NewUser("zoe", "p")]
    )
    assert [user.username for user in outcome.created] == ["zoe", "ann"]
    assert outcome.failed == [("demo1", "the demo1 already exists")]


@pytest.mark.parametrize(
    ("users", "refusal", "text"),
    [
        ([NewUser("ok", "p"), NewUser("A B", "p")], IllegalUsername,
         "username [A B] is not legal"),
        ([NewUser("ok", "p"), NewUser("tom", "")], PasswordMissing,
         "password or pin must provided"),
        ([NewUser("ok", "p"), NewUser("OK", "q")], ConflictingPasswords,
         "the same user ok has a different password, the passwords are [***]"),
        ([NewUser("", "")] * 61, TooManyInBatch,
         "Request body array size[61] had almost reached or been greater than"
         " the upper range value[60]"),
    ],
)  # fmt: skip
def test_a_bad_element_fails_the_whole_batch(app, users, refusal, text):
    with pytest.raises(refusal) as caught:
        register_users(app, users)
    assert str(caught.value) == text
    assert list_users(app) == ([], "")


def test_a_batch_of_names_that_all_exist_is_refused(app, demo1, demo2):
    with pytest.raises(UserExists, match="value of demo2 exists"):
        register_users(app, [NewUser("demo2", "p"), NewUser("demo1", "p")])


def test_a_new_password_replaces_the_old_and_kills_tokens(app, demo1):
    token = user_token_by_password(app, "demo1", "123456").token
    change_password(app, "Demo1", "new")
    with pytest.raises(WrongPassword):
        user_token_by_password(app, "demo1", "123456")
    with pytest.raises(Unauthenticated):
        authenticate(app, token)
    assert user_token_by_password(app, "demo1", "new").user == get_user(app, "demo1")


def test_a_new_password_can_leave_sessions_alone(app, demo1):
    token = user_token_by_password(app, "demo1", "123456").token
    change_password(app, "demo1", "new", end_sessions=False)
    assert authenticate(app, token).username == "demo1"


def test_a_ban_kills_tokens_for_good(app, demo1):
    token = user_token_by_id(app, "demo1").token
    assert not set_activated(app, "demo1", False).is_activated
    with pytest.raises(UserDisabled):
        authenticate(app, token)
    with pytest.raises(UserDisabled):
        user_token_by_password(app, "demo1", "123456")
    assert set_activated(app, "demo1", True).is_activated
    with pytest.raises(Unauthenticated):
        authenticate(app, token)


def test_forcing_one_device_offline_leaves_the_tokens(app, demo1):
    token = user_token_by_id(app, "demo1").token
    force_offline(app, "demo1", "webim_1")
    assert authenticate(app, token).user_id == demo1.id
    force_offline(app, "demo1")
    with pytest.raises(Unauthenticated):
        authenticate(app, token)


def test_a_name_registered_again_does_not_revive_old_tokens(app, demo1):
    token = user_token_by_id(app, "demo1").token
    assert delete_user(app, "DEMO1") == demo1
    again = register_user(app, "demo1", "123456")
    assert again.uuid != demo1.uuid
    with pytest.raises(Unauthenticated):
        authenticate(app, token)


@pytest.mark.parametrize(
    "change",
    [
        lambda app: change_password(app, "nobody", "x"),
        lambda app: set_activated(app, "nobody", False),
        lambda app: force_offline(app, "nobody"),
        lambda app: delete_user(app, "nobody"),
    ],
)
def test_an_unknown_user_cannot_be_changed(app, change):
    with pytest.raises(UserNotFound):
        change(app)
