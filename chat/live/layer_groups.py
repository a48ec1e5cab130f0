"""Layer groups, many at a time: followed, left and sent to with one command.

channels-redis takes one group at a time, each with a lock, a command and a round trip of its own:
when everybody comes back at once, thousands of users' topics wait in that row, and so do messages
when there are more of them than round trips. Its parts are private, so they are used only when all
of them have the expected shape; any other layer is asked name by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)

_SHARD_PARTS = ["_lock", "_subscribed_to", "_ensure_redis", "_ensure_receiver", "_pubsub", "_redis"]


async def follow(layer: Any, names: Sequence[str], channel: str) -> None:
    """Make the channel a member of these layer groups; of those that it is in nothing changes."""
    parts = _parts(layer)
    if parts is None:
        for name in names:
            await layer.group_add(name, channel)
        return
    groups = [parts._get_group_channel_name(name) for name in names]
    for group in groups:
        parts.groups.setdefault(group, set()).add(channel)
    for shard, wanted in _by_shard(parts, groups):
        async with shard._lock:
            new = [group for group in wanted if group not in shard._subscribed_to]
            if new:
                shard._ensure_redis()
                shard._ensure_receiver()
                await shard._pubsub.subscribe(*new)
                shard._subscribed_to.update(new)


async def leave(layer: Any, names: Sequence[str], channel: str) -> None:
    """The opposite; groups that the channel is not in are left as they are."""
    parts = _parts(layer)
    if parts is None:
        for name in names:
            await layer.group_discard(name, channel)
        return
    left = []
    for group in [parts._get_group_channel_name(name) for name in names]:
        members = parts.groups.get(group, set())
        members.discard(channel)
        if group in parts.groups and not members:
            del parts.groups[group]
            left.append(group)
    for shard, unwanted in _by_shard(parts, left):
        async with shard._lock:
            old = [group for group in unwanted if group in shard._subscribed_to]
            if old:
                shard._ensure_redis()
                shard._ensure_receiver()
                await shard._pubsub.unsubscribe(*old)
                shard._subscribed_to.difference_update(old)


async def send(layer: Any, messages: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """Send each layer group its message. How many got it, by group; nothing where the layer does
    not tell that."""
    parts = _parts(layer)
    if parts is None:
        for name, message in messages.items():
            await layer.group_send(name, message)
        return {}
    received: dict[str, int] = {}
    names = {parts._get_group_channel_name(name): name for name in messages}
    for shard, groups in _by_shard(parts, list(names)):
        async with shard._lock:
            shard._ensure_redis()
            sending = shard._redis.pipeline(transaction=False)
            for group in groups:
                sending.publish(group, layer.serialize(messages[names[group]]))
            counts = await sending.execute()
        received |= {names[group]: count for group, count in zip(groups, counts, strict=True)}
    return received


def _by_shard(parts: Any, groups: Sequence[str]) -> list[tuple[Any, list[str]]]:
    """The groups of each Redis server."""
    found: dict[Any, list[str]] = {}
    for group in groups:
        found.setdefault(parts._get_shard(group), []).append(group)
    return list(found.items())


def _parts(layer: Any) -> Any | None:
    """The layer's part for this loop, when all that is used of it is there."""
    if type(layer) is not RedisPubSubChannelLayer or not hasattr(layer, "_get_layer"):
        return None
    parts: Any = layer._get_layer()
    usable = (
        type(parts) is RedisPubSubLoopLayer
        and isinstance(getattr(parts, "groups", None), dict)
        and all(hasattr(parts, name) for name in ("_get_group_channel_name", "_get_shard"))
        and all(
            type(shard) is RedisSingleShardConnection
            and all(hasattr(shard, name) for name in _SHARD_PARTS)
            for shard in getattr(parts, "_shards", [None])
        )
    )
    return parts if usable else None
