"""The JSON that a webhook is told, and its signature (rest.md 3.13)."""

import hashlib
from typing import Any

from accounts.domain.ids import Appkey
from chat.domain.bodies import Body
from chat.domain.entries import Entry
from chat.domain.events import (
    GroupMessageRead,
    MessageEdited,
    MessagePosted,
    MessageRecalled,
    ReactionChanged,
    ReceiptGiven,
    RoomChange,
    RoomChanged,
    RosterChange,
    fact_of,
)
from chat.domain.listed import thread_notice
from chat.domain.own_changes import OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.targets import Conversation
from chat.domain.threads import ThreadChanged
from chat.webhooks.rules import MUC_OPERATIONS, ROSTER_NAMES

Json = dict[str, Any]

VERSION = "1.0.0"
# The vendor sends rooms under the groups' name (rest.md 3.13.3, "sic").
CHAT_TYPES = {
    "pair": "chat",
    "group": "groupchat",
    "chatroom": "groupchat",
    "thread": "groupchat",
    "personal": "chat",
}


def sign(call_id: str, secret: str, timestamp_ms: int) -> str:
    """The `security` field: lower-case hex MD5 of callId + secret + timestamp. Source: 3.13.1."""
    text = f"{call_id}{secret}{timestamp_ms}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def signed(body: Json, secret: str) -> Json:
    """The body with `security`, made of the callId and timestamp in it."""
    return {**body, "security": sign(body["callId"], secret, body["timestamp"])}


def bodies_of(body: Body) -> list[Json]:
    """A message's content as history export and webhooks carry it (rest.md 3.6.9)."""
    made: Json = {**body.fields, "type": body.type}
    exts = made.get("customExts")
    if body.type == "custom" and isinstance(exts, dict):
        made["v2:customExts"] = exts
        made["customExts"] = [{key: value} for key, value in exts.items()]
    return [made]


def user_jid(appkey: Appkey, username: str) -> str:
    return f"{appkey}_{username}@easemob.com"


def room_jid(appkey: Appkey, room_id: str) -> str:
    return f"{appkey}_{room_id}@conference.easemob.com"


def pre_send_body(
    appkey: Appkey,
    call_id: str,
    now_ms: int,
    sender: str,
    where: Conversation,
    body: Body,
    ext: Json,
) -> Json:
    """What a rule is asked before a client's message is stored. It has no id yet, so none is sent
    but the call's."""
    to = where.other_than(sender) if where.kind == "pair" else where.room_id
    made: Json = {
        "callId": call_id,
        "timestamp": now_ms,
        "chat_type": CHAT_TYPES[where.kind],
        "from": sender,
        "to": to,
        "msg_id": call_id.rpartition("_")[2],
        "payload": {"bodies": bodies_of(body), "ext": ext, "from": sender, "to": to},
        "securityVersion": VERSION,
        "appkey": str(appkey),
    }
    if where.kind != "pair":
        made["group_id"] = where.room_id
    return made


def post_send_body(appkey: Appkey, entry: Entry, *, offline: bool, host: str) -> Json:
    """What a rule is told of a stored entry."""
    where = entry.conversation
    made: Json = {
        "callId": f"{appkey}_{entry.id}",
        "eventType": "chat_offline" if offline else "chat",
        "timestamp": entry.created_ms,
        "chat_type": CHAT_TYPES[where.kind],
        "from": entry.sender,
        "to": where.other_than(entry.sender) if where.kind == "pair" else where.room_id,
        "msg_id": str(entry.id),
        "host": host,
        "appkey": str(appkey),
        "securityVersion": VERSION,
    }
    if where.kind in {"group", "chatroom", "thread"}:
        made["group_id"] = where.room_id
    made.update(_of_fact(appkey, entry))
    return made


