"""NOTIFY metas: JSON on one line, for gen 4 only (3.x ignores the namespace).

Source: specs/msync.md 6.4, R14.
"""

import json
from typing import Any

from chat.domain.entries import Entry
from chat.domain.events import PresenceChanged, ReactionChanged
from chat.domain.listed import listed_message, thread_notice
from chat.domain.own_changes import OwnChange, OwnChanged, kind_and_id
from chat.domain.pins import MessagePinned
from chat.domain.threads import ThreadChanged, ThreadMoved
from chat.wire.msync import frames
from chat.wire.msync.pb import msync_pb2 as pb

Json = dict[str, Any]


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


Told = ReactionChanged | OwnChanged | ThreadChanged | MessagePinned


def text_of(entry: Entry, fact: Told, me: str) -> bytes:
    """The notice of a stored fact for `me`; b"" when there is none."""
    match fact:
        case ReactionChanged():
            return reaction(entry, fact)
        case OwnChanged():
            return own_change(entry, fact)
        case ThreadChanged():
            return one_line(thread_notice(entry, fact))
        case MessagePinned():
            return pin(entry, fact, me)


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


_TALKS = {"pair": "chat", "group": "groupchat", "chatroom": "chatroom"}


def pin(entry: Entry, fact: MessagePinned, me: str) -> bytes:
    """In a pair, clients from 4.13 take `from` for the conversation, 4.8 takes `id`."""
    talk = entry.conversation
    changed = {
        "op": "pin" if fact.pinned else "pin_delete",
        "from": entry.sender,
        "res": entry.sender_device,
        "id": talk.room_id or talk.other_than(me),
        "type": _TALKS[talk.kind],
        "ts": entry.created_ms,
        "ext": str(fact.message_id),
    }
    return one_line({"type": "conv", "data": changed})


_CONVERSATION_OPS = {
    OwnChange.CONVERSATION_REMOVED: "del",
    OwnChange.CONVERSATION_PINNED: "top",
    OwnChange.CONVERSATION_UNPINNED: "not_top",
    OwnChange.CONVERSATION_MARKED: "mark",
    OwnChange.CONVERSATION_UNMARKED: "mark_delete",
}


def own_change(entry: Entry, fact: OwnChanged) -> bytes:
    """These clients know no notice of all history at once."""
    if fact.change is OwnChange.SILENCED:
        return _silenced(entry, fact)
    kind, ident = kind_and_id(fact.target)
    if not kind:
        return b""
    talk = "chat" if kind == "user" else "groupchat"
    if fact.change is OwnChange.HISTORY_REMOVED:
        gone = {"resource": entry.sender_device, "to": ident, "chatType": talk}
        return one_line({"type": "roaming_delete", "data": gone})
    changed: Json = {
        "op": _CONVERSATION_OPS[fact.change],
        "from": entry.sender,
        "res": entry.sender_device,
        "id": ident,
        "type": talk,
        "ts": entry.created_ms,
    }
    if "mark" in fact.detail:
        changed["ext"] = fact.detail["mark"]
    return one_line({"type": "conv", "data": changed})


def _silenced(entry: Entry, fact: OwnChanged) -> bytes:
    """Clients tell the global setting by `ignoreInterval`, a removed one by empty data."""
    detail = fact.detail
    kind, ident = kind_and_id(fact.target)
    data: Json = {} if kind and detail["type"] == "DEFAULT" else {"type": detail["type"]}
    if detail["until_ms"]:
        data["ignoreDuration"] = detail["until_ms"]
    value: Json = {"operator_resource": entry.sender_device, "data": data}
    if kind:
        value["user" if kind == "user" else "group"] = ident
    else:
        data["ignoreInterval"] = detail["interval"]
    return one_line({"type": "user_notification_mute", "values": [value]})


def thread_moved(event: ThreadMoved, appkey: str) -> bytes:
    """Source: specs/msync.md 6.4; an empty `last_message` says that there is none any more."""
    data = {
        "operation": "update_msg",
        "id": event.thread_id,
        "name": event.place.name,
        "muc_parent_id": event.place.group_id,
        "msg_parent_id": str(event.place.message_id),
        "timestamp": event.at_ms,
        "from": event.by,
        "message_count": event.messages,
        "last_message": {} if event.last is None else listed_message(event.last, appkey),
    }
    return one_line({"type": "thread", "data": data})


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
