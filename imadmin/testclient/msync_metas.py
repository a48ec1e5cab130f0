"""What a client of the MSYNC wire writes into and reads in a Meta; the connection is in msync.

Source: specs/msync.md 5, 6. Of our code it knows only the generated classes, so that it is a second
opinion on the wire.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.text_format import MessageToString

from chat.wire.msync.pb import msync_pb2 as pb
from imadmin.testclient.native import MASK

Json = dict[str, Any]
Content = pb.MessageBody.Content

DOMAIN, ROOMS = "easemob.com", "conference.easemob.com"
_CHAT = {
    "user": pb.MessageBody.SINGLE_CHAT,
    "group": pb.MessageBody.GROUP_CHAT,
    "chatroom": pb.MessageBody.CHATROOM,
}
_PLACES = {number: name for name, number in _CHAT.items()}
_CHAT["thread"] = pb.MessageBody.GROUP_CHAT  # only a note in the body tells it from a group's
_KINDS = {
    "txt": Content.TEXT,
    "img": Content.IMAGE,
    "video": Content.VIDEO,
    "loc": Content.LOCATION,
    "audio": Content.VOICE,
    "file": Content.FILE,
    "cmd": Content.COMMAND,
    "custom": Content.CUSTOM,
}
_TYPES = {number: name for name, number in _KINDS.items()}
# A body's key → the Content's field, for what both hold as they are.
_FIELDS = {
    "msg": "text",
    "url": "remote_path",
    "filename": "display_name",
    "secret": "secret_key",
    "file_length": "file_length",
    "length": "duration",
    "thumb": "thumbnail_remote_path",
    "thumb_secret": "thumbnail_secret_key",
    "lat": "latitude",
    "lng": "longitude",
    "addr": "address",
    "buildingName": "building_name",
    "action": "action",
    "customEvent": "custom_event",
}
_KICKS = {
    pb.StatisticsBody.USER_REMOVED: "account_removed",
    pb.StatisticsBody.USER_LOGIN_ANOTHER_DEVICE: "device_replaced",
    pb.StatisticsBody.USER_KICKED_BY_CHANGE_PASSWORD: "password_changed",
    pb.StatisticsBody.USER_KICKED_BY_OTHER_DEVICE: "forced_offline",
}
_ROSTER = {
    pb.RosterBody.ADD: "request",
    pb.RosterBody.ACCEPT: "added",
    pb.RosterBody.REMOTE_ACCEPT: "added",
    pb.RosterBody.DECLINE: "declined",
    pb.RosterBody.REMOTE_DECLINE: "declined",
    pb.RosterBody.REMOVE: "removed",
    pb.RosterBody.BAN: "blocked",
    pb.RosterBody.ALLOW: "unblocked",
}
RECALL_INFO = "recallMessageExtensionInfo"
_INT32 = range(-(1 << 31), 1 << 31)


def jid_of(appkey: str, target: Json) -> pb.Jid:
    domain = DOMAIN if target["type"] == "user" else ROOMS
    return pb.Jid(app_key=appkey, name=target["id"], domain=domain)


# Up


def chat_meta(
    appkey: str,
    target: Json,
    *,
    body: Json | None = None,
    ext: Json | None = None,
    kind: "pb.MessageBody.Type | None" = None,
    **fields: Any,
) -> pb.Meta:
    """A meta of namespace CHAT: a message with a body, or of `kind` with the fields it needs."""
    said = pb.MessageBody(type=_CHAT[target["type"]] if kind is None else kind, **fields)
    said.to.name = target["id"]
    said.contents.append(content_of(body) if body is not None else Content())
    said.ext.extend(pairs_of(ext or {}))
    return pb.Meta(to=jid_of(appkey, target), ns=pb.Meta.CHAT, payload=said.SerializeToString())


def content_of(body: Json) -> Content:
    made = Content(type=_KINDS[body["type"]])
    for key, field in _FIELDS.items():
        if key in body:
            setattr(made, field, body[key])
    if "size" in body:
        made.size.width, made.size.height = body["size"]["width"], body["size"]["height"]
    made.custom_exts.extend(pairs_of(body.get("customExts", {})))
    return made


def pairs_of(values: Json) -> list[pb.KeyValue]:
    """In the types that the SDKs choose."""
    return [_pair(key, value) for key, value in values.items()]


def _pair(key: str, value: object) -> pb.KeyValue:
    match value:
        case bool():
            return pb.KeyValue(key=key, type=pb.KeyValue.BOOL, varint_value=value)
        case int():
            kind = pb.KeyValue.INT if value in _INT32 else pb.KeyValue.LLINT
            return pb.KeyValue(key=key, type=kind, varint_value=value)
        case float():
            return pb.KeyValue(key=key, type=pb.KeyValue.DOUBLE, double_value=value)
        case str():
            return pb.KeyValue(key=key, type=pb.KeyValue.STRING, string_value=value)
        case _:
            text = json.dumps(value)
            return pb.KeyValue(key=key, type=pb.KeyValue.JSON_STRING, string_value=text)


def in_words(frame: pb.MSync, direction: str) -> str:
    """A frame on one line for people, its nested payloads decoded and its proof masked."""
    shown = pb.MSync()
    shown.CopyFrom(frame)
    payload = shown.payload
    shown.ClearField("payload")
    if shown.auth:
        shown.auth = MASK
    parts = [MessageToString(shown, as_one_line=True, as_utf8=True)]
    kind = _PAYLOADS.get((frame.command, direction))
    if kind is not None and payload:
        said = kind.FromString(payload)
        if isinstance(said, pb.Provision) and said.auth:
            said.auth = MASK
        parts.append(MessageToString(said, as_one_line=True, as_utf8=True))
        metas = list(getattr(said, "metas", ())) or [getattr(said, "meta", None)]
        parts += [_meta_in_words(meta) for meta in metas if meta is not None and meta.payload]
    return " · ".join(part for part in parts if part)


def _meta_in_words(meta: pb.Meta) -> str:
    if meta.ns != pb.Meta.CHAT:
        return ""
    return MessageToString(pb.MessageBody.FromString(meta.payload), as_one_line=True, as_utf8=True)


_PAYLOADS: dict[tuple[int, str], Any] = {
    (pb.MSync.PROVISION, "out"): pb.Provision,
    (pb.MSync.PROVISION, "in"): pb.Provision,
    (pb.MSync.UNREAD, "in"): pb.CommUnreadDL,
    (pb.MSync.NOTICE, "in"): pb.CommNotice,
    (pb.MSync.SYNC, "out"): pb.CommSyncUL,
    (pb.MSync.SYNC, "in"): pb.CommSyncDL,
}


# Down


def event_of(meta: pb.Meta) -> Json:
    """The native client's event of the same fact, as far as the wire tells it."""
    return {"id": str(meta.id)} | _READERS[meta.ns](meta)


