"""op → command: everything a native client may ask, except `ping`."""

from collections.abc import Callable
from typing import Any

from chat.domain.bodies import parse_body
from chat.domain.commands import (
    AnswerContact,
    AnswerInvitation,
    AnswerJoinRequest,
    BlockUsers,
    ClientInfo,
    Command,
    CreateRoom,
    DestroyRoom,
    GetRoom,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    ListConversations,
    ListMembers,
    ListRooms,
    ListRoster,
    LogIn,
    MarkDelivered,
    MarkRead,
    MuteAll,
    MuteMembers,
    ReadHistory,
    RecallMessage,
    RemoveContact,
    RemoveMembers,
    RequestContact,
    SendMessage,
    SendTyping,
    SetAdmin,
    SetAnnouncement,
    SetPresence,
    SubscribePresence,
    Sync,
    TransferRoom,
    UnblockUser,
    UnmuteMembers,
    UnsubscribePresence,
    UpdateRoom,
)
from chat.domain.errors import IllegalArgument
from chat.domain.targets import RoomKind
from chat.wire.native.fields import Fields
from chat.wire.native.threads import THREAD_PARSERS

Parser = Callable[[Fields], Command]

MAX_DEVICE = 128
MAX_CLIENT_ID = 64
MAX_SECRET = 1024
FOREVER_MS = -1
MAX_MUTE_MS = 10 * 365 * 24 * 3600 * 1000
DAY_S = 24 * 3600
MAX_PRESENCE_S = 30 * DAY_S

# REST's names (and aliases, the preferred first) → Room fields: rest.md 3.8.1, 3.8.2.
_ROOM_TEXTS = {
    "name": ("groupname", "name"),
    "description": ("description", "desc"),
    "custom": ("custom",),
    "avatar": ("avatar",),
}
_ROOM_FLAGS = {
    "public": ("public",),
    "members_only": ("membersonly", "members_only", "approval"),
    "allow_invites": ("allowinvites",),
    "invite_need_confirm": ("invite_need_confirm",),
}


def _log_in(fields: Fields) -> LogIn:
    client = Fields(fields.object("client") or {})
    username = fields.text("user", "", most=256)
    return LogIn(
        appkey=fields.text("appkey", most=128),
        username=username.lower(),
        token=fields.text("token", "", most=MAX_SECRET),
        password=fields.text("password", "", most=MAX_SECRET),
        device=fields.name("device", most=MAX_DEVICE),
        client=ClientInfo(
            client.name("type", most=32),
            client.name("sdk", most=64),
            client.name("version", most=32),
        ),
    )


def _send(fields: Fields) -> SendMessage:
    body = fields.object("body")
    if body is None:
        raise IllegalArgument(detail="body must be an object")
    return SendMessage(
        target=fields.target(),
        body=parse_body(Fields(body).text("type", most=32), body),
        ext=fields.object("ext"),
        client_id=fields.name("id", most=MAX_CLIENT_ID),
        online_only=fields.flag("online_only"),
    )


def _sync(fields: Fields) -> Sync:
    limit = fields.number("limit", 100, 1, 200)
    if fields.values.get("conversation") is None:
        return Sync(after=fields.text("after", "", most=4096), limit=limit)
    after = fields.entry_id("after", newest=True)
    return Sync(fields.place(), str(after) if after else "", limit)


def _history(fields: Fields) -> ReadHistory:
    before = fields.entry_id("before", newest=True)
    return ReadHistory(fields.place(), before, fields.number("limit", 10, 1, 100))


def _room_values(fields: Fields) -> dict[str, Any]:
    """The Room fields that the request names."""
    named: dict[str, Any] = {}
    for field, keys in _ROOM_TEXTS.items():
        if (key := _first(fields, keys)) is not None:
            named[field] = fields.text(key, "")
    for field, keys in _ROOM_FLAGS.items():
        if (key := _first(fields, keys)) is not None:
            named[field] = fields.flag(key)
    if fields.values.get("maxusers") is not None:
        named["max_members"] = fields.number("maxusers", 0, 1, 1_000_000)
    return named


def _first(fields: Fields, keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if fields.values.get(key) is not None), None)


def _group_create(fields: Fields) -> CreateRoom:
    values = _room_values(fields)
    return CreateRoom(
        kind="group",
        name=values.pop("name", ""),
        members=fields.usernames("members"),
        room_id=fields.name("groupid", most=64),
        **values,
    )


def _group_update(fields: Fields) -> Command:
    target = fields.room("group")
    if fields.values.get("announcement") is not None:
        return SetAnnouncement(target, fields.text("announcement", ""))
    changes = _room_values(fields)
    if not changes:
        raise IllegalArgument(detail="nothing to change is named")
    return UpdateRoom(target, changes)


