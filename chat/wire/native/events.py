"""Event → the JSON object with `ev`."""

from typing import Any

from chat.domain.entries import Entry
from chat.domain.events import (
    Closing,
    Event,
    GroupMessageRead,
    Kicked,
    Logged,
    MessageEdited,
    MessagePosted,
    MessageRecalled,
    PresenceChanged,
    ReactionChanged,
    ReceiptGiven,
    RoomChanged,
    RosterChanged,
    Typing,
)
from chat.domain.own_changes import OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.threads import ThreadChange, ThreadChanged, ThreadMoved
from chat.wire.native.errors import error_json
from chat.wire.native.views import conversation_json, message_json, place_json

Json = dict[str, Any]


def event_json(event: Event, me: str) -> Json:
    """An event as `me` is told. Entries of a log carry their `id` and `conversation`."""
    match event:
        case Logged(entry):
            place = {"id": str(entry.id), "conversation": conversation_json(entry.conversation, me)}
            return _logged(event, me) | place
        case Typing(conversation, username):
            where = conversation_json(conversation, me)
            return {"ev": "typing", "conversation": where, "user": username}
        case PresenceChanged(username, online, status, ext, devices):
            return {
                "ev": "presence",
                "user": username,
                "online": online,
                "status": status,
                "ext": ext,
                "devices": devices,
            }
        case ThreadMoved():
            return _thread_moved(event, me)
        case Kicked(reason):
            return {"ev": "kicked"} | error_json(reason)
        case Closing(retry_after_s):
            return {"ev": "closing", "retry_after_s": retry_after_s}


def _logged(event: Logged, me: str) -> Json:
    entry = event.entry
    match event.fact:
        case MessagePosted():
            return {"ev": "message", "message": message_json(entry, me), "time": entry.created_ms}
        case ReceiptGiven(kind, up_to, _):
            return {"ev": "receipt", "kind": kind, "by": entry.sender, "up_to": str(up_to)}
        case MessageRecalled(message_id, info):
            # `id` is the event's own, by which clients tell repeats; the message has this key.
            taken: Json = {"ev": "recalled", "message_id": str(message_id), "by": entry.sender}
            return taken | ({"info": info} if info else {})
        case MessageEdited(message_id, body, ext, count):
            return {
                "ev": "edited",
                "message_id": str(message_id),
                "by": entry.sender,
                "body": body.to_payload(),
                "ext": ext or {},
                "count": count,
                "time": entry.created_ms,
            }
        case ReactionChanged() | ThreadChanged() | MessagePinned() as fact:
            return _notice(entry, fact)
        case GroupMessageRead(group_id, message_id, username, count):
            return {
                "ev": "receipt",
                "kind": "group_read",
                "group": group_id,
                "by": username,
                "message_id": str(message_id),
                "count": count,
            }
        case RosterChanged(change, username, message, by_me):
            return {
                "ev": "roster",
                "kind": change.value,
                "user": username,
                "message": message,
                "by_me": by_me,
            }
        case RoomChanged():
            return _room(event.fact, entry.sender)
        case OwnChanged(change, target, detail):
            of = place_json(target, me) if target is not None else None
            return detail | {"ev": "own", "kind": change.value, "target": of}


def _notice(entry: Entry, fact: ReactionChanged | ThreadChanged | MessagePinned) -> Json:
    match fact:
        case ReactionChanged(message_id, reaction, added, count, users):
            return {
                "ev": "reaction",
                "kind": "added" if added else "removed",
                "message_id": str(message_id),
                "reaction": reaction,
                "by": entry.sender,
                "count": count,
                "users": list(users),
            }
        case ThreadChanged(change, thread_id, name, message_id, messages):
            return {
                "ev": "thread",
                "kind": _THREAD_KINDS[change],
                "thread": thread_id,
                "group": entry.conversation.room_id,
                "message_id": str(message_id),
                "name": name,
                "messages": messages,
                "by": entry.sender,
                "time": entry.created_ms,
            }
        case MessagePinned(message_id, pinned):
            return {
                "ev": "pin",
                "kind": "added" if pinned else "removed",
                "message_id": str(message_id),
                "by": entry.sender,
                "time": entry.created_ms,
            }


_THREAD_KINDS = {
    ThreadChange.CREATED: "created",
    ThreadChange.RENAMED: "renamed",
    ThreadChange.DELETED: "destroyed",
}


def _thread_moved(event: ThreadMoved, me: str) -> Json:
    """The group is told; `last` is the thread's last message, null without one."""
    return {
        "ev": "thread",
        "kind": "moved",
        "thread": event.thread_id,
        "group": event.place.group_id,
        "message_id": str(event.place.message_id),
        "name": event.place.name,
        "messages": event.messages,
        "last": message_json(event.last, me) if event.last else None,
        "by": event.by,
        "time": event.at_ms,
    }


def _room(fact: RoomChanged, by: str) -> Json:
    """`user` is the first of `users`; what else the change needs (expires_ms, announcement,
    owner, members, …) comes beside it."""
    name = "room" if fact.kind == "chatroom" else fact.kind
    return fact.detail | {
        "ev": name,
        "kind": fact.change.value,
        name: fact.room_id,
        "by": by,
        "user": fact.users[0] if fact.users else by,
        "users": list(fact.users),
    }
