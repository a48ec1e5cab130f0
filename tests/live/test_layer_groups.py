"""Topics of the layer: many are followed with one command, and what happens to them meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import redis
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat.live import listener as listening
from chat.live.layer_groups import follow, leave, send
from chat.live.listener import Listener
from chat.live.registry import Registry, Topic
from tests.e2e.ports import select_pause
from tests.requirements import need_redis

NAMES = [f"u.99000{n}" for n in range(5)]
PREFIX = "imadmin-test-membership"


@pytest.fixture
async def layer() -> AsyncIterator[Any]:
    made: Any = RedisPubSubChannelLayer(hosts=[need_redis()], prefix=PREFIX)
    yield made
    await made.flush()


def wait_until_subscribed(names: set[str]) -> None:
    """The command is on its way when the call returns; Redis may read it a little later."""
    client: Any = redis.Redis.from_url(need_redis())
    deadline = time.monotonic() + 10
    found: set[str] = set()
    while time.monotonic() < deadline:
        topics = (name.decode() for name in client.pubsub_channels(f"{PREFIX}*"))
        found = {name.rpartition("__")[2] for name in topics} & set(NAMES)
        if found == names:
            return
        select_pause(0.01)
    raise AssertionError(f"subscribed to {found}")


def counted(layer: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    commands: list[tuple[object, ...]] = []
    pubsub = layer._get_layer()._shards[0]._pubsub
    plain = pubsub.execute_command

    async def execute_command(*args: object) -> object:
        commands.append(args)
        return await plain(*args)

    monkeypatch.setattr(pubsub, "execute_command", execute_command)
    return commands


@pytest.mark.redis
async def test_many_topics_are_followed_and_left_with_one_command_each(layer, monkeypatch):
    channel = await layer.new_channel()
    commands = counted(layer, monkeypatch)
    await follow(layer, NAMES, channel)
    await follow(layer, NAMES[:2], channel)  # again: nothing to say
    wait_until_subscribed(set(NAMES))
    await leave(layer, [*NAMES[1:], "u.990009"], channel)
    wait_until_subscribed({NAMES[0]})
    assert [(name, len(topics)) for name, *topics in commands] == [
        ("SUBSCRIBE", 5),
        ("UNSUBSCRIBE", 4),
    ]


@pytest.mark.redis
async def test_what_is_sent_to_a_followed_topic_arrives(layer):
    channel = await layer.new_channel()
    await follow(layer, NAMES, channel)
    await leave(layer, NAMES[:2], channel)
    wait_until_subscribed(set(NAMES[2:]))
    for name in NAMES:
        await layer.group_send(name, {"to": name})
    async with asyncio.timeout(10):
        heard = [(await layer.receive(channel))["to"] for _ in NAMES[2:]]
    assert heard == NAMES[2:]


async def test_another_layer_is_asked_name_by_name():
    layer: Any = InMemoryChannelLayer()
    channel = await layer.new_channel()
    await follow(layer, NAMES, channel)
    await leave(layer, NAMES[1:], channel)
    assert [name for name, members in layer.groups.items() if channel in members] == NAMES[:1]


@pytest.mark.redis
async def test_many_topics_are_sent_to_with_one_command_that_tells_how_many_got_it(layer):
    other: Any = RedisPubSubChannelLayer(hosts=[need_redis()], prefix=PREFIX)
    here, there = await layer.new_channel(), await other.new_channel()
    await follow(layer, NAMES[:2], here)
    await follow(other, NAMES[1:3], there)
    wait_until_subscribed(set(NAMES[:3]))
    received = await send(layer, {name: {"to": name} for name in NAMES[:4]})
    assert [received[name] for name in NAMES[:4]] == [1, 2, 1, 0]
    heard = [await asyncio.wait_for(layer.receive(here), 10) for _ in range(2)]
    heard += [await asyncio.wait_for(other.receive(there), 10) for _ in range(2)]
    assert [one["to"] for one in heard] == [NAMES[0], NAMES[1], NAMES[1], NAMES[2]]
    await other.flush()


async def test_a_layer_that_tells_nothing_is_sent_to_all_the_same():
    layer = InMemoryChannelLayer()
    channel = await layer.new_channel()
    await layer.group_add(NAMES[0], channel)
    assert await send(layer, {NAMES[0]: {"to": "here"}}) == {}
    assert (await layer.receive(channel))["to"] == "here"


async def test_a_topic_that_could_not_be_followed_is_tried_again(monkeypatch):
    tries: asyncio.Queue[list[str]] = asyncio.Queue()
    failed: list[list[str]] = []

    async def refused(_layer, names, _channel):
        tries.put_nowait(names)
        if not failed:
            failed.append(names)
            raise ConnectionError("Redis is away")

    class Layer:
        async def group_send(self, group, message): ...
        async def send(self, channel, message): ...

    registry = Registry()
    registry.topics["u.1"] = Topic("u.1")
    monkeypatch.setattr(listening, "registry", registry)
    monkeypatch.setattr(listening, "get_channel_layer", Layer)
    monkeypatch.setattr(listening, "follow", refused)
    monkeypatch.setattr(listening, "BEAT_S", 0.01)
    listener = Listener(cast(Any, None), cast(Any, None), cast(Any, None))
    tasks = [asyncio.create_task(work) for work in (listener._keep_membership(), listener._beat())]
    listener._membership.put_nowait("u.1")
    async with asyncio.timeout(10):
        assert [await tries.get() for _ in range(2)] == [["u.1"], ["u.1"]]
    for task in tasks:
        task.cancel()


async def test_what_changed_meanwhile_is_told_at_once_and_as_it_is_now(monkeypatch):
    told: list[tuple[str, list[str]]] = []
    has_begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def followed(_layer, names, _channel):
        told.append(("follow", names))
        has_begun.set()
        await may_go_on.wait()

    async def left(_layer, names, _channel):
        told.append(("leave", names))

    class Layer:
        async def group_send(self, group, message):
            told.append((f"{message['type']} to {group}", list(message["names"])))

    registry = Registry()
    monkeypatch.setattr(listening, "registry", registry)
    monkeypatch.setattr(listening, "get_channel_layer", Layer)
    monkeypatch.setattr(listening, "follow", followed)
    monkeypatch.setattr(listening, "leave", left)
    listener = Listener(cast(Any, None), cast(Any, None), cast(Any, None))
    keeping = asyncio.create_task(listener._keep_membership())
    topics: dict[str, Any] = registry.topics

    def change(name: str, *, held: bool) -> None:
        topics.pop(name, None)
        if held:
            topics[name] = Topic(name)
        listener._membership.put_nowait(name)

    change("u.1", held=True)
    settled = asyncio.create_task(listener.settled())
    await asyncio.wait_for(has_begun.wait(), 10)
    change("u.2", held=True)
    change("u.1", held=False)
    change("u.3", held=True)
    change("u.2", held=False)
    change("u.2", held=True)
    later = asyncio.create_task(listener.settled())
    assert not settled.done()
    may_go_on.set()
    await asyncio.wait_for(asyncio.gather(settled, later), 10)
    assert told == [
        ("follow", ["u.1"]),
        ("follow", ["u.2", "u.3"]),
        ("follows to everybody", ["u.2", "u.3"]),
        ("leave", ["u.1"]),
    ]
    keeping.cancel()
