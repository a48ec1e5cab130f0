"""A logged fact → the metas that one reader's devices get, and their queues.

Source: specs/msync.md 4.1, 5.3, 6.2, 6.3.
"""

import json
from typing import Any

from chat.domain.entries import UNNAMED_DEVICE, Entry, EntryFlag
from chat.domain.events import (
    Edit,
    GroupMessageRead,
    Logged,
    MessageEdited,
    MessagePosted,
    MessageRecalled,
    ReactionChanged,
    ReceiptGiven,
    RoomChange,
    RoomChanged,
    RosterChanged,
    fact_of,
)
from chat.domain.ids import derived_id
from chat.domain.listed import thread_note
from chat.domain.own_changes import OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.threads import ThreadChanged
from chat.wire.base import FrameCache
from chat.wire.msync import ext, frames, muc, notify, roster
from chat.wire.msync.bodies import content_of
from chat.wire.msync.delivery import QueueKey
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb

_ONLINE = b'{"is_online":1}'
_STORED = b'{"is_online":0}'
_LEVELS = {"high": 0, "normal": 1, "low": 2}
_TYPES = {
    "pair": pb.MessageBody.SINGLE_CHAT,
    "group": pb.MessageBody.GROUP_CHAT,
    "chatroom": pb.MessageBody.CHATROOM,
    "thread": pb.MessageBody.GROUP_CHAT,
}
_CHAT_TYPES = {
    "pair": "chat:user",
    "group": "chat:group",
    "chatroom": "chat:room",
    "thread": "chat:group",
}
# What goes to all but the actor, and names nobody by whom one could tell.
_NOT_FOR_ITS_ACTOR = frozenset(
    {
        RoomChange.UPDATED,
        RoomChange.DESTROYED,
        RoomChange.ATTRIBUTES_SET,
        RoomChange.ATTRIBUTES_REMOVED,
        RoomChange.MEMBER_ATTRIBUTES,
    }
)
RECALL_INFO = "recallMessageExtensionInfo"

Json = dict[str, Any]
Items = list[tuple[QueueKey, bytes]]


def items_of(event: Logged, reader: Reader, cache: FrameCache | None = None) -> Items:
    """What the reader gets of a fact, in order; [] when it is not for them.

    `cache` is there for what happens now; without it the fact was stored before.
    """
    entry = event.entry
    match event.fact:
        case MessagePosted():
            return [(_queue_of(entry, reader), _cached(event, event.fact, reader.appkey, cache))]
        case ReceiptGiven() as fact:
            body = _receipt(entry, fact)
            return [(_queue_of(entry, reader), _chat_meta(entry, body, reader.appkey))]
        case MessageRecalled() as fact:
            return [(_queue_of(entry, reader), _recall(entry, fact, reader))]
        case MessageEdited() as fact:
            return [(_queue_of(entry, reader), _edit(entry, fact, reader))]
        case ReactionChanged() | OwnChanged() | ThreadChanged() | MessagePinned() as fact:
            text = notify.text_of(entry, fact, reader.name)
            notice = notify.meta(entry.id, entry.created_ms, reader, text)
            return [((reader.name, frames.USER_DOMAIN, ""), notice)] if text else []
        case GroupMessageRead() as fact:
            made_receipt = _group_receipt(entry, fact, reader.appkey)
            # The SDK counts only what its author asked for.
            return [((fact.group_id, frames.ROOM_DOMAIN, ""), made_receipt)] if fact.asked else []
        case RosterChanged() as fact:
            made = roster.meta_of(entry, fact, reader.appkey, reader.name)
            return [((fact.username, frames.USER_DOMAIN, ""), made)] if made else []
        case RoomChanged() as fact:
            if _is_known_to(entry, fact, reader):
                return []
            bodies = muc.bodies_of(entry, fact, reader.appkey, reader.name)
            queue = (fact.room_id, frames.ROOM_DOMAIN, "")
            return [
                (queue, muc.meta(derived_id(entry.id, n), entry.created_ms, body))
                for n, body in enumerate(bodies)
            ]


def _is_known_to(entry: Entry, fact: RoomChanged, reader: Reader) -> bool:
    """Whether the reader's user did it by a call that named no device: then none of the devices
    is told what goes to all but the actor (specs/msync.md 6.1)."""
    mine = entry.sender == reader.name and entry.sender_device == UNNAMED_DEVICE
    return mine and fact.change in _NOT_FOR_ITS_ACTOR


