"""What happens to a user, a group or a room is told on every wire that can show it.

A native owner and the customer's backend act; who is concerned speaks the wire of the test.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.rest import RestClient
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, PASSWORD
from tests.scenarios.test_across_generations import Client, join, make, missed, quiet

pytestmark = pytest.mark.e2e

WIRES = ("native", "msync", "xmpp")
# The first generation's clients are told of groups by presences that name no such kind.
later_wire = pytest.mark.parametrize("wire", ["native", "msync"])

# What MSYNC calls a change: its operation, to the others and to who is concerned.
OPERATIONS = {
    "members_added": "direct_joined",
    "members_removed": "kick",
    "member_joined": "presence",
    "member_left": "absence",
    "admin_added": "add_admin",
    "admin_removed": "remove_admin",
    "muted": "add_mute",
    "unmuted": "remove_mute",
    "muted_all": "ban_group",
    "unmuted_all": "remove_ban_group",
    "announced": "update_announcement",
    "updated": "update",
    "owner_changed": "assign_owner",
    "invited": "invite",
    "requested": "apply",
    "destroyed": "destroy",
}
# How a wire says why it refuses.
REASONS = {
    "sender_not_member": {"native": "sender_not_member", "msync": "not in group or chatroom"},
    "muted": {"native": "muted", "msync": "15"},
    "muted_all": {"native": "muted_all", "msync": "not in group or chatroom white list"},
    "group_not_found": {"native": "group_not_found", "msync": "group not found"},
    "blocked": {"native": "blocked", "msync": "blocked"},
}


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def connect(server, wire) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """Connects a user on the wire of the test, or on another."""
    made: list[Client] = []

    async def new(user: str, of: str = "") -> Client:
        client = make(of or wire, server, user)
        made.append(client)
        await client.connect()
        return client

    yield new
    for client in made:
        await client.close()


@pytest.fixture
async def owner(connect, people) -> NativeClient:
    client = await connect(people.take(1)[0], of="native")
    assert isinstance(client, NativeClient)
    return client


@pytest.fixture
async def backend(server, people) -> AsyncIterator[RestClient]:
    keys = people.client_id, people.client_secret
    async with RestClient(server.base_url, APPKEY, *keys) as made:
        yield made


async def told(client: Client, kind: str, place: str = "group") -> Any:
    if isinstance(client, MsyncClient):
        kind = OPERATIONS[kind]
    return await client.expect(place, {"kind": kind})


async def refused(work: Awaitable[Any], wire: str, reason: str) -> None:
    """The first generation is told that its message was taken, and later why not."""
    if wire == "xmpp" and reason in ("blocked", "muted", "muted_all"):
        with suppress(Refused):
            await work
        return
    with pytest.raises(Refused) as refusal:
        await work
    if wire in REASONS[reason]:
        assert refusal.value.code == REASONS[reason][wire]


def group(group_id: str) -> dict[str, str]:
    return {"type": "group", "id": group_id}


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "/users/{}/password", {"newpassword": "654321"}, "password_changed"),
        ("GET", "/users/{}/disconnect", None, "forced_offline"),
        ("POST", "/users/{}/deactivate", None, "forced_offline"),
        ("DELETE", "/users/{}", None, "account_removed"),
    ],
    ids=["password", "disconnect", "deactivate", "delete"],
)
async def test_what_ends_a_log_in_is_told_and_done(
    connect, people, backend, wire, method, path, body, code
):
    client = await connect(people.take(1)[0])
    await backend.call(method, path.format(client.user), body)
    if wire != "xmpp":
        assert (await client.expect("kicked"))["code"] == code
    await client.closed()
    if code != "forced_offline" or method == "POST":
        with pytest.raises(Refused):
            await client.connect()


async def test_the_same_device_again_ends_the_one_before(connect, people, wire):
    [name] = people.take(1)
    first = await connect(name)
    if isinstance(first, NativeClient):
        second = NativeClient(first.url, APPKEY, name, password=PASSWORD, device=first.device)
        await second.connect()
        await first.closed()
        await second.close()
        return
    await connect(name)
    await first.closed()


async def test_a_blocked_sender_is_refused_until_unblocked(connect, people, owner, wire):
    sender = await connect(people.take(1)[0])
    await owner.ask("block", user=sender.user)
    await refused(sender.send_text(owner.user, "hello?"), wire, "blocked")
    await quiet(owner)
    await owner.ask("unblock", user=sender.user)
    await sender.send_text(owner.user, "after")
    assert (await owner.expect("message"))["message"]["body"]["msg"] == "after"


@later_wire
async def test_a_request_waits_for_who_is_away_and_its_refusal_too(connect, people, owner):
    [name] = people.take(1)
    await owner.add_contact(name, "it is me")
    asked = await connect(name)
    if isinstance(asked, NativeClient):
        events = [event for event in await asked.sync() if event["ev"] == "roster"]
        assert [event["user"] for event in events] == [owner.user]
    else:
        await asked.expect("roster", {"kind": "request", "user": owner.user})
    assert not isinstance(asked, XmppClient)
    await asked.decline_contact(owner.user)
    await owner.expect("roster", {"kind": "declined", "user": name})
    assert await asked.roster() == []


async def test_a_member_who_was_away_reads_what_was_written(connect, people, owner):
    [name] = people.take(1)
    g = await owner.create_group("qa", [name])
    for text in ("one", "two"):
        await owner.send_text(group(g), text)
    away = await connect(name)
    assert [message["body"]["msg"] for message in await missed(away)] == ["one", "two"]


async def test_who_is_removed_hears_nothing_more_and_says_nothing(connect, people, owner, wire):
    member = await connect(people.take(1)[0])
    g = await owner.create_group("qa", [member.user])
    await owner.send_text(group(g), "before")
    await member.expect("message", {"message.body.msg": "before"})
    await owner.group("remove", g, usernames=[member.user])
    await owner.send_text(group(g), "after")
    await quiet(member)
    await refused(member.send_text(group(g), "?"), wire, "sender_not_member")


async def test_mutes_are_obeyed(connect, people, owner, wire):
    member = await connect(people.take(1)[0])
    g = await owner.create_group("qa", [member.user])
    for asked, reason in (
        ({"usernames": [member.user], "mute_duration": 600_000}, "muted"),
        ({"all": True}, "muted_all"),
    ):
        await owner.group("mute", g, **asked)
        await refused(member.send_text(group(g), "?"), wire, reason)
        await quiet(owner)
        undone = {"all": False} if "all" in asked else asked | {"mute_duration": 0}
        await owner.group("mute", g, **undone)
    await member.send_text(group(g), "free")
    assert (await owner.expect("message"))["message"]["from"] == member.user


async def test_a_destroyed_group_takes_no_message(connect, people, owner, wire):
    member = await connect(people.take(1)[0])
    g = await owner.create_group("qa", [member.user])
    await owner.group("destroy", g)
    await refused(member.send_text(group(g), "?"), wire, "group_not_found")


@later_wire
async def test_the_life_of_a_group_is_told(connect, people, owner):
    member, other = await connect(people.take(1)[0]), people.take(1)[0]
    g = await owner.create_group("qa", [member.user])
    assert (await told(member, "members_added"))["group"] == g
    await owner.group("role", g, user=member.user, role="admin")
    await told(member, "admin_added")
    await owner.group("role", g, user=member.user, role="member")
    await told(member, "admin_removed")
    await owner.group("mute", g, usernames=[member.user], mute_duration=600_000)
    assert (await told(member, "muted"))["users"] == [member.user]
    await owner.group("mute", g, usernames=[member.user], mute_duration=0)
    await told(member, "unmuted")
    await owner.group("mute", g, all=True)
    await told(member, "muted_all")
    await owner.group("mute", g, all=False)
    await told(member, "unmuted_all")
    await owner.group("update", g, groupname="new")
    await told(member, "updated")
    await owner.group("update", g, announcement="at 5")
    await told(member, "announced")
    joiner = await connect(other, of="native")
    await joiner.group("join", g)
    await told(member, "member_joined")
    await joiner.group("leave", g)
    await told(member, "member_left")
    await owner.group("transfer", g, newowner=member.user)
    await told(member, "owner_changed")
    await joiner.group("join", g)
    await told(member, "member_joined")


@later_wire
async def test_invitations_requests_and_the_end_are_told(connect, people, owner):
    member = await connect(people.take(1)[0])
    g = await owner.create_group("qa", [], invite_need_confirm=True)
    await owner.group("invite", g, usernames=[member.user])
    assert (await told(member, "invited"))["group"] == g
    closed = await owner.create_group("closed", [member.user], membersonly=True)
    await told(member, "members_added")
    await owner.group("role", closed, user=member.user, role="admin")
    await told(member, "admin_added")
    asker = await connect(people.take(1)[0], of="native")
    assert (await asker.group("join", closed, message="please"))["pending"] is True
    assert (await told(member, "requested"))["by"] == asker.user
    await owner.group("remove", closed, usernames=[member.user])
    await told(member, "members_removed")
    again = await owner.create_group("again", [member.user])
    await told(member, "members_added")
    await owner.group("destroy", again)
    assert (await told(member, "destroyed"))["group"] == again


@later_wire
async def test_who_is_in_a_chatroom_is_told_who_comes_and_goes(connect, people, owner):
    room = people.take_room()
    guest = await connect(people.take(1)[0])
    await join(guest, room)
    await owner.room("join", room)
    assert (await told(guest, "member_joined", "room"))["by"] == owner.user
    await owner.room("leave", room)
    assert (await told(guest, "member_left", "room"))["by"] == owner.user


@later_wire
async def test_one_s_other_device_sees_what_one_sends(connect, people, owner, wire):
    [name] = people.take(1)
    phone, tablet = await connect(name), await connect(name, of="native")
    await phone.send_text(owner.user, "hi")
    copy = (await tablet.expect("message"))["message"]
    assert (copy["from"], copy["to"]["id"]) == (name, owner.user)
    await owner.expect("message")
    await quiet(phone)


@later_wire
async def test_a_retry_gets_the_first_one_s_id_and_arrives_once(connect, people, owner, wire):
    sender = await connect(people.take(1)[0])
    number: Any = 7 if wire == "msync" else "same"
    first = await sender.send_text(owner.user, "once", id=number)
    again = await sender.send_text(owner.user, "once", id=number)
    assert again["id"] == first["id"]
    await owner.expect("message")
    await quiet(owner)
