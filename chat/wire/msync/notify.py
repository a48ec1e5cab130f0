"""NOTIFY metas: JSON on one line, for gen 4 only (3.x ignores the namespace).

Source: specs/msync.md 6.4, R14.
"""

import json
from typing import Any

from chat.domain.events import PresenceChanged
from chat.wire.msync import frames
from chat.wire.msync.metas import Reader
from chat.wire.msync.pb import msync_pb2 as pb


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
