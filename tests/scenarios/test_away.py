"""What waits for somebody who is away: the newest, up to the caps that every app begins with; and
what the server sends without moving the conversation list.

On each wire.
"""

import asyncio

import pytest

from tests.scenarios.devices.device import group, user
from tests.scenarios.pairs import on_each_wire

pytestmark = pytest.mark.e2e

PAIRS, ROOM, MORE = 500, 200, 7


@on_each_wire
async def test_of_many_messages_the_newest_wait(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    g = await demo1.create_group("qa", [name2])
    sends = [demo1.start(user(name2), f"to you {n}") for n in range(PAIRS + MORE)]
    sends += [demo1.start(group(g), f"to all {n}") for n in range(ROOM + MORE)]
    await asyncio.gather(*sends)
    demo2 = await stage.online(name2, "phone")
    expected = [
        *(f"to you {n}" for n in range(MORE, PAIRS + MORE)),
        *(f"to all {n}" for n in range(MORE, ROOM + MORE)),
    ]
    came = [await demo2.hear({}) for _ in expected]
    texts = [message["body"]["msg"] for message in came]
    for kind in ("to you", "to all"):
        assert [one for one in texts if one.startswith(kind)] == [
            one for one in expected if one.startswith(kind)
        ]
    await demo2.quiet()
    for place in (user(name1), group(g)):
        await demo2.confirm([one for one in came if one["conversation"] == place][-1])
    await demo2.restart()
    assert await demo2.missed() == []
    await demo1.write(name2, "now")
    await demo2.hears("now")


@on_each_wire
async def test_what_was_confirmed_does_not_come_again_when_all_are_back_at_once(stage):
    """Whatever brings the next message must not bring those before it, young as they are."""
    demo1, demo2, demo3 = await stage.cast(3)
    g = await demo1.create_group("qa", [demo2.user, demo3.user])
    for place in (user(demo2.user), group(g)):
        await asyncio.gather(*[demo1.start(place, str(n)) for n in range(MORE)])
    for one, count in ((demo2, 2 * MORE), (demo3, MORE)):
        came = [await one.hear({}) for _ in range(count)]
        for kind in {message["conversation"]["type"] for message in came}:
            await one.confirm([m for m in came if m["conversation"]["type"] == kind][-1])
    everyone = demo1, demo2, demo3
    await asyncio.gather(*[one.restart() for one in everyone])
    assert [await one.missed() for one in everyone] == [[], [], []]
    await demo1.write(demo2.user, "now")
    await demo1.write(group(g), "now to all")
    heard = [await demo2.hear({}) for _ in range(2)]  # two conversations have no order
    assert {message["body"]["msg"] for message in heard} == {"now", "now to all"}
    await demo3.hears("now to all")
    for one in everyone:
        await one.quiet()


@on_each_wire
async def test_what_fell_out_of_the_queue_is_in_the_history(stage):
    stage.needs("history")
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    g = await demo1.create_group("qa", [name2])
    await asyncio.gather(*[demo1.start(group(g), str(n)) for n in range(ROOM + MORE)])
    demo2 = await stage.online(name2)
    await demo2.hears(*[str(n) for n in range(MORE, ROOM + MORE)])
    await demo2.quiet()
    texts = await demo2.history_texts(group(g), 50)
    assert texts == [str(n) for n in reversed(range(ROOM + MORE))]


@on_each_wire
async def test_what_the_server_sends_may_leave_the_conversation_list_as_it_is(
    stage, backend, change_app
):
    change_app(rest_messages_listed="off")
    async with asyncio.timeout(60):  # what a server remembers of settings is two seconds old
        while True:
            one, other, me = await stage.cast(3)
            await one.write(me.user, "first")
            await other.write(me.user, "second")
            await backend.send([me.user], {"msg": "by the server"}, sender=one.user)
            assert {(await me.hear({}))["body"]["msg"] for _ in range(3)} == {
                *("first", "second", "by the server")
            }
            listed = await me.conversations()
            if listed[0][0] == other.user:
                break
            assert listed[0] == (one.user, 2, "by the server")
    assert listed == [(other.user, 1, "second"), (one.user, 2, "first")]
