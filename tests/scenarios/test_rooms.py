"""Groups and chatrooms, over every pair of wires: who hears what, who may do what.

The first device of a test speaks the first wire of the pair, all others the second.
"""

import pytest

from tests.scenarios.devices.device import group, room, thread
from tests.scenarios.pairs import on_each_wire

pytestmark = pytest.mark.e2e


async def test_a_group_message_reaches_every_member_once(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    await demo2.told("group", "members_added", g, demo2.user)
    sent = await demo1.write(group(g), "hello")
    for one in (demo2, demo3):
        [message] = await one.hears("hello")
        assert (message["id"], message["from"]) == (sent["id"], demo1.user)
        assert (message["to"], message["conversation"]) == (group(g), group(g))
    for one in (demo1, demo2, demo3):
        await one.quiet()


async def test_a_member_who_was_away_reads_the_group_s_log(stage):
    names = stage.people.take(2)
    demo1 = await stage.online(names[0])
    g = await demo1.create_group("qa", [names[1]])
    for text in ("one", "two"):
        await demo1.write(group(g), text)
    demo2 = await stage.online(names[1])
    await demo2.told("group", "members_added", g, names[1])
    missed = await demo2.missed()
    assert [(one["to"], one["body"]["msg"]) for one in missed] == [
        (group(g), "one"),
        (group(g), "two"),
    ]


async def test_a_removed_member_hears_of_it_and_of_nothing_after(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    await demo1.write(group(g), "before")
    await demo1.remove_member(g, demo2.user)
    await demo1.write(group(g), "after")
    await demo3.hears("before", "after")
    await demo2.hears("before")
    for one in (demo2, demo3):
        await one.told("group", "members_removed", g, demo2.user)
    await demo2.quiet()
    await demo2.refused(demo2.write(group(g), "?"), "sender_not_member")
    await demo2.refused(demo2.history(group(g)), "not_member")


async def test_who_joins_hears_what_follows_and_who_leaves_does_not(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [])
    await demo2.join_group(g)
    await demo1.told("group", "member_joined", g, demo2.user)
    await demo1.write(group(g), "one")
    await demo2.hears("one")
    await demo2.leave_group(g)
    await demo1.told("group", "member_left", g, demo2.user)
    await demo1.write(group(g), "two")
    await demo2.quiet()


async def test_joining_a_group_that_asks_needs_its_owner_or_an_admin(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo3.user], membersonly=True)
    await demo1.make_admin(g, demo3.user)
    await demo2.join_group(g, "please")
    for one in (demo1, demo3):
        await one.told("group", "requested", g, demo2.user)
    assert await demo2.groups() == []
    await demo2.refused(demo2.write(group(g), "?"), "sender_not_member")
    await demo3.admit(g, demo2.user)
    await demo2.told("group", "members_added", g, demo2.user)
    await demo1.write(group(g), "welcome")
    await demo2.hears("welcome")


async def test_an_invitation_waits_for_the_invited(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [], invite_need_confirm=True)
    await demo1.invite(g, [demo2.user, demo3.user])
    for one in (demo2, demo3):
        await one.told("group", "invited", g, one.user)
        assert await one.groups() == []
    await demo2.answer_invitation(g, accept=True)
    await demo3.answer_invitation(g, accept=False)
    await demo1.told("group", "member_joined", g, demo2.user)
    await demo1.told("group", "invite_declined", g, demo3.user)
    assert await demo1.group_members(g) == [{"owner": demo1.user}, {"member": demo2.user}]


async def test_roles_mutes_and_ownership_are_told_and_obeyed(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    await demo1.make_admin(g, demo2.user)
    await demo2.told("group", "admin_added", g, demo2.user)
    await demo2.mute(g, demo3.user)
    await demo3.told("group", "muted", g, demo3.user)
    await demo3.refused(demo3.write(group(g), "?"), "muted")
    await demo2.unmute(g, demo3.user)
    await demo3.told("group", "unmuted", g, demo3.user)
    await demo3.write(group(g), "free")
    for one in (demo1, demo2):
        await one.hears("free")
    await demo1.mute_all(g, on=True)
    await demo3.told("group", "muted_all", g)
    await demo3.refused(demo3.write(group(g), "?"), "muted_all")
    await demo1.quiet()
    await demo1.mute_all(g, on=False)
    await demo3.told("group", "unmuted_all", g)
    await demo3.refused(demo3.unmake_admin(g, demo2.user), "not_permitted")
    await demo1.unmake_admin(g, demo2.user)
    await demo2.told("group", "admin_removed", g, demo2.user)
    await demo1.change_group(g, newowner=demo3.user)
    await demo2.told("group", "owner_changed", g, demo3.user)
    assert (await demo3.group_details(g))["permission"] == "owner"


async def test_a_group_s_details_change_for_everybody(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    assert await demo1.change_group(g, groupname="new") == {"groupname": True}
    await demo2.told("group", "updated", g)
    await demo1.announce(g, "at 5")
    await demo2.told("group", "announced", g)
    details = await demo2.group_details(g)
    assert (details["name"], details["announcement"]) == ("new", "at 5")
    await demo2.refused(demo2.change_group(g, groupname="mine"), "not_permitted")


async def test_a_destroyed_group_is_told_and_gone(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    assert await demo2.groups() == [g]
    await demo1.destroy_group(g)
    await demo2.told("group", "destroyed", g)
    for one in (demo1, demo2):
        await one.refused(one.write(group(g), "?"), "group_not_found")
    assert await demo2.groups() == []


async def test_reading_a_group_moves_its_unread_count(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    await demo1.write(group(g), "news")
    [message] = await demo2.hears("news")
    assert await demo2.conversations() == [(g, 1, "news")]
    await demo2.read(message)
    assert await demo2.conversations() == [(g, 0, "news")]


async def test_a_chatroom_is_heard_while_one_is_in_it(stage):
    r = stage.people.take_room()
    demo1, demo2 = await stage.cast(2)
    for one in (demo1, demo2):
        await one.enter(r)
    await demo1.told("room", "member_joined", r, demo2.user)
    await demo1.write(room(r), "hello")
    [message] = await demo2.hears("hello")
    assert (message["to"], message["from"]) == (room(r), demo1.user)
    await demo1.quiet()
    await demo2.exit(r)
    left = await demo1.told("room", "member_left", r, demo2.user)
    if demo1.wire != "xmpp":  # a presence has no number
        assert left["members"] == 2
    await demo1.write(room(r), "anybody?")
    await demo2.quiet()
    await demo2.refused(demo2.write(room(r), "?"), "sender_not_member")


@on_each_wire
async def test_chatrooms_can_be_found_and_looked_at(stage):
    r = stage.people.take_room()
    [demo1] = await stage.cast(1)
    assert r in await demo1.rooms()
    details = await demo1.room_details(r)
    assert (details["id"], details["owner"]) == (r, "keeper")
    await demo1.enter(r)
    assert await demo1.room_members(r) == [{"owner": "keeper"}, {"member": demo1.user}]


async def test_a_thread_lives_below_a_message_of_its_group(stage):
    stage.needs("threads")
    demo1, demo2, demo3 = await stage.cast(3)
    g = await demo1.create_group("qa", [demo2.user])
    said = await demo1.write(group(g), "lunch?")
    t = await demo2.create_thread(g, said["id"], "lunch")
    created = await demo1.told("thread", "created", t)
    assert (created["group"], created["message_id"]) == (g, said["id"])
    assert (created["by"], created["name"]) == (demo2.user, "lunch")
    await demo3.refused(demo3.join_thread(t), "not_in_threads_group")
    detail = await demo1.join_thread(t)
    assert (detail["id"], detail["owner"], detail["affiliations_count"]) == (t, demo2.user, 2)
    await demo2.told("thread", "member_joined", t, demo1.user)
    await demo1.write(thread(t), "at noon")
    heard = await demo2.hear({"message.body.msg": "at noon"})
    assert heard["thread"] == {"group": g, "message_id": said["id"], "name": "lunch"}
    await demo2.rename_thread(t, "dinner")
    assert (await demo1.told("thread", "renamed", t))["name"] == "dinner"
    await demo2.refused(demo2.destroy_thread(t), "not_permitted")
    assert await demo1.remove_from_thread(t, [demo2.user, demo3.user]) == [True, False]
    await demo2.told("thread", "members_removed", t, demo2.user)
    await demo1.leave_thread(t)
    await demo1.destroy_thread(t)
    await demo2.told("thread", "destroyed", t)
    await demo1.refused(demo1.join_thread(t), "thread_not_found")
