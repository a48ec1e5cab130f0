"""A stored message as history exports and queries write it.

Source: rest.md 3.6.9, 3.6.10.
"""

from typing import Any

from chat.domain.entries import Entry
from chat.domain.events import MessagePosted, fact_of
from chat.webhooks.payloads import bodies_of

Json = dict[str, Any]

CHAT_TYPES = {"pair": "chat", "group": "groupchat", "chatroom": "chatroom", "thread": "groupchat"}


def chat_type(entry: Entry) -> str:
    return CHAT_TYPES.get(entry.conversation.kind, "chat")


def receiver(entry: Entry) -> str:
    """The peer, or the room's id."""
    talk = entry.conversation
    return talk.other_than(entry.sender) if talk.kind == "pair" else talk.room_id


def payload_of(entry: Entry) -> Json:
    """Bodies, ext and who to whom."""
    posted = fact_of(entry)
    assert isinstance(posted, MessagePosted)
    return {
        "bodies": bodies_of(posted.body),
        "ext": posted.ext or {},
        "from": entry.sender,
        "to": receiver(entry),
    }


def exported(entry: Entry) -> Json:
    """One line of a history file."""
    return {
        "msg_id": str(entry.id),
        "timestamp": entry.created_ms,
        "direction": "outgoing",
        "from": entry.sender,
        "to": receiver(entry),
        "chat_type": chat_type(entry),
        "payload": payload_of(entry),
    }