def _queue_of(entry: Entry, reader: Reader) -> QueueKey:
    talk = entry.conversation
    if talk.kind != "pair":
        return talk.room_id, frames.ROOM_DOMAIN, ""
    peer = talk.other_than(reader.name)
    # To oneself from another device: that device is the peer.
    return peer, frames.USER_DOMAIN, entry.sender_device if peer == reader.name else ""


def _cached(event: Logged, fact: MessagePosted, appkey: str, cache: FrameCache | None) -> bytes:
    if cache is None:
        return message_meta(event.entry, fact, appkey, _STORED)
    made = cache.frames.get("msync")
    if not isinstance(made, bytes):
        made = cache.frames["msync"] = message_meta(event.entry, fact, appkey, _ONLINE)
    return made


def history_meta(entry: Entry, appkey: str, overview: Json | None = None) -> bytes:
    """A stored message as history hands it out (specs/msync.md 8.5); see message_meta."""
    fact = fact_of(entry)
    if not isinstance(fact, MessagePosted):
        raise ValueError(f"entry {entry.id} is no message")
    return message_meta(entry, fact, appkey, b"", overview)


def message_meta(
    entry: Entry, fact: MessagePosted, appkey: str, note: bytes, overview: Json | None = None
) -> bytes:
    """The sender's own payload and ext byte for byte (R15), or built from the stored body.

    `overview` tells of the thread below the message (history only).
    """
    head = _head(entry, appkey)
    notes: Json = {} if overview is None else {"thread_overview": overview}
    if fact.thread is not None:
        notes["thread"] = thread_note(fact.thread)
    if note:
        head.meta = note
    if entry.raw is not None:
        # One message's encoding may be continued by another of its type: `raw` is a Meta's.
        return head.SerializeToString() + _with_notes(entry.raw, notes)
    body = pb.MessageBody(type=_TYPES[entry.conversation.kind], contents=[content_of(fact.body)])
    body.to.name = head.to.name
    frames.set_from(body, pb.Jid(name=entry.sender))
    if fact.ext:
        body.ext.extend(ext.from_json(fact.ext))
    if fact.options.need_group_ack:
        body.msg_config.allow_group_ack = True
    if fact.edited is not None:
        notes |= _edit_note(fact.edited, entry, entry.sender, entry.created_ms)
    if notes:
        body.meta = _one_line(notes)
    head.payload = body.SerializeToString()
    _put_route(head, entry, fact)
    return head.SerializeToString()


def _put_route(head: pb.Meta, entry: Entry, fact: MessagePosted) -> None:
    if fact.options.level:
        tag = _LEVELS.get(fact.options.level, 1)
        head.ext.add(key="chatroom_msg_tag", type=pb.KeyValue.INT, varint_value=tag)
    if entry.only:
        head.routetype = pb.Meta.ROUTE_DIRECT
        head.directed_users.extend(entry.only)
    elif entry.flags & EntryFlag.ONLINE_ONLY and entry.conversation.kind != "chatroom":
        head.routetype = pb.Meta.ROUTE_ONLINE


def _head(entry: Entry, appkey: str, me: str = "") -> pb.Meta:
    """`me`: who is told of a change that somebody may have made who is on neither side of a pair,
    as the app's `admin` is."""
    talk = entry.conversation
    head = pb.Meta(id=entry.id, timestamp=entry.created_ms, ns=pb.Meta.CHAT)
    frames.set_from(head, frames.user_jid(appkey, entry.sender, entry.sender_device))
    if talk.kind == "pair":
        is_stranger = me and entry.sender not in talk.names
        to = me if is_stranger else talk.other_than(entry.sender)
        head.to.CopyFrom(frames.user_jid(appkey, to))
    else:
        head.to.CopyFrom(frames.room_jid(appkey, talk.room_id))
    return head


def _chat_meta(entry: Entry, body: pb.MessageBody, appkey: str) -> bytes:
    head = _head(entry, appkey)
    frames.set_from(body, pb.Jid(name=entry.sender))
    body.to.name = head.to.name
    body.contents.add()
    head.payload = body.SerializeToString()
    return head.SerializeToString()


def _receipt(entry: Entry, fact: ReceiptGiven) -> pb.MessageBody:
    """`ext` stays empty: with something in it, a read receipt is a group's."""
    if fact.kind == "delivered":
        return pb.MessageBody(type=pb.MessageBody.DELIVER_ACK, ack_message_id=fact.up_to)
    if fact.whole:
        return pb.MessageBody(type=pb.MessageBody.CHANNEL_ACK)
    return pb.MessageBody(type=pb.MessageBody.READ_ACK, ack_message_id=fact.up_to)


