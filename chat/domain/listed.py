"""A message as client SDKs read it from JSON lists and notices.

Source: msync.md 8.5 ("meta form"), 6.4. A list's `customExts` is an array of one-pair objects: an
object makes clients throw.
"""

from typing import Any

from chat.domain.entries import Entry
from chat.domain.events import MessagePosted, fact_of
from chat.domain.targets import ThreadPlace
from chat.domain.threads import ThreadChanged

Json = dict[str, Any]
_USERS, _ROOMS = "easemob.com", "conference.easemob.com"


def listed_message(entry: Entry, appkey: str) -> Json:
    """`payload` is an object here; conversation lists carry it as JSON text. `ext` is never
    missing."""
    fact = fact_of(entry)
    assert isinstance(fact, MessagePosted)
    talk = entry.conversation
    is_pair = talk.kind == "pair"
    to = talk.other_than(entry.sender) if is_pair else talk.room_id
    body = fact.body.to_payload()
    exts = body.get("customExts")
    if isinstance(exts, dict):
        body = body | {"customExts": [{k: v} for k, v in exts.items()], "v2:customExts": exts}
    kinds = {"pair": "chat", "chatroom": "chatroom"}
    payload: Json = {
        "from": entry.sender,
        "to": to,
        "type": kinds.get(talk.kind, "groupchat"),
        "bodies": [body],
        "ext": fact.ext or {},
    }
    if fact.thread is not None:
        payload["meta"] = {"thread": thread_note(fact.thread)}
    return {
        "id": str(entry.id),
        "from": f"{appkey}_{entry.sender}@{_USERS}",
        "to": f"{appkey}_{to}@{_USERS if is_pair else _ROOMS}",
        "timestamp": entry.created_ms,
        "payload": payload,
    }


def thread_note(place: ThreadPlace) -> Json:
    """What a message in a thread says of it. Source: msync.md 5.3, "Other keys"."""
    return {
        "msg_parent_id": str(place.message_id),
        "muc_parent_id": place.group_id,
        "thread_name": place.name,
    }


def thread_notice(entry: Entry, fact: ThreadChanged) -> Json:
    """What a group's clients and the app's webhooks are told of a thread. Source: msync.md 6.4,
    rest.md 3.13.3."""
    data = {
        "operation": fact.change.value,
        "id": fact.thread_id,
        "name": fact.name,
        "muc_parent_id": entry.conversation.room_id,
        "msg_parent_id": str(fact.message_id),
        "timestamp": entry.created_ms,
        "from": entry.sender,
        "message_count": fact.messages,
    }
    return {"type": "thread", "data": data}
