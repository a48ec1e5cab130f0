"""A device that comes back by another process."""

import asyncio

import pytest
from channels.layers import InMemoryChannelLayer

from chat.live import handover, listener
from chat.live.handover import Handovers
from chat.live.listener import Listener
from tests.live.test_user_gone import NoReader, call

DEADLINE_S = 10


class Process:
    """A listener, and what it was asked to write."""

    def __init__(self, node: str) -> None:
        self.written: list[tuple[int, str]] = []
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.listener = Listener(call, NoReader(), Handovers(node, self.write))

    async def write(self, user_id: int, device: str) -> None:
        await self.may_write.wait()
        self.written.append((user_id, device))


@pytest.fixture
async def processes(monkeypatch):
    """Three, named a, b and c, each of which hears the others."""
    joined = asyncio.Event()

    class Layer(InMemoryChannelLayer):  # type: ignore[misc]  # Channels is untyped
        async def group_add(self, group, channel):
            await super().group_add(group, channel)
            if len(self.groups[listener.EVERYBODY]) == 3:
                joined.set()

    layer = Layer()
    monkeypatch.setattr(listener, "get_channel_layer", lambda: layer)
    made = [Process(node) for node in "abc"]
    for process in made:
        process.listener.start()
    async with asyncio.timeout(DEADLINE_S):
        await joined.wait()
    yield made
    for process in made:
        await process.listener.stop()


async def test_the_process_that_had_the_device_writes_before_the_other_goes_on(processes):
    a, b, c = processes
    b.may_write.clear()
    waiting = asyncio.create_task(a.listener.hand_over("b", 7, "phone"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    b.may_write.set()
    await asyncio.wait_for(waiting, DEADLINE_S)
    assert (a.written, b.written, c.written) == ([], [(7, "phone")], [])


async def test_several_ask_at_once_and_each_gets_its_answer(processes):
    a, b, c = processes
    asked = [a.listener.hand_over("c", user, "phone") for user in range(5)]
    await asyncio.wait_for(asyncio.gather(*asked, b.listener.hand_over("c", 9, "web")), DEADLINE_S)
    assert sorted(c.written) == [(user, "phone") for user in range(5)] + [(9, "web")]


async def test_its_own_devices_are_nobody_else_s(processes):
    a, b, c = processes
    await asyncio.wait_for(a.listener.hand_over("a", 7, "phone"), DEADLINE_S)
    assert [a.written, b.written, c.written] == [[], [], []]


async def test_a_process_that_does_not_answer_is_waited_for_once(processes, monkeypatch, caplog):
    monkeypatch.setattr(handover, "DEADLINE_S", 0.05)
    a, _, _ = processes
    for user in range(3):
        await asyncio.wait_for(a.listener.hand_over("gone", user, "phone"), DEADLINE_S)
    assert caplog.text.count("gone has not written") == 1
