"""Friends, requests and block lists of a user."""

import pytest
from django.test import Client

from accounts.actions.im_apps import change_settings
from accounts.models import Operator
from accounts.queries.im_users import UserInfo
from chat.queries.roster import list_blocks, list_roster
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url


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
    assert 'href="' + url("user_detail", u="demo1") in text_of(
        client.get(url("user_blocks", u="demo2"))
    )
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