def _of_fact(appkey: Appkey, entry: Entry) -> Json:
    match fact_of(entry):
        case MessagePosted(body, ext, _):
            return {"payload": {"bodies": bodies_of(body), "ext": ext or {}}}
        case MessageRecalled(message_id, _):
            acked = {"ext": {}, "ack_message_id": str(message_id), "bodies": []}
            return {"chat_type": "recall", "recall_id": str(message_id), "payload": acked}
        case MessageEdited(message_id, body, ext, count):
            payload: Json = {"bodies": bodies_of(body), "ext": ext or {}}
            payload |= {"edit_message_id": str(message_id), "edit_count": count}
            return {"chat_type": "edit", "payload": payload}
        case ReactionChanged() as reacted:
            return _of_reaction(entry, reacted)
        case GroupMessageRead(_, message_id):
            acked = {"ext": {}, "ack_message_id": str(message_id), "bodies": []}
            return {"chat_type": "read_ack", "payload": acked}
        case ReceiptGiven(kind, up_to):
            acked = {"ext": {}, "ack_message_id": str(up_to), "bodies": []}
            return {
                "chat_type": f"{kind}_ack" if kind == "read" else "delivery_ack",
                "payload": acked,
            }
        case RoomChanged() as changed:
            return _of_room_change(appkey, entry, changed)
        case OwnChanged() | MessagePinned():
            return {}  # no rule can name it
        case ThreadChanged() as thread:
            return {"chat_type": "notify", "payload": thread_notice(entry, thread)}
        case changed_roster:
            operation = ROSTER_NAMES[changed_roster.change]
            return {
                "chat_type": "roster",
                "to": changed_roster.username,
                "payload": {
                    "operation": "remote_decline" if operation == "decline" else operation,
                    "reason": changed_roster.message,
                    **_roster_detail(changed_roster.change, entry),
                },
            }


def _of_reaction(entry: Entry, fact: ReactionChanged) -> Json:
    where = entry.conversation
    channel = CHAT_TYPES[where.kind]
    changed = {
        "messageId": str(fact.message_id),
        "from": entry.sender,
        "to": where.other_than(entry.sender) if where.kind == "pair" else where.room_id,
        "channel_type": channel,
        "ts": entry.created_ms,
        "reactions": [
            {
                "reaction": fact.reaction,
                "userList": list(fact.users),
                "count": fact.count,
                "op": [
                    {
                        "reactionType": "create" if fact.added else "delete",
                        "operator": entry.sender,
                    }
                ],
            }
        ],
    }
    payload = {"type": "reaction", "data": [changed], "num": 1, "channel_type": channel}
    return {"chat_type": "notify", "payload": payload}


def _roster_detail(change: RosterChange, entry: Entry) -> Json:
    match change:
        case RosterChange.ADDED | RosterChange.REMOVED:
            return {"roster_ver": str(entry.id)}
        case RosterChange.BLOCKED | RosterChange.UNBLOCKED:
            return {"status": {"error_code": "ok"}}
        case _:
            return {}


def _of_room_change(appkey: Appkey, entry: Entry, changed: RoomChanged) -> Json:
    operation = MUC_OPERATIONS[changed.change]
    if changed.change is RoomChange.MEMBERS_ADDED and changed.detail.get("created"):
        operation = "create"
    if changed.change is RoomChange.ANNOUNCED and not changed.detail.get("announcement"):
        operation = "delete_announcement"
    one = changed.users[0] if len(changed.users) == 1 else changed.room_id
    return {
        "chat_type": "muc",
        "group_id": changed.room_id,
        "from": user_jid(appkey, entry.sender),
        "to": one,
        "payload": {
            "muc_id": room_jid(appkey, changed.room_id),
            "reason": str(changed.detail.get("message", "")),
            "is_chatroom": changed.kind == "chatroom",
            "operation": operation,
            "status": {"description": "", "error_code": "ok"},
        },
    }


def user_status_body(
    appkey: Appkey, call_id: str, now_ms: int, *, reason: str, username: str, device: str,
    os: str, address: str, version: str, host: str,
) -> Json:  # fmt: skip
    """Login status (rest.md 3.13.4). `reason` is login, logout or replaced."""
    return {
        "callId": call_id,
        "reason": reason,
        "os": os,
        "ip": address,
        "host": host,
        "appkey": str(appkey),
        "user": f"{user_jid(appkey, username)}/{device}",
        "version": version,
        "timestamp": now_ms,
        "status": "online" if reason == "login" else "offline",
    }