def _from(message: "pb.Meta | pb.MucBody | pb.RosterBody") -> str:
    jid: pb.Jid = getattr(message, "from")
    return jid.name


def _chat_event(meta: pb.Meta) -> Json:
    body = pb.MessageBody.FromString(meta.payload)
    by, about = _from(meta), str(body.ack_message_id)
    said: Json
    match body.type:
        case pb.MessageBody.READ_ACK:
            return {"ev": "receipt", "kind": "read", "by": by, "up_to": about}
        case pb.MessageBody.DELIVER_ACK:
            return {"ev": "receipt", "kind": "delivered", "by": by, "up_to": about}
        case pb.MessageBody.CHANNEL_ACK:
            return {"ev": "receipt", "kind": "read", "by": by, "whole": True}
        case pb.MessageBody.RECALL:
            info = next((pair.string_value for pair in meta.ext if pair.key == RECALL_INFO), "")
            said = {"message_id": about, "by": by, "to": meta.to.name, "info": info}
            return {"ev": "recalled", **said}
        case pb.MessageBody.EDIT:
            said = {"message_id": str(body.edit_message_id), "by": by, "to": meta.to.name}
            if body.edit_scope == pb.MessageBody.BODY_AND_EXT:
                said["ext"] = values_of(body.ext)
            edit = json.loads(body.meta)["edit_msg"]
            said |= {"count": edit["count"], "time": edit["edit_time"]}
            return {"ev": "edited", "body": body_of(body.contents[0]), **said}
    message = {
        "id": str(meta.id),
        "from": by,
        "to": {"type": _PLACES[body.type], "id": meta.to.name},
        "body": body_of(body.contents[0]),
        "ext": values_of(body.ext),
        "time": meta.timestamp,
    }
    if thread := json.loads(body.meta or "{}").get("thread"):
        message["to"] = {"type": "thread", "id": meta.to.name}
        message["thread"] = {
            "group": thread["muc_parent_id"],
            "message_id": thread["msg_parent_id"],
            "name": thread["thread_name"],
        }
    return {"ev": "message", "message": message}


