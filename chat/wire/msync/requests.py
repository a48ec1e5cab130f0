"""Metas up → commands: messages, receipts, recalls.

Source: specs/msync.md 5.1.
"""

import json

from chat.domain.bodies import Body as TypedBody
from chat.domain.commands import (
    Command,
    EditMessage,
    GiveGroupReceipt,
    GiveReceipt,
    MarkRead,
    RecallMessage,
    SendMessage,
)
from chat.domain.errors import GroupNotFound, IllegalBody, NotEditable
from chat.domain.events import MessageOptions
from chat.domain.targets import Target, ToChatroom, ToGroup, ToThread, ToUser
from chat.wire.msync import ext, frames
from chat.wire.msync.bodies import body_of
from chat.wire.msync.metas import RECALL_INFO
from chat.wire.msync.pb import msync_pb2 as pb

Body = pb.MessageBody
_LEVELS = {0: "high", 1: "normal", 2: "low"}
MAX_ACK_CONTENT = 1024
_NEWEST = (1 << 63) - 1


def command_of(meta: pb.Meta, client_id: str) -> Command | None:
    """What a CHAT meta asks; None for what is acknowledged and forgotten.

    Raises:
        IllegalBody, GroupNotFound.
    """
    body = Body.FromString(meta.payload)
    match body.type:
        case Body.READ_ACK | Body.DELIVER_ACK:
            return _receipt(meta, body)
        case Body.RECALL:
            info = next((pair.string_value for pair in meta.ext if pair.key == RECALL_INFO), "")
            return RecallMessage(_entry_id(body.ack_message_id), info=ext.text(info)[:1024])
        case Body.CHANNEL_ACK:
            place = _target(meta, body)
            return MarkRead(place, _NEWEST, whole=True)
        case Body.EDIT:
            return _edit(meta, body)
        case _:
            return _message(meta, body, client_id)


def _message(meta: pb.Meta, body: pb.MessageBody, client_id: str) -> SendMessage:
    if not body.contents:
        raise IllegalBody(detail="the message has no content")
    target = _target(meta, body)
    only: tuple[str, ...] = ()
    if meta.routetype == pb.Meta.ROUTE_DIRECT:
        only = tuple(ext.text(name) for name in meta.directed_users)
    options = MessageOptions(
        need_group_ack=body.msg_config.allow_group_ack,
        level=_level(meta) if isinstance(target, ToChatroom) else "",
    )
    content, values = _content(meta, body)
    return SendMessage(
        target=target,
        body=content,
        ext=values if body.ext else None,
        client_id=client_id,
        online_only=meta.routetype == pb.Meta.ROUTE_ONLINE,
        only=only,
        options=options,
        raw=_raw(meta),
    )


def _edit(meta: pb.Meta, body: pb.MessageBody) -> EditMessage:
    if not body.contents:
        raise NotEditable()
    content, values = _content(meta, body)
    return EditMessage(
        _entry_id(body.edit_message_id),
        content,
        ext=values if body.edit_scope == Body.BODY_AND_EXT else None,
        merge_ext=False,
    )


def _content(meta: pb.Meta, body: pb.MessageBody) -> tuple[TypedBody, ext.Json]:
    """Its typed body and its ext."""
    made, values = body_of(body.contents[0]), ext.to_json(body.ext)
    if not meta.payload.isascii():  # else every text in it is UTF-8
        ext.check_texts(made.fields)
        ext.check_texts(values)
    return made, values


def _raw(meta: pb.Meta) -> bytes:
    """What receivers get unchanged (R15), as the part of a Meta that holds it."""
    if not meta.ext and not meta.directed_users and not meta.HasField("routetype"):
        return b"\x32%b%b" % (frames.varint(len(meta.payload)), meta.payload)  # Meta.payload alone
    kept = pb.Meta(payload=meta.payload, ext=meta.ext, directed_users=meta.directed_users)
    if meta.HasField("routetype"):
        kept.routetype = meta.routetype
    return kept.SerializeToString()


def _target(meta: pb.Meta, body: pb.MessageBody) -> Target:
    name = ext.text(meta.to.name)
    if not name:
        raise IllegalBody(detail="the message is for nobody")
    if meta.to.domain != frames.ROOM_DOMAIN:
        return ToUser(name.lower())
    if body.type == Body.CHATROOM:
        return ToChatroom(name)
    if body.type == Body.SINGLE_CHAT:
        raise GroupNotFound(room_id=name)
    return ToThread(name) if _is_in_thread(body) else ToGroup(name)


def _is_in_thread(body: pb.MessageBody) -> bool:
    """Gen 4 marks what it sends into a thread; anything else is looked up by the id alone."""
    if not body.meta:
        return False
    try:
        said = json.loads(body.meta)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and "thread" in said


def _receipt(meta: pb.Meta, body: pb.MessageBody) -> Command | None:
    if meta.to.domain == frames.ROOM_DOMAIN:
        in_thread, name = _is_in_thread(body), ext.text(meta.to.name)
        group = ToThread(name) if in_thread else ToGroup(name)
        read = _entry_id(body.ack_message_id)
        if body.type == Body.READ_ACK and body.msg_config.allow_group_ack:
            return GiveGroupReceipt(group, read, ext.text(body.ack_content)[:MAX_ACK_CONTENT])
        return MarkRead(group, read)
    peer = ext.text(meta.to.name).lower()
    if not peer:
        return None
    message_id = _entry_id(body.ack_message_id)
    if body.type == Body.READ_ACK:
        return GiveReceipt("read", peer, message_id)
    return GiveReceipt("delivered", peer, message_id)


def _entry_id(number: int) -> int:
    return number if number <= _NEWEST else 0


def _level(meta: pb.Meta) -> str:
    tag = next((pair for pair in meta.ext if pair.key == "chatroom_msg_tag"), None)
    return _LEVELS.get(tag.varint_value, "") if tag is not None else ""
