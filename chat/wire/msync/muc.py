"""Groups and chatrooms: facts → MUC bodies for one reader, and joining and leaving up.

Source: specs/msync.md 6.2, 7.2.
"""

import json
from typing import Any

from chat.domain.entries import Entry
from chat.domain.events import RoomChange, RoomChanged
from chat.wire.msync import frames
from chat.wire.msync.pb import msync_pb2 as pb

Op = pb.MucBody

# To everybody in it, one body, without somebody concerned.
_PLAIN = {
    RoomChange.MUTED_ALL: Op.BAN_GROUP,
    RoomChange.UNMUTED_ALL: Op.REMOVE_BAN_GROUP,
    RoomChange.DISABLED: Op.DISABLE_GROUP,
    RoomChange.ENABLED: Op.ABLE_GROUP,
    RoomChange.FILE_SHARED: Op.UPLOAD_FILE,
    RoomChange.FILE_REMOVED: Op.DELETE_FILE,
}
# One body for each user concerned: the handlers read only `to[0]`.
_CONCERNED = {
    RoomChange.ADMIN_ADDED: Op.ADD_ADMIN,
    RoomChange.ADMIN_REMOVED: Op.REMOVE_ADMIN,
    RoomChange.MUTED: Op.ADD_MUTE,
    RoomChange.UNMUTED: Op.REMOVE_MUTE,
    RoomChange.ALLOWED: Op.ADD_USER_WHITE_LIST,
    RoomChange.DISALLOWED: Op.REMOVE_USER_WHITE_LIST,
}
# In the reader's personal log: (operation, whether the fact's user is who acts).
_PERSONAL = {
    RoomChange.INVITED: (Op.INVITE, False),
    RoomChange.INVITE_DECLINED: (Op.INVITE_DECLINE, True),
    RoomChange.REQUESTED: (Op.APPLY, True),
    RoomChange.REQUEST_DECLINED: (Op.APPLY_DECLINE, False),
}
# Room fields → the names of operation 14's JSON.
_UPDATED = {
    "name": "name",
    "description": "description",
    "public": "public",
    "members_only": "members_only",
    "allow_invites": "allow_user_invites",
    "max_members": "max_users",
    "invite_need_confirm": "invite_need_confirm",
    "custom": "custom",
    "avatar": "avatar",
    "modified_ms": "last_modified",
}


class _Maker:
    """Bodies of one fact."""

    def __init__(self, entry: Entry, fact: RoomChanged, appkey: str) -> None:
        self.entry, self.fact, self.appkey = entry, fact, appkey

    def body(
        self,
        operation: "pb.MucBody.Operation",
        by: str = "",
        to: str = "",
        **fields: Any,
    ) -> pb.MucBody:
        made = pb.MucBody(
            muc_id=frames.room_jid(self.appkey, self.fact.room_id),
            operation=operation,
            is_chatroom=self.fact.kind == "chatroom",
            **fields,
        )
        frames.set_from(made, frames.user_jid(self.appkey, by or self.entry.sender))
        made.status.error_code = pb.MucBody.Status.OK
        if to:
            made.to.append(frames.user_jid(self.appkey, to))
        if name := self.fact.detail.get("name"):
            made.muc_name = name
        if self.fact.kind == "thread":
            made.is_thread = True
            group = str(self.fact.detail.get("parent", ""))
            made.muc_parent_id.CopyFrom(frames.room_jid(self.appkey, group))
        return made


def bodies_of(entry: Entry, fact: RoomChanged, appkey: str, me: str) -> list[pb.MucBody]:
    """What `me` is told of a change, in order; [] for what is not for them."""
    make = _Maker(entry, fact, appkey)
    change = fact.change
    if fact.kind == "thread":
        return _thread(make, me)
    if change in _PLAIN:
        return [make.body(_PLAIN[change])]
    if change in _CONCERNED:
        return _concerned(make, me)
    if change in _PERSONAL:
        return [_personal(make, me)]
    match change:
        case RoomChange.MEMBERS_ADDED:
            return _added(make, me)
        case RoomChange.MEMBER_JOINED:
            return _joined(make, me)
        case RoomChange.MEMBER_LEFT | RoomChange.MEMBERS_REMOVED | RoomChange.MEMBERS_BLOCKED:
            return _gone(make, me)
        case _:
            return _told(make, me)


def _thread(make: _Maker, me: str) -> list[pb.MucBody]:
    """What the own other devices hear, and who is taken out; the group hears by notices (8.6)."""
    fact = make.fact
    mine = me in fact.users
    match fact.change:
        case RoomChange.MEMBERS_ADDED | RoomChange.MEMBER_JOINED if mine:
            created = bool(fact.detail.get("created"))
            return [make.body(Op.THREAD_CREATE if created else Op.THREAD_JOIN, to=me)]
        case RoomChange.MEMBER_LEFT if mine:
            return [make.body(Op.THREAD_LEAVE, to=me)]
        case RoomChange.MEMBERS_REMOVED | RoomChange.MEMBERS_BLOCKED if mine:
            return [make.body(Op.THREAD_KICK, to=me)]
        case RoomChange.UPDATED if me == make.entry.sender:
            return [make.body(Op.THREAD_UPDATE)]
        case RoomChange.DESTROYED if me == make.entry.sender:
            return [make.body(Op.THREAD_DESTROY)]
        case _:
            return []


