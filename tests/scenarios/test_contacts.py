"""Contacts and blocks over the live wires, every pair of them."""

import asyncio
import contextlib

import pytest

from tests.scenarios.devices.device import Refused, user

pytestmark = pytest.mark.e2e


async def test_a_request_is_told_and_accepting_it_makes_two_friends(cast):
    demo1, demo2 = await cast(2)
    await demo1.ask_friend(demo2.user, "it is me")
    await demo2.told_contact("request", demo1.user, "it is me")
    assert await demo2.friends() == []
    await demo2.accept_friend(demo1.user)
    await demo1.told_contact("added", demo2.user)
    for one, other in ((demo1, demo2), (demo2, demo1)):
        assert await one.friends() == [other.user]


async def test_a_declined_request_is_told_and_leaves_nothing(cast):
    demo1, demo2 = await cast(2)
    await demo1.ask_friend(demo2.user)
    await demo2.told_contact("request", demo1.user)
    await demo2.decline_friend(demo1.user)
    await demo1.told_contact("declined", demo2.user)
    for one in (demo1, demo2):
        assert await one.friends() == []


async def test_a_request_and_its_refusal_wait_for_who_is_away(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    await demo1.ask_friend(name2, "it is me")
    demo2 = await stage.online(name2)
    await demo2.told_contact("request", name1, "it is me")
    await demo1.drop()
    await demo2.decline_friend(name1)
    assert await demo2.friends() == []
    await demo1.restart()
    await demo1.told_contact("declined", name2)


async def test_a_removed_friend_is_told(cast):
    demo1, demo2 = await cast(2)
    await demo1.ask_friend(demo2.user)
    await demo2.told_contact("request", demo1.user)
    await demo2.accept_friend(demo1.user)
    await demo1.told_contact("added", demo2.user)
    await demo1.part(demo2.user)
    await demo2.told_contact("removed", demo1.user)
    assert await demo1.friends() == []
    assert await demo2.friends() == []
    await demo2.quiet()


async def test_who_is_blocked_cannot_write_until_unblocked(cast):
    demo1, demo2 = await cast(2)
    await demo1.write(demo2.user, "before")
    await demo2.hears("before")
    await demo2.block(demo1.user)
    await demo1.refused(demo1.write(demo2.user, "blocked"), "blocked")
    if demo1.wire == "native":
        await demo1.type(user(demo2.user))
    await demo2.silent()
    await demo2.unblock(demo1.user)
    await demo1.write(demo2.user, "after")
    await demo2.hears("after")


async def test_answering_a_request_that_nobody_made_comes_to_nothing(cast):
    demo1, demo2 = await cast(2)
    await demo1.refused(demo1.accept_friend(demo2.user), "no_such_request")
    await demo2.silent()
    for one in (demo1, demo2):
        assert await one.friends() == []


async def test_where_block_lists_are_off_they_stop_nothing_and_are_kept(stage, change_app):
    change_app(blocks_enabled="off")
    demo1, demo2 = await stage.cast(2)
    await demo2.block(demo1.user)
    async with asyncio.timeout(30):  # what a server remembers of settings is two seconds old
        while not await demo2.missed():
            with contextlib.suppress(Refused):
                await demo1.write(demo2.user, "open")
    if demo1.refusals["blocked"]:
        change_app(blocks_enabled="on")
        await until_blocked(demo1, demo2.user)
        await demo1.refused(demo1.write(demo2.user, "blocked"), "blocked")


async def until_blocked(device, name):
    async with asyncio.timeout(30):
        with contextlib.suppress(Refused):
            while True:
                await device.write(name, "open?")