def body_of(content: Content) -> Json:
    """What is empty was not said: proto2 clients read an absent text as an empty one."""
    made: Json = {"type": _TYPES[content.type]}
    for key, field in _FIELDS.items():
        if content.HasField(field) and (value := getattr(content, field)) != "":
            made[key] = value
    if content.HasField("size"):
        made["size"] = {"width": content.size.width, "height": content.size.height}
    if content.custom_exts:
        made["customExts"] = values_of(content.custom_exts)
    return made


def values_of(pairs: Iterable[pb.KeyValue]) -> Json:
    return {pair.key: _value(pair) for pair in pairs}


def _value(pair: pb.KeyValue) -> Any:
    held = getattr(pair, pair.WhichOneof("value") or "string_value")
    if pair.type == pb.KeyValue.BOOL:
        return bool(held)
    return json.loads(held) if pair.type == pb.KeyValue.JSON_STRING else held


def _muc_event(meta: pb.Meta) -> Json:
    """`kind` is the operation's name: direct_joined, kick, presence, …; `info` is the JSON that
    beside it says what changed."""
    body = pb.MucBody.FromString(meta.payload)
    place = "room" if body.is_chatroom else "thread" if body.is_thread else "group"
    kind = pb.MucBody.Operation.Name(body.operation).lower()
    event: Json = {"ev": place, "kind": kind, place: body.muc_id.name, "by": _from(body)}
    event["users"] = [jid.name for jid in body.to]
    event |= {"name": body.muc_name, "reason": body.reason, "ext": body.ext}
    event["info"] = json.loads(body.event_info.ext or "{}")
    if body.HasField("muc_member_count"):
        event["members"] = body.muc_member_count
    return event


def _roster_event(meta: pb.Meta) -> Json:
    body = pb.RosterBody.FromString(meta.payload)
    kind = _ROSTER[body.operation]
    answers = body.operation == pb.RosterBody.REMOTE_ACCEPT
    event = {"ev": "roster", "kind": kind, "user": _from(body), "message": body.reason}
    return event | ({"answers": True} if answers else {})


def _kick_event(meta: pb.Meta) -> Json:
    body = pb.StatisticsBody.FromString(meta.payload)
    return {"ev": "kicked", "code": _KICKS[body.operation], "reason": body.reason}


def _notice_event(meta: pb.Meta) -> Json:
    return {"ev": "notice", "notice": json.loads(meta.payload)}


_READERS: dict[int, Callable[[pb.Meta], Json]] = {
    pb.Meta.CHAT: _chat_event,
    pb.Meta.MUC: _muc_event,
    pb.Meta.ROSTER: _roster_event,
    pb.Meta.STATISTIC: _kick_event,
    pb.Meta.NOTIFY: _notice_event,
}
