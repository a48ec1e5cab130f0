"""Several users at once: confirmed by name, all or nothing, and each in the audit."""

import pytest
from django.test import Client

from accounts.domain.actor import Actor, AppRef
from accounts.models import AuditEntry, Operator
from accounts.queries.im_users import find_users, get_user
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
from chat.domain.targets import ToChatroom, ToGroup
from chat.queries.rooms import list_members
from tests.console.conftest import SignIn
from tests.console.pages import done, post, refused, text_of, url

pytestmark = pytest.mark.usefixtures("demo1", "demo2", "demo3")
TWO = ["demo1", "demo2"]


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def test_it_is_confirmed_by_a_page_that_names_them(client: Client, app: AppRef):
    shown = post(client, "user_bulk", {"users": TWO, "act": "delete"})
    assert shown.status_code == 200
    assert "2 users:" in text_of(shown)
    assert set(find_users(app, TWO)) == set(TWO)
    done(post(client, "user_bulk", {"users": TWO, "act": "delete", "confirm": "yes"}))
    assert find_users(app, TWO) == {}


def test_ban_and_unban_leave_an_entry_for_each(client: Client, app: AppRef):
    for act, on in (("ban", False), ("unban", True), ("offline", True)):
        done(post(client, "user_bulk", {"users": TWO, "act": act, "confirm": "yes"}))
        assert [get_user(app, name).is_activated for name in TWO] == [on, on]
    codes = AuditEntry.objects.order_by("pk").values_list("action", "target_id")
    assert list(codes) == [
        (code, name) for code in ("user.ban", "user.unban", "user.kick") for name in TWO
    ]


def test_users_are_added_to_a_group_or_none_is(client: Client, app: AppRef, group):
    asked = {"users": ["stranger1", "demo1"], "act": "group", "confirm": "yes"}
    refused(post(client, "user_bulk", asked | {"group": group.room_id}), "stranger1")
    refused(post(client, "user_bulk", asked | {"group": ""}), "This field is required.")
    post(client, "user_new", {"username": "fresh", "password": "123456"})
    done(post(client, "user_bulk", asked | {"users": ["fresh"], "group": group.room_id}))
    members = list_members(app, ToGroup(group.room_id), limit=10).items
    assert "fresh" in [member.username for member in members]


def test_send_fills_the_composer_and_nothing_ticked_says_so(client: Client):
    assert done(post(client, "user_bulk", {"users": TWO, "act": "send"})) == (
        url("send") + "?to_type=user&to=demo1%2C+demo2"
    )
    assert done(post(client, "user_bulk", {"act": "ban"})) == url("users")


@pytest.mark.usefixtures("jobs_at_once")
def test_pager_goes_back_page_by_page(client: Client, app: AppRef):
    form = {"prefix": "u", "start": "1", "end": "80", "pad": "2", "password_mode": "fixed",
            "password": "123456", "create": "1"}  # fmt: skip
    done(post(client, "user_batch", form))
    english = {"accept-language": "en"}
    address = f"{url('users')}?size=25&sort=username"
    seen = []
    for _ in range(3):
        page = client.get(address, headers=english).context["page"]
        seen.append(([row.user.username for row in page.rows], page.line))
        address = url("users") + page.next_query
    assert [line for _, line in seen] == ["1–25 of 83", "26–50 of 83", "51–75 of 83"]
    for earlier in reversed(seen):
        page = client.get(address, headers=english).context["page"]
        address = url("users") + page.previous_query
        back = client.get(address, headers=english).context["page"]
        assert ([row.user.username for row in back.rows], back.line) == earlier
    assert not back.previous_query
    assert not back.first_query


def test_users_are_added_to_a_chatroom(client: Client, app: AppRef):
    room = create_room(Actor(app), CreateRoom("chatroom", "c", owner="demo3"))
    asked = {"users": TWO, "act": "chatroom", "confirm": "yes"}
    refused(post(client, "user_bulk", asked | {"chatroom": "nowhere"}), "There is no chatroom")
    done(post(client, "user_bulk", asked | {"chatroom": room.room_id}))
    members = list_members(app, ToChatroom(room.room_id), limit=10).items
    assert {*TWO} <= {member.username for member in members}


def test_deleting_several_says_in_numbers_what_goes_too(client: Client, app: AppRef):
    for kind in ("group", "group", "chatroom"):
        create_room(Actor(app), CreateRoom(kind, "r", owner="demo1"))
    shown = text_of(post(client, "user_bulk", {"users": TWO, "act": "delete"}))
    said = shown.split('data-test="bulk-owned">')[1].split("</p>")[0]
    assert "2 groups that they own go" in said
    assert "1 chatroom that they own goes" in said


def test_reason_of_a_ban_of_several_is_kept(client: Client):
    asked = {"users": TWO, "act": "ban", "confirm": "yes", "reason": "spam wave"}
    done(post(client, "user_bulk", asked))
    bans = AuditEntry.objects.filter(action="user.ban")
    assert ["spam wave" in str(ban.diff) for ban in bans] == [True, True]