def _concerned(make: _Maker, me: str) -> list[pb.MucBody]:
    """To the user concerned, the owner and the admins."""
    fact = make.fact
    users = fact.users
    if fact.staff and me not in fact.staff and me != make.entry.sender:
        users = tuple(name for name in users if name == me)
    bodies = [make.body(_CONCERNED[fact.change], to=name) for name in users]
    if fact.change is RoomChange.MUTED:
        for body in bodies:
            body.ext = json.dumps({"user_mute_time": fact.detail.get("expires_ms", -1)})
    return bodies


def _personal(make: _Maker, me: str) -> pb.MucBody:
    operation, by_user = _PERSONAL[make.fact.change]
    by = make.fact.users[0] if by_user and make.fact.users else ""
    reason = str(make.fact.detail.get("message") or "")
    return make.body(operation, by=by, to=me, reason=reason)


def _added(make: _Maker, me: str) -> list[pb.MucBody]:
    fact, detail = make.fact, make.fact.detail
    if me in fact.users:
        if detail.get("created") and me == detail.get("owner"):
            return [make.body(Op.CREATE)]
        if detail.get("approved") and not detail.get("inviter"):
            return [make.body(Op.APPLY_ACCEPT, to=me)]
        return [make.body(Op.DIRECT_JOINED, to=me)]
    return [_presence(make, name) for name in fact.users]


def _joined(make: _Maker, me: str) -> list[pb.MucBody]:
    bodies = []
    for name in make.fact.users:
        if name == me:
            continue
        if make.fact.detail.get("inviter") == me:
            bodies.append(make.body(Op.INVITE_ACCEPT, by=name, to=me))
        bodies.append(_presence(make, name))
    return bodies


def _presence(make: _Maker, name: str) -> pb.MucBody:
    body = make.body(Op.PRESENCE, by=name)
    body.muc_member_count = int(make.fact.detail.get("members", 0))
    if text := str(make.fact.detail.get("message") or ""):
        body.ext = text
    return body


def _gone(make: _Maker, me: str) -> list[pb.MucBody]:
    fact = make.fact
    if me in fact.users:
        if fact.change is RoomChange.MEMBER_LEFT:
            return []
        return [make.body(Op.KICK, to=me)]
    count = int(fact.detail.get("members", 0))
    return [make.body(Op.ABSENCE, by=name, muc_member_count=count) for name in fact.users]


def _told(make: _Maker, me: str) -> list[pb.MucBody]:
    fact, detail = make.fact, make.fact.detail
    match fact.change:
        case RoomChange.DESTROYED:
            return [make.body(Op.DESTROY)]
        case RoomChange.MEMBERS_UNBLOCKED if make.entry.conversation.kind == "personal":
            # Source: 6.2, operation 13: the app shows `reason`.
            return [make.body(Op.ALLOW, to=me, reason="unblocked")]
        case RoomChange.OWNER_CHANGED:
            old = str(detail.get("old_owner") or make.entry.sender)
            return [make.body(Op.ASSIGN_OWNER, by=old, to=str(detail.get("owner", "")))]
        case RoomChange.ANNOUNCED:
            text = str(detail.get("announcement", ""))
            operation = Op.UPDATE_ANNOUNCEMENT if text else Op.DELETE_ANNOUNCEMENT
            return [make.body(operation, reason=text)]
        case RoomChange.UPDATED:
            body = make.body(Op.UPDATE)
            named = {said: detail[name] for name, said in _UPDATED.items() if name in detail}
            body.event_info.ext = json.dumps(named, ensure_ascii=False)
            return [body]
        case RoomChange.ATTRIBUTES_SET | RoomChange.ATTRIBUTES_REMOVED:
            return [_room_attributes(make)]
        case RoomChange.MEMBER_ATTRIBUTES:
            body = make.body(Op.GROUP_MEMBER_METADATA_UPDATE)
            said = {"username": fact.users[0], "properties": detail["properties"]}
            body.event_info.ext = json.dumps(said, ensure_ascii=False)
            return [body]
        case _:
            return []


def _room_attributes(make: _Maker) -> pb.MucBody:
    """Source: msync.md 6.2, operations 43 and 44."""
    fact, detail = make.fact, make.fact.detail
    was_set = fact.change is RoomChange.ATTRIBUTES_SET
    body = make.body(Op.SET_METADATA if was_set else Op.DELETE_METADATA)
    properties = detail["properties"]
    result = {"successKeys": list(properties), "errorKeys": detail.get("failed", {})}
    said = {"result": result, "properties": properties}
    body.event_info.ext = json.dumps(said, ensure_ascii=False)
    return body


def meta(meta_id: int, at_ms: int, body: pb.MucBody) -> bytes:
    made = pb.Meta(
        id=meta_id,
        to=body.muc_id,
        timestamp=at_ms,
        ns=pb.Meta.MUC,
        payload=body.SerializeToString(),
    )
    frames.set_from(made, getattr(body, "from"))
    return made.SerializeToString()


def join_answer(
    meta_id: int, at_ms: int, room: pb.Jid, me: pb.Jid, info: dict[str, Any] | None
) -> bytes:
    """The meta beside the acknowledgement of a join: what gen 4 shows as the room's state."""
    body = pb.MucBody(muc_id=room, operation=Op.JOIN, is_chatroom=True)
    frames.set_from(body, me)
    body.status.error_code = pb.MucBody.Status.OK
    if info is not None:
        body.status.chatroom_info = json.dumps({me.name: info}, separators=(",", ":"))
    return meta(meta_id, at_ms, body)