def _group_answer(accept: bool) -> Parser:
    """With `user`: an admin answers that user's application; else one's own invitation."""

    def parse(fields: Fields) -> Command:
        target = fields.room("group")
        if fields.values.get("user") is not None:
            return AnswerJoinRequest(target, fields.username(), accept)
        return AnswerInvitation(target, accept)

    return parse


def _members_named(fields: Fields) -> tuple[str, ...]:
    names = fields.usernames("usernames", "users", "user")
    if not names:
        raise IllegalArgument(detail="usernames must name somebody")
    return names


def _group_role(fields: Fields) -> SetAdmin:
    role = fields.text("role")
    if role not in ("admin", "member"):
        raise IllegalArgument(detail="role must be admin or member")
    return SetAdmin(fields.room("group"), fields.username(), role == "admin")


def _group_mute(fields: Fields) -> Command:
    """`all` true or false; or `usernames` with `mute_duration` in ms (-1 for ever, 0 ends it)."""
    target = fields.room("group")
    if fields.values.get("all") is not None:
        return MuteAll(target, fields.flag("all"))
    names = _members_named(fields)
    duration = fields.number("mute_duration", FOREVER_MS, FOREVER_MS, MAX_MUTE_MS)
    return MuteMembers(target, names, duration) if duration else UnmuteMembers(target, names)


def _list_rooms(kind: RoomKind, default: str) -> Parser:
    def parse(fields: Fields) -> ListRooms:
        scope = fields.text("scope", default)
        after, limit = fields.text("cursor", "", most=1024), fields.number("limit", 50, 1, 500)
        if scope == "joined":
            return ListRooms(kind, "joined", after, limit)
        if scope == "public":
            return ListRooms(kind, "public", after, limit)
        raise IllegalArgument(detail="scope must be joined or public")

    return parse


def _members(kind: RoomKind) -> Parser:
    return lambda fields: ListMembers(
        fields.room(kind),
        fields.text("cursor", "", most=1024),
        fields.number("limit", 200, 1, 1000),
    )


PARSERS: dict[str, Parser] = {
    "login": _log_in,
    "send": _send,
    "sync": _sync,
    "history": _history,
    "delivered": lambda f: MarkDelivered(f.place(), f.entry_id("up_to"), receipt=True),
    "read": lambda f: MarkRead(f.place(), f.entry_id("up_to")),
    "recall": lambda f: RecallMessage(f.entry_id("id")),
    "conversations": lambda f: ListConversations(
        f.text("after", "", most=1024), f.number("limit", 50, 1, 200)
    ),
    "typing": lambda f: SendTyping(f.target()),
    "roster": lambda _: ListRoster(),
    "roster.add": lambda f: RequestContact(f.username(), f.text("message", "", most=512)),
    "roster.accept": lambda f: AnswerContact(f.username(), accept=True),
    "roster.decline": lambda f: AnswerContact(f.username(), accept=False),
    "roster.remove": lambda f: RemoveContact(f.username()),
    "block": lambda f: BlockUsers((f.username(),)),
    "unblock": lambda f: UnblockUser(f.username()),
    "group.create": _group_create,
    "group.update": _group_update,
    "group.get": lambda f: GetRoom(f.room("group")),
    "group.list": _list_rooms("group", "joined"),
    "group.join": lambda f: JoinRoom(f.room("group"), f.text("message", "", most=512)),
    "group.leave": lambda f: LeaveRoom(f.room("group")),
    "group.invite": lambda f: InviteMembers(
        f.room("group"), _members_named(f), f.text("message", "", most=512)
    ),
    "group.accept": _group_answer(accept=True),
    "group.decline": _group_answer(accept=False),
    "group.remove": lambda f: RemoveMembers(f.room("group"), _members_named(f)),
    "group.role": _group_role,
    "group.mute": _group_mute,
    "group.transfer": lambda f: TransferRoom(f.room("group"), f.username("newowner")),
    "group.destroy": lambda f: DestroyRoom(f.room("group")),
    "group.members": _members("group"),
    "room.list": _list_rooms("chatroom", "public"),
    "room.join": lambda f: JoinRoom(f.room("chatroom")),
    "room.leave": lambda f: LeaveRoom(f.room("chatroom")),
    "room.get": lambda f: GetRoom(f.room("chatroom")),
    "room.members": _members("chatroom"),
    **THREAD_PARSERS,
    "presence.set": lambda f: SetPresence(f.text("status", most=64), f.text("ext", "", most=1024)),
    "presence.subscribe": lambda f: SubscribePresence(
        _members_named(f), f.number("ttl_s", DAY_S, 1, MAX_PRESENCE_S)
    ),
    "presence.unsubscribe": lambda f: UnsubscribePresence(_members_named(f)),
}
