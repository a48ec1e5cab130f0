"""NOTIFY metas: JSON on one line, for gen 4 only (3.x ignores the namespace).

Source: specs/msync.md 6.4, R14.
"""

import json
from typing import Any

from chat.domain.entries import Entry
from chat.domain.events import PresenceChanged, ReactionChanged
from chat.wire.msync import frames
from chat.wire.msync.pb import msync_pb2 as pb


class Reader:
    """Who is told: the user and device of one connection."""

    __slots__ = ("appkey", "device", "name")

    def __init__(self, appkey: str, name: str, device: str) -> None:
        self.appkey = appkey
        self.name = name
        self.device = device


def one_line(value: Any) -> bytes:
    """JSON without a byte below 0x10: clients decode them wrongly."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def presence(event: PresenceChanged, now_ms: int) -> bytes:
    """One user a notice: a list mixes up the devices."""
    seen = {
        "uid": event.username,
        "last_time": str(now_ms // 1000),
        "expiry": "0",
        "ext": event.ext,
        "status": {str(device): str(status) for device, status in event.devices.items()},
    }
    return one_line({"type": "presence", "data": {"values": [seen]}})


def reaction(entry: Entry, fact: ReactionChanged) -> bytes:
    """Source: specs/msync.md 6.4."""
    talk = entry.conversation
    is_pair = talk.kind == "pair"
    operation = {"operator": entry.sender, "reactionType": "create" if fact.added else "delete"}
    changed = {
        "from": entry.sender,
        "to": talk.other_than(entry.sender) if is_pair else talk.room_id,
        "channel_type": "chat" if is_pair else "groupchat",
        "messageId": str(fact.message_id),
        "ts": entry.created_ms,
        "reactions": [
            {
                "reaction": fact.reaction,
                "count": fact.count,
                "userList": list(fact.users),
                "op": [operation],
            }
        ],
    }
    return one_line({"type": "reaction", "data": [changed]})


def meta(meta_id: int, at_ms: int, reader: Reader, text: bytes) -> bytes:
    made = pb.Meta(
        id=meta_id,
        to=frames.user_jid(reader.appkey, reader.name),
        timestamp=at_ms,
        ns=pb.Meta.NOTIFY,
        payload=text,
    )
    frames.set_from(made, frames.user_jid(reader.appkey, "admin"))
    return made.SerializeToString()