def _recall(entry: Entry, fact: MessageRecalled, reader: Reader) -> bytes:
    head = _head(entry, reader.appkey, reader.name)
    body = pb.MessageBody(type=pb.MessageBody.RECALL, ack_message_id=fact.message_id)
    frames.set_from(body, pb.Jid(name=entry.sender))
    body.to.name = head.to.name
    body.contents.add()
    head.payload = body.SerializeToString()
    if fact.info:
        head.ext.add(key=RECALL_INFO, type=pb.KeyValue.STRING, string_value=fact.info)
    return head.SerializeToString()


def _edit(entry: Entry, fact: MessageEdited, reader: Reader) -> bytes:
    """The new content, with who changed it and how often (specs/msync.md 5.3, "Edit")."""
    head = _head(entry, reader.appkey, reader.name)
    body = pb.MessageBody(
        type=pb.MessageBody.EDIT, edit_message_id=fact.message_id, contents=[content_of(fact.body)]
    )
    body.edit_scope = pb.MessageBody.BODY if fact.ext is None else pb.MessageBody.BODY_AND_EXT
    frames.set_from(body, pb.Jid(name=entry.sender))
    body.to.name = head.to.name
    if fact.ext:
        body.ext.extend(ext.from_json(fact.ext))
    edit = Edit(fact.count, entry.sender, entry.created_ms)
    notes = _edit_note(edit, entry, fact.author, fact.posted_ms)
    if fact.thread is not None:
        notes["thread"] = thread_note(fact.thread)
    body.meta = _one_line(notes)
    head.payload = body.SerializeToString()
    return head.SerializeToString()


def edit_answer(entry: Entry, reader: Reader) -> bytes:
    """The meta beside the acknowledgement of an edit, for the device that made it."""
    fact = fact_of(entry)
    if not isinstance(fact, MessageEdited):
        return b""
    edit = Edit(fact.count, entry.sender, entry.created_ms)
    head = _head(entry, reader.appkey)
    head.ns = pb.Meta.NOTIFY
    head.payload = _one_line(_edit_note(edit, entry, fact.author, fact.posted_ms)).encode()
    return head.SerializeToString()


def _edit_note(edit: Edit, entry: Entry, author: str, posted_ms: int) -> Json:
    note = {
        "count": edit.count,
        "operator": edit.by,
        "edit_time": edit.at_ms,
        "sender": author,
        "send_time": posted_ms,
        "chat_type": _CHAT_TYPES.get(entry.conversation.kind, "chat:user"),
    }
    return {"edit_msg": note}


def _with_notes(raw: bytes, notes: Json) -> bytes:
    """The part of a Meta that a sender made, with what the server says beside the content. The
    content stays byte for byte: the field comes behind it once more, and the last one counts."""
    if not notes:
        return raw
    kept = pb.Meta.FromString(raw)
    said = _notes_of(pb.MessageBody.FromString(kept.payload).meta) | notes
    kept.payload += pb.MessageBody(meta=_one_line(said)).SerializeToString()
    return kept.SerializeToString()


def _notes_of(text: str) -> Json:
    """What the sender put there; clients send translations."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _one_line(notes: Json) -> str:
    return notify.one_line(notes).decode()


def _group_receipt(entry: Entry, fact: GroupMessageRead, appkey: str) -> bytes:
    """Only the message's author gets it (specs/msync.md 5.3, "read, group")."""
    head = pb.Meta(id=entry.id, timestamp=entry.created_ms, ns=pb.Meta.CHAT)
    frames.set_from(head, frames.user_jid(appkey, fact.username, ""))
    head.to.CopyFrom(frames.room_jid(appkey, fact.group_id))
    body = pb.MessageBody(
        type=pb.MessageBody.READ_ACK,
        ack_message_id=fact.message_id,
        ack_content=fact.content,
        contents=[pb.MessageBody.Content()],
    )
    frames.set_from(body, pb.Jid(name=fact.username))
    body.to.name = fact.group_id
    body.msg_config.allow_group_ack = True
    counts = json.dumps({str(fact.message_id): fact.count})
    body.ext.add(key="group_read_count", type=pb.KeyValue.JSON_STRING, string_value=counts)
    head.payload = body.SerializeToString()
    return head.SerializeToString()
