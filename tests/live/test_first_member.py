"""The first member of a room in a process: what passes before the layer knows its topic."""

import asyncio
from typing import Any, cast

from channels.layers import InMemoryChannelLayer

from chat.domain.audience import Audience, user_topic
from chat.domain.events import RoomChange
from chat.live import listener
from chat.live.registry import Registry
from tests.live.test_ordering import Log, call, heard
from tests.live.test_registry import Listener, change, entry


class NothingMoved(Log):
    def recent_moves(self, ms):
        return []

    def arrivals(self, ms, logs):
        return []


async def test_what_passes_before_the_layer_knows_a_topic_is_read_at_once(monkeypatch):
    may_follow, is_open = asyncio.Event(), asyncio.Event()

    class Layer(InMemoryChannelLayer):  # type: ignore[misc]  # channels is not typed
        async def group_add(self, group, channel):
            if group.startswith("r."):
                await may_follow.wait()
            await super().group_add(group, channel)
            is_open.set()

    registry, log = Registry(), NothingMoved()
    monkeypatch.setattr(listener, "registry", registry)
    layer = Layer()
    monkeypatch.setattr(listener, "get_channel_layer", lambda: layer)
    live = listener.Listener(call, log, cast(Any, None))
    live.start()
    try:
        await asyncio.wait_for(is_open.wait(), 2)
        demo3 = Listener("demo3", 3)
        registry.add(demo3)
        live.publish(change(1, RoomChange.MEMBERS_ADDED, "demo3"), Audience((user_topic(3),)))
        await heard(demo3, [1])
        log.entries = [entry(1), entry(2)]  # the second by another process, heard by nobody here
        may_follow.set()
        await heard(demo3, [1, 2])
    finally:
        await live.stop()
