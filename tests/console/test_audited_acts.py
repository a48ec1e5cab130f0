"""Every change leaves the same one audit entry, whether a page or a backend made it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions.tokens import app_token_for_console
from accounts.domain.actor import AppRef
from accounts.models import AuditEntry, Operator
from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, SendMessage
from chat.domain.targets import RoomKind, ToUser
from tests.cast import Rest
from tests.console.conftest import SignIn
from tests.console.pages import done, post

pytestmark = pytest.mark.usefixtures("demo1", "demo2", "demo3", "stranger")

Json = dict[str, Any]

G, R = {"rid": "G1"}, {"rid": "R1"}
ONE = {"u": "demo1"}
NAMES = {"usernames": "demo2"}
SECRET = "hunter2-secret"

# code and target · page, its URL and form · REST call, in an order that makes each possible
STEPS: tuple[tuple[str, str, str, Json, Json, str, str, Any], ...] = (
    ("user.create", "fresh", "user_new", {}, {"username": "fresh", "password": SECRET},
     "POST", "/users", {"username": "fresh", "password": SECRET}),
    ("user.password", "fresh", "user_password", {"u": "fresh"},
     {"password": SECRET, "end_sessions": "on"},
     "PUT", "/users/fresh/password", {"newpassword": SECRET}),
    ("user.edit", "fresh", "user_nickname", {"u": "fresh"}, {"nickname": "New"},
     "PUT", "/users/fresh", {"nickname": "New"}),
    ("user.ban", "fresh", "user_ban", {"u": "fresh"}, {}, "POST", "/users/fresh/deactivate", None),
    ("user.unban", "fresh", "user_unban", {"u": "fresh"}, {}, "POST", "/users/fresh/activate", {}),
    ("user.kick", "fresh", "user_force_offline", {"u": "fresh"}, {},
     "GET", "/users/fresh/disconnect", None),
    ("user.delete", "fresh", "user_delete", {"u": "fresh"}, {}, "DELETE", "/users/fresh", None),
    ("roster.add", "demo1", "user_roster_add", ONE, {"friends": "demo2", "mode": "direct"},
     "POST", "/users/demo1/contacts/users/demo2", None),
    ("roster.remove", "demo1", "user_roster_remove", ONE, {"friend": "demo2"},
     "DELETE", "/users/demo1/contacts/users/demo2", None),
    ("block.add", "demo1", "user_blocks_add", ONE, {"users": "demo2"},
     "POST", "/users/demo1/blocks/users", {"usernames": ["demo2"]}),
    ("block.remove", "demo1", "user_blocks_remove", ONE, {"user": "demo2"},
     "DELETE", "/users/demo1/blocks/users/demo2", None),
    ("group.member.add", "G1", "group_members_add", G, {"usernames": "demo3"},
     "POST", "/chatgroups/G1/users/demo3", None),
    ("group.member.remove", "G1", "group_members_remove", G, {"usernames": "demo3"},
     "DELETE", "/chatgroups/G1/users/demo3", None),
    ("group.admin.add", "G1", "group_admins_add", G, {"user": "demo2"},
     "POST", "/chatgroups/G1/admin", {"newadmin": "demo2"}),
    ("group.admin.remove", "G1", "group_admins_remove", G, {"user": "demo2"},
     "DELETE", "/chatgroups/G1/admin/demo2", None),
    ("group.mute.add", "G1", "group_mutes_add", G, NAMES | {"duration": "1h"},
     "POST", "/chatgroups/G1/mute", {"usernames": ["demo2"], "mute_duration": 3_600_000}),
    ("group.mute.remove", "G1", "group_mutes_remove", G, NAMES,
     "DELETE", "/chatgroups/G1/mute/demo2", None),
    ("group.mute.all", "G1", "group_mutes_all", G, {"on": "on"}, "POST", "/chatgroups/G1/ban", {}),
    ("group.allow.add", "G1", "group_allow_add", G, NAMES,
     "POST", "/chatgroups/G1/white/users/demo2", None),
    ("group.allow.remove", "G1", "group_allow_remove", G, NAMES,
     "DELETE", "/chatgroups/G1/white/users/demo2", None),
    ("group.announce", "G1", "group_announcement_set", G, {"announcement": "Hi"},
     "POST", "/chatgroups/G1/announcement", {"announcement": "Hi"}),
    ("group.transfer", "G1", "group_owner", G, {"newowner": "demo2"},
     "PUT", "/chatgroups/G1", {"newowner": "demo2"}),
    ("group.block.add", "G1", "group_blocks_add", G, {"usernames": "demo1"},
     "POST", "/chatgroups/G1/blocks/users/demo1", None),
    ("group.block.remove", "G1", "group_blocks_remove", G, {"usernames": "demo1"},
     "DELETE", "/chatgroups/G1/blocks/users/demo1", None),
    ("group.edit", "G1", "group_settings", G,
     {"name": "Two", "maxusers": "200", "public": "on", "membersonly": "on",
      "invite_need_confirm": "on"},
     "PUT", "/chatgroups/G1", {"groupname": "Two"}),
    ("group.disable", "G1", "group_disable", G, {}, "POST", "/chatgroups/G1/disable", None),
    ("group.enable", "G1", "group_enable", G, {}, "POST", "/chatgroups/G1/enable", None),
    ("group.delete", "G1", "group_delete", G, {}, "DELETE", "/chatgroups/G1", None),
    ("room.superadmin.add", "demo1", "room_superadmins_add", {}, {"user": "demo1"},
     "POST", "/chatrooms/super_admin", {"superadmin": "demo1"}),
    ("room.superadmin.remove", "demo1", "room_superadmins_remove", {}, {"user": "demo1"},
     "DELETE", "/chatrooms/super_admin/demo1", None),
    ("room.member.add", "R1", "room_members_add", R, {"usernames": "demo3"},
     "POST", "/chatrooms/R1/users/demo3", None),
    ("room.admin.add", "R1", "room_admins_add", R, {"user": "demo3"},
     "POST", "/chatrooms/R1/admin", {"newadmin": "demo3"}),
    ("room.delete", "R1", "room_delete", R, {}, "DELETE", "/chatrooms/R1", None),
)  # fmt: skip


@pytest.fixture
def rooms(app: AppRef, acting: Callable[..., Any]) -> None:
    kinds: tuple[tuple[RoomKind, str], ...] = (("group", "G1"), ("chatroom", "R1"))
    for kind, room_id in kinds:
        create_room(
            acting(),
            CreateRoom(kind, "One", owner="demo1", members=("demo2",), room_id=room_id,
                       public=True, members_only=True),
        )  # fmt: skip


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(allowed=True).order_by("pk"))


# What each entry says: [before, after] of each value.
DIFFS: dict[str, Json] = {
    "user.create": {},
    "user.password": {"password": ["•••", "•••"], "end_sessions": [None, True]},
    "user.edit": {"nickname": ["", "New"]},
    "user.ban": {"activated": [True, False]},
    "user.unban": {"activated": [False, True]},
    "user.kick": {"device": [None, "all"]},
    "user.delete": {},
    "roster.add": {"friend": [None, "demo2"]},
    "roster.remove": {"friend": ["demo2", None]},
    "block.add": {"users": [None, ["demo2"]]},
    "block.remove": {"user": ["demo2", None]},
    "group.member.add": {"usernames": [None, ["demo3"]]},
    "group.member.remove": {"usernames": [None, ["demo3"]]},
    "group.admin.add": {"user": [None, "demo2"]},
    "group.admin.remove": {"user": [None, "demo2"]},
    "group.mute.add": {"usernames": [None, ["demo2"]], "duration_ms": [None, 3600000]},
    "group.mute.remove": {"usernames": [None, ["demo2"]]},
    "group.mute.all": {"muted_all": [False, True]},
    "group.allow.add": {"usernames": [None, ["demo2"]]},
    "group.allow.remove": {"usernames": [None, ["demo2"]]},
    "group.announce": {"announcement": ["", "Hi"]},
    "group.transfer": {"owner": ["demo1", "demo2"]},
    "group.block.add": {"usernames": [None, ["demo1"]]},
    "group.block.remove": {"usernames": [None, ["demo1"]]},
    "group.edit": {"name": ["One", "Two"]},
    "group.disable": {},
    "group.enable": {},
    "group.delete": {"name": ["Two", None]},
    "room.superadmin.add": {},
    "room.superadmin.remove": {},
    "room.member.add": {"usernames": [None, ["demo3"]]},
    "room.admin.add": {"user": [None, "demo3"]},
    "room.delete": {"name": ["One", None]},
}


@pytest.mark.parametrize("entrance", ["console", "rest"])
def test_each_change_leaves_one_entry_and_the_same_by_page_and_by_rest(
    entrance: str, rooms: None, operator: Operator, browse: SignIn, rest: Rest
):
    client = browse(operator)
    found = {}
    for code, target, page, kwargs, form, method, path, body in STEPS:
        before = len(entries())
        if entrance == "console":
            done(post(client, page, form, **kwargs))
        else:
            answer = rest.call(method, path, json=... if body is None else body)
            assert answer.status == 200, (path, answer.json)
        new = entries()[before:]
        assert [(entry.action, entry.target_id) for entry in new] == [(code, target)]
        assert SECRET not in json.dumps(new[0].diff)
        found[code] = new[0].diff
    assert found == DIFFS


def test_a_new_room_is_noted_with_its_people(operator: Operator, browse: SignIn, rest: Rest):
    client = browse(operator)
    form = {"name": "Lobby", "owner": "demo1", "admins": "demo2", "members": "demo3",
            "maxusers": "100"}  # fmt: skip
    done(post(client, "room_new", form))
    made = rest.call(
        "POST",
        "/chatgroups",
        json={"groupname": "G", "public": True, "owner": "demo1", "members": ["demo2"]},
    )
    room, group = entries()
    assert (room.action, room.via, room.diff["admins"]) == (
        "room.create",
        "console",
        [None, ["demo2"]],
    )
    assert (group.action, group.via) == ("group.create", "rest")
    assert group.actor.startswith("app token")
    assert group.target_id == made.data["groupid"]
    assert group.diff["members"] == [None, ["demo2"]]


def test_recall_is_noted_and_sends_by_rest_are_not(
    operator: Operator, browse: SignIn, rest: Rest, acting: Callable[..., Any]
):
    hello = SendMessage(ToUser("demo2"), Body("txt", {"msg": SECRET}), sender="demo1")
    first = post_message_now(acting(), hello)
    done(post(browse(operator), "message_recall", {}, mid=first.message_id))
    body = {"from": "demo1", "to": ["demo2"], "type": "txt", "body": {"msg": SECRET}}
    sent = rest.call("POST", "/messages/users", json=body)
    asked = {"msg_id": sent.data["demo2"], "to": "demo2", "chat_type": "chat"}
    assert rest.call("POST", "/messages/msg_recall", json=asked).status == 200
    assert [(entry.action, entry.via) for entry in entries()] == [
        ("message.recall", "console"),
        ("message.recall", "rest"),
    ]
    assert SECRET not in json.dumps([entry.diff for entry in entries()])


def test_what_changes_nothing_is_not_noted(rooms: None, rest: Rest):
    for _ in range(2):
        rest.call("POST", "/users/demo1/contacts/users/demo2")
        rest.call("POST", "/users/demo1/blocks/users", json={"usernames": ["demo3"]})
        rest.call("POST", "/chatgroups/G1/disable")
    assert [entry.action for entry in entries()] == ["roster.add", "block.add", "group.disable"]


@pytest.mark.usefixtures("jobs_at_once")
def test_a_batch_is_one_entry_however_much_it_makes(operator: Operator, browse: SignIn):
    form = {"prefix": "t", "start": "1", "end": "5", "pad": "2", "password_mode": "fixed",
            "password": SECRET, "befriend": "on", "create": "1"}  # fmt: skip
    done(post(browse(operator), "user_batch", form))
    [entry] = entries()
    assert (entry.action, entry.diff["created"]) == ("user.batch", [0, 5])
    assert SECRET not in json.dumps(entry.diff)


def test_call_by_rest_is_noted_with_its_request_and_from_where_it_came(rest: Rest, settings: Any):
    answer = rest.call("POST", "/users/demo1/deactivate")
    settings.TRUSTED_PROXIES = ("127.0.0.1",)
    rest.call("POST", "/users/demo1/activate", headers={"X-Forwarded-For": "198.51.100.9"})
    direct, proxied = entries()
    assert direct.request_id == answer.headers["X-Request-ID"]
    assert (direct.address, proxied.address) == ("127.0.0.1", "198.51.100.9")


def test_what_a_scenario_changes_is_told_apart(app: AppRef, rest: Rest):
    rest.token = app_token_for_console(app, 60, is_scenario=True).token
    assert rest.call("POST", "/users/demo1/deactivate").status == 200
    rest.token = app_token_for_console(app, 60).token
    assert rest.call("POST", "/users/demo1/activate").status == 200
    assert [(entry.action, entry.via) for entry in entries()] == [
        ("user.ban", "scenario"),
        ("user.unban", "rest"),
    ]
    assert entries()[0].actor.startswith("app token · ")
