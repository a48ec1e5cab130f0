"""Contacts and blocks over the live wire."""

import pytest

from imadmin.testclient.native import Refused

pytestmark = pytest.mark.e2e


async def test_a_request_is_told_and_accepting_it_makes_two_friends(cast):
    demo1, demo2 = await cast(2)
    await demo1.add_contact(demo2.user, "it is me")
    asked = await demo2.expect("roster", {"kind": "request"})
    assert (asked["user"], asked["message"]) == (demo1.user, "it is me")
    assert asked["conversation"] == {"type": "personal", "id": demo2.user}
    await demo2.accept_contact(demo1.user)
    await demo1.expect("roster", {"kind": "added", "user": demo2.user})
    for one, other in ((demo1, demo2), (demo2, demo1)):
        [item] = await one.roster()
        assert (item["user"], item["state"]) == (other.user, "friends")


async def test_a_declined_request_is_told_and_leaves_nothing(cast):
    demo1, demo2 = await cast(2)
    await demo1.add_contact(demo2.user)
    await demo2.expect("roster", {"kind": "request"})
    await demo2.decline_contact(demo1.user)
    await demo1.expect("roster", {"kind": "declined", "user": demo2.user})
    assert await demo2.roster() == []


async def test_a_request_waits_for_who_is_away(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    await demo1.add_contact(name2)
    demo2 = await stage.online(name2)
    kinds = [(event["ev"], event.get("kind")) for event in await demo2.sync()]
    assert ("roster", "request") in kinds


async def test_a_removed_friend_is_told(cast):
    demo1, demo2 = await cast(2)
    await demo1.add_contact(demo2.user)
    await demo2.accept_contact(demo1.user)
    await demo1.remove_contact(demo2.user)
    await demo2.expect("roster", {"kind": "removed", "user": demo1.user})
    assert await demo1.roster() == []
    assert await demo2.roster() == []


async def test_who_is_blocked_cannot_write_until_unblocked(cast):
    demo1, demo2 = await cast(2)
    await demo1.send_text(demo2.user, "before")
    await demo2.expect("message")
    await demo2.ask("block", user=demo1.user)
    with pytest.raises(Refused) as refusal:
        await demo1.send_text(demo2.user, "blocked")
    assert refusal.value.code == "blocked"
    await demo1.typing(demo2.user)
    await demo2.expect_silence()
    await demo2.ask("unblock", user=demo1.user)
    await demo1.send_text(demo2.user, "after")
    await demo2.expect("message", {"message.body.msg": "after"})


async def test_answering_a_request_that_nobody_made_is_refused(cast):
    demo1, demo2 = await cast(2)
    with pytest.raises(Refused) as refusal:
        await demo1.accept_contact(demo2.user)
    assert refusal.value.code == "no_such_request"
