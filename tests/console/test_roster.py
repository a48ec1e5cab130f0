"""Friends, requests and block lists of a user."""

import re

import pytest
from django.test import Client

from accounts.actions.im_apps import change_settings
from accounts.actions.im_users import change_user, register_user
from accounts.models import Operator
from accounts.queries.im_users import UserInfo
from chat.live.online import DeviceOnline, records
from chat.queries.roster import list_blocks, list_roster
from tests.console.conftest import SignIn
from tests.console.pages import addresses, audited, done, post, refused, text_of, url


@pytest.fixture
def client(operator: Operator, browse: SignIn, demo1: UserInfo, demo2: UserInfo) -> Client:
    return browse(operator)


def test_ROS_1_direct_friend_shows_on_both_pages(client: Client):
    data = {"friends": "demo2", "mode": "direct"}
    assert done(post(client, "user_roster_add", data, u="demo1")) == url("user_roster", u="demo1")
    assert 'data-id="demo2"' in text_of(client.get(url("user_roster", u="demo1")))
    assert 'data-id="demo1"' in text_of(client.get(url("user_roster", u="demo2")))
    assert audited("roster.add").diff["friend"] == [None, "demo2"]


def test_ROS_3_removing_clears_both_sides(client: Client, app):
    done(post(client, "user_roster_add", {"friends": "demo2", "mode": "direct"}, u="demo1"))
    done(post(client, "user_roster_remove", {"friend": "demo2"}, u="demo1"))
    assert (list_roster(app, "demo1"), list_roster(app, "demo2")) == ([], [])
    assert audited("roster.remove").target_id == "demo1"


def test_request_waits_for_the_other_who_may_accept_here(client: Client, app):
    done(post(client, "user_roster_add", {"friends": "demo2", "mode": "request"}, u="demo1"))
    assert [item.state for item in list_roster(app, "demo2")] == ["pending_in"]
    assert "roster-accept" in text_of(client.get(url("user_roster", u="demo2")))
    done(post(client, "user_roster_answer", {"friend": "demo1", "accept": "on"}, u="demo2"))
    assert [item.state for item in list_roster(app, "demo1")] == ["friends"]
    assert audited("roster.answer").target_id == "demo2"


def test_request_may_be_declined(client: Client, app):
    done(post(client, "user_roster_add", {"friends": "demo2", "mode": "request"}, u="demo1"))
    done(post(client, "user_roster_answer", {"friend": "demo1"}, u="demo2"))
    assert list_roster(app, "demo1") == []


@pytest.mark.parametrize(
    ("friends", "sentence"),
    [("ghost, demo2", "ghost"), ("demo1", "oneself"), ("", "This field is required")],
)
def test_bad_friend_is_an_error_and_nobody_is_added(friends, sentence, client: Client, app):
    data = {"friends": friends, "mode": "direct"}
    refused(post(client, "user_roster_add", data, u="demo1"), sentence)
    assert list_roster(app, "demo1") == []


def test_blocking_and_unblocking_show_on_both_pages(client: Client, app):
    done(post(client, "user_blocks_add", {"users": "demo2"}, u="demo1"))
    assert list_blocks(app, "demo1") == ["demo2"]
    assert url("user_detail", u="demo1") in addresses(client.get(url("user_blocks", u="demo2")))
    done(post(client, "user_blocks_remove", {"user": "demo2"}, u="demo1"))
    assert list_blocks(app, "demo1") == []
    assert audited("block.add").target_id == audited("block.remove").target_id == "demo1"


@pytest.mark.parametrize(("page", "field", "setting"), [
    ("user_roster_add", "friends", "max_contacts"), ("user_blocks_add", "users", "max_blocks"),
])  # fmt: skip
def test_as_many_names_are_taken_as_the_app_allows(
    page: str, field: str, setting: str, operator, app, demo1, demo2, demo3, browse: SignIn
):
    change_settings(app, {setting: 2})
    client = browse(operator)
    answer = client.post(url(page, u="demo1"), {field: "a1 a2, a3", "mode": "direct"})
    assert answer.status_code == 422
    assert "These are 3 names; at most 2 are taken at once." in text_of(answer)
    taken = client.post(url(page, u="demo1"), {field: "demo2 demo3", "mode": "direct"})
    assert taken.status_code == 303


def test_roster_shows_nickname_and_who_is_online(client: Client, app, demo2: UserInfo):
    change_user(app, "demo2", nickname="Second")
    done(post(client, "user_roster_add", {"friends": "demo2", "mode": "direct"}, u="demo1"))
    page = text_of(client.get(url("user_roster", u="demo1")))
    assert ("Second" in page, "roster-online" in page) == (True, False)
    device = DeviceOnline(app.id, demo2.id, "demo2", "d", "native", "", "", 1, "c.1")
    records().put([device])
    assert "roster-online" in text_of(client.get(url("user_roster", u="demo1")))
    records().drop(device)


def test_friends_already_are_named(client: Client, app):
    register_user(app, "demo3", "123456")
    done(post(client, "user_roster_add", {"friends": "demo2", "mode": "direct"}, u="demo1"))
    for mode in ("direct", "request"):
        data = {"friends": "demo2 demo3", "mode": mode}
        refused(post(client, "user_roster_add", data, u="demo1"), "Friends already: demo2")
    assert [item.username for item in list_roster(app, "demo1")] == ["demo2"]


def test_a_block_is_warned_of_and_a_tick_goes_on(client: Client, app):
    done(post(client, "user_blocks_add", {"users": "demo1"}, u="demo2"))
    data = {"friends": "demo2", "mode": "direct"}
    refused(post(client, "user_roster_add", data, u="demo1"), "demo2 has blocked demo1.")
    assert list_roster(app, "demo1") == []
    done(post(client, "user_roster_add", {**data, "force": "on"}, u="demo1"))
    assert [item.state for item in list_roster(app, "demo1")] == ["friends"]
    assert list_blocks(app, "demo2") == ["demo1"]


def test_friend_is_blocked_from_its_row(client: Client, app):
    done(post(client, "user_roster_add", {"friends": "demo2", "mode": "direct"}, u="demo1"))
    page = client.get(url("user_roster", u="demo1"))
    button = re.search(r'<button [^>]*data-test="roster-block"', text_of(page))
    assert button is not None
    assert 'name="users" value="demo2"' in button[0]
    assert url("user_blocks_add", u="demo1") in addresses(page, "formaction")
