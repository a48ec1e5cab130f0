"""Groups and chatrooms: who hears what, who may do what."""

import pytest

from imadmin.testclient.native import Refused

pytestmark = pytest.mark.e2e


def group(group_id: str) -> dict[str, str]:
    return {"type": "group", "id": group_id}


def room(room_id: str) -> dict[str, str]:
    return {"type": "chatroom", "id": room_id}


async def refused(work) -> str:
    with pytest.raises(Refused) as refusal:
        await work
    return refusal.value.code


async def test_a_group_message_reaches_every_member_once(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    await demo2.expect("group", {"kind": "members_added"})
    sent = await demo1.send_text(group(g), "hello")
    for one in (demo2, demo3):
        event = await one.expect("message")
        assert (event["message"]["id"], event["message"]["to"]) == (sent["id"], group(g))
    for one in (demo1, demo2, demo3):
        assert not [event for event in one.events if event["ev"] == "message"]


async def test_a_member_who_was_away_reads_the_group_s_log(stage):
    names = stage.people.take(2)
    demo1 = await stage.online(names[0])
    g = await demo1.create_group("qa", [names[1]])
    await demo1.send_text(group(g), "hello")
    demo2 = await stage.online(names[1])
    events = [e for e in await demo2.sync() if e["conversation"] == group(g)]
    assert [event["ev"] for event in events] == ["group", "message"]


async def test_a_removed_member_hears_of_it_and_of_nothing_after(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    await demo1.send_text(group(g), "before")
    await demo1.group("remove", g, usernames=[demo2.user])
    await demo1.send_text(group(g), "after")
    await demo3.expect_texts(["before", "after"])
    await demo2.expect_texts(["before"])
    await demo2.expect("group", {"kind": "members_removed", "user": demo2.user})
    assert not [event for event in demo2.events if event["ev"] == "message"]
    assert await refused(demo2.send_text(group(g), "?")) == "sender_not_member"
    assert await refused(demo2.history(group(g))) in {
        "not_member",
        "sender_not_member",
        "not_permitted",
    }


async def test_who_joins_hears_what_follows_and_who_leaves_does_not(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [])
    joined = await demo2.group("join", g)
    assert joined["pending"] is False
    await demo1.expect("group", {"kind": "member_joined", "user": demo2.user})
    await demo1.send_text(group(g), "one")
    await demo2.expect_texts(["one"])
    await demo2.group("leave", g)
    await demo1.expect("group", {"kind": "member_left", "user": demo2.user})
    await demo1.send_text(group(g), "two")
    await demo2.ping()
    assert not [event for event in demo2.events if event["ev"] == "message"]


async def test_joining_a_group_that_asks_needs_its_owner(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [], membersonly=True)
    assert (await demo2.group("join", g, message="please"))["pending"] is True
    await demo1.expect("group", {"kind": "requested", "user": demo2.user})
    await demo1.group("accept", g, user=demo2.user)
    await demo2.expect("group", {"kind": "members_added"})
    await demo1.send_text(group(g), "welcome")
    await demo2.expect_texts(["welcome"])


async def test_an_invitation_waits_for_the_invited(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [], invite_need_confirm=True)
    await demo1.group("invite", g, usernames=[demo2.user, demo3.user])
    for one in (demo2, demo3):
        await one.expect("group", {"kind": "invited", "group": g})
    await demo2.group("accept", g)
    await demo3.group("decline", g)
    await demo1.expect("group", {"kind": "member_joined", "user": demo2.user})
    await demo1.expect("group", {"kind": "invite_declined", "user": demo3.user})
    members = (await demo1.group("members", g))["data"]
    assert members == [{"owner": demo1.user}, {"member": demo2.user}]


async def test_roles_mutes_and_ownership_are_told_and_obeyed(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    await demo1.group("role", g, user=demo2.user, role="admin")
    await demo2.expect("group", {"kind": "admin_added", "user": demo2.user})
    await demo2.group("mute", g, usernames=[demo3.user], mute_duration=600_000)
    muted = await demo3.expect("group", {"kind": "muted"})
    assert muted["users"] == [demo3.user]
    assert await refused(demo3.send_text(group(g), "?")) == "muted"
    await demo2.group("mute", g, usernames=[demo3.user], mute_duration=0)
    await demo3.send_text(group(g), "free")
    await demo1.group("mute", g, all=True)
    assert await refused(demo3.send_text(group(g), "?")) == "muted_all"
    await demo1.group("mute", g, all=False)
    assert await refused(demo3.group("role", g, user=demo2.user, role="member")) == "not_permitted"
    await demo1.group("transfer", g, newowner=demo3.user)
    await demo2.expect("group", {"kind": "owner_changed"})
    assert (await demo3.group("get", g))["data"][0]["permission"] == "owner"


async def test_a_group_s_details_change_for_everybody(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    assert (await demo1.group("update", g, groupname="new"))["data"] == {"groupname": True}
    await demo2.expect("group", {"kind": "updated"})
    await demo1.group("update", g, announcement="at 5")
    await demo2.expect("group", {"kind": "announced"})
    [details] = (await demo2.group("get", g))["data"]
    assert (details["name"], details["announcement"]) == ("new", "at 5")
    assert await refused(demo2.group("update", g, groupname="mine")) == "not_permitted"


async def test_a_destroyed_group_is_told_and_gone(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    assert [one["groupid"] for one in (await demo2.ask("group.list"))["data"]] == [g]
    await demo1.group("destroy", g)
    await demo2.expect("group", {"kind": "destroyed", "group": g})
    assert await refused(demo1.send_text(group(g), "?")) == "group_not_found"
    assert (await demo2.ask("group.list"))["data"] == []


async def test_receipts_and_recalls_reach_a_group(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    sent = await demo1.send_text(group(g), "oops")
    await demo2.expect("message")
    assert await demo2.read(group(g), sent["id"]) == 0
    await demo1.recall(sent["id"])
    assert (await demo2.expect("recalled"))["conversation"] == group(g)


async def test_a_chatroom_is_heard_while_one_is_in_it(stage):
    r = stage.people.take_room()
    demo1, demo2 = await stage.cast(2)
    for one in (demo1, demo2):
        await one.room("join", r)
    await demo1.expect("room", {"kind": "member_joined", "user": demo2.user})
    await demo1.send_text(room(r), "hello")
    event = await demo2.expect("message")
    assert event["message"]["to"] == room(r)
    await demo2.room("leave", r)
    left = await demo1.expect("room", {"kind": "member_left", "user": demo2.user})
    assert left["members"] == 2
    await demo1.send_text(room(r), "anybody?")
    await demo2.ping()
    assert not [event for event in demo2.events if event["ev"] == "message"]
    assert await refused(demo2.send_text(room(r), "?")) == "sender_not_member"


async def test_chatrooms_can_be_found_and_looked_at(stage):
    r = stage.people.take_room()
    [demo1] = await stage.cast(1)
    listed = await demo1.room("list", limit=200)
    assert r in [one["id"] for one in listed["data"]]
    [details] = (await demo1.room("get", r))["data"]
    assert (details["id"], details["owner"]) == (r, "keeper")
    await demo1.room("join", r)
    assert (await demo1.room("members", r))["data"] == [{"owner": "keeper"}, {"member": demo1.user}]


async def test_a_thread_lives_below_a_message_of_its_group(cast):
    demo1, demo2, demo3 = await cast(3)
    g = await demo1.create_group("qa", [demo2.user])
    said = await demo1.send_text(group(g), "lunch?")
    made = await demo2.ask("thread.create", group_id=g, msg_id=said["id"], name="lunch")
    t = made["data"]["thread_id"]
    created = await demo1.expect("thread", {"kind": "created", "thread": t})
    assert (created["message_id"], created["by"]) == (said["id"], demo2.user)
    assert await refused(demo3.thread("join", t)) == "not_in_threads_group"
    detail = (await demo1.thread("join", t))["data"]["detail"]
    assert (detail["id"], detail["owner"], detail["affiliations_count"]) == (t, demo2.user, 2)
    await demo2.expect("thread", {"kind": "member_joined", "user": demo1.user})
    await demo1.send_text({"type": "thread", "id": t}, "at noon")
    heard = (await demo2.expect("message", {"message.body.msg": "at noon"}))["message"]
    assert heard["thread"] == {"group": g, "message_id": said["id"], "name": "lunch"}
    await demo2.thread("update", t, name="dinner")
    await demo1.expect("thread", {"kind": "renamed", "name": "dinner"})
    assert await refused(demo2.thread("destroy", t)) == "not_permitted"
    removed = await demo1.thread("remove", t, usernames=[demo2.user, demo3.user])
    assert [one["result"] for one in removed["data"]] == [True, False]
    await demo2.expect("thread", {"kind": "members_removed", "thread": t})
    await demo1.thread("leave", t)
    await demo1.thread("destroy", t)
    await demo2.expect("thread", {"kind": "destroyed", "thread": t})
    assert await refused(demo1.thread("join", t)) == "thread_not_found"
