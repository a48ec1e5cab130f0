"""Everything a client may be told.

Two families. A *fact* is the typed content of a log entry: `Logged` carries it with its entry, a
client that was away reads it later. An *ephemeral* event exists only for who is connected now.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from chat.domain.bodies import Body
from chat.domain.entries import Entry, EntryKind
from chat.domain.errors import ImError
from chat.domain.own_changes import OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.room_changes import DECIDING as DECIDING
from chat.domain.room_changes import ENTERING as ENTERING
from chat.domain.room_changes import FOR_STAFF as FOR_STAFF
from chat.domain.room_changes import LEAVING as LEAVING
from chat.domain.room_changes import RoomChange as RoomChange
from chat.domain.room_changes import RoomChanged as RoomChanged
from chat.domain.targets import Conversation, ThreadPlace
from chat.domain.threads import ThreadChanged, ThreadMoved

Json = dict[str, Any]
ANY_TIME_MS = 1 << 62
GROUP_READ = "group_read"  # the type of a GroupMessageRead's entry


class MessageOptions(Struct, frozen=True):
    """What a sender may ask besides the body. `level` is a chatroom's high, normal or low."""

    need_group_ack: bool = False
    level: str = ""
    roam_ignore: tuple[str, ...] = ()

    def to_json(self) -> Json:
        made: Json = {}
        if self.need_group_ack:
            made["ack"] = True
        if self.level:
            made["level"] = self.level
        if self.roam_ignore:
            made["roam_ignore"] = list(self.roam_ignore)
        return made

    @classmethod
    def from_json(cls, stored: Json) -> "MessageOptions":
        return cls(
            bool(stored.get("ack")), stored.get("level", ""), tuple(stored.get("roam_ignore", ()))
        )


class Edit(Struct, frozen=True):
    """The last change of a message: how many there were, whose it was, and when."""

    count: int
    by: str
    at_ms: int


class MessagePosted(Struct, frozen=True):
    """A message. `entry.sender` sent it."""

    body: Body
    ext: Json | None = None  # None: the sender sent none
    options: MessageOptions = MessageOptions()
    edited: Edit | None = None  # None: it is as it was sent
    thread: ThreadPlace | None = None  # of a message in a thread


class ReceiptGiven(Struct, frozen=True):
    """`entry.sender` got (delivered) or read the conversation up to an entry id. `whole`: they
    said so of the conversation, not of that message. `single`: of that one message alone."""

    kind: Literal["delivered", "read"]
    up_to: int
    whole: bool = False
    single: bool = False


class MessageRecalled(Struct, frozen=True):
    """`entry.sender` took a message back. `info` is the recaller's extension text."""

    message_id: int
    info: str = ""


class MessageEdited(Struct, frozen=True):
    """`entry.sender` gave a message new content; it keeps its place in the log. `count`: edits so
    far. `author`, `posted_ms`: who sent it, and when."""

    message_id: int
    body: Body
    ext: Json | None
    count: int
    author: str
    posted_ms: int
    thread: ThreadPlace | None = None


class ReactionChanged(Struct, frozen=True):
    """`entry.sender` added a reaction to a message, or took it back. `count` users hold it now;
    `users` are the first of them."""

    message_id: int
    reaction: str
    added: bool
    count: int
    users: tuple[str, ...] = ()


class GroupMessageRead(Struct, frozen=True):
    """In the personal log of a group message's author: `username` has read it. `count`: how many
    have so far. `asked`: the message said that its author wants to know."""

    group_id: str
    message_id: int
    username: str
    count: int
    content: str = ""
    asked: bool = True


class RosterChange(StrEnum):
    REQUEST = "request"  # somebody asks; `message` is their reason
    ADDED = "added"
    DECLINED = "declined"
    REMOVED = "removed"
    BLOCKED = "blocked"  # told to the owner's devices only, as is UNBLOCKED
    UNBLOCKED = "unblocked"


class RosterChanged(Struct, frozen=True):
    """In the personal log: the relation to `username` changed. `by_me`: the owner did it.

    `answers`: ADDED accepts a request (else the app made them friends).
    """

    change: RosterChange
    username: str
    message: str = ""
    by_me: bool = False
    answers: bool = False


Fact = (
    MessagePosted
    | ReceiptGiven
    | MessageRecalled
    | MessageEdited
    | GroupMessageRead
    | ReactionChanged
    | RosterChanged
    | RoomChanged
    | OwnChanged
    | ThreadChanged
    | MessagePinned
)


class Logged(Struct, frozen=True):
    """A fact with its place in a log."""

    entry: Entry
    fact: Fact


class Typing(Struct, frozen=True):
    """`username` is writing in a conversation; never stored."""

    conversation: Conversation
    username: str


class PresenceChanged(Struct, frozen=True):
    """`devices` maps each connected device to its status; empty when offline."""

    username: str
    online: bool
    status: str = ""
    ext: str = ""
    devices: Json = field(default_factory=dict)


class Kicked(Struct, frozen=True):
    """The connection ends: the refusal says why (DeviceReplaced, ForcedOffline, …). Of those that
    are told, only `connection` when it is named, or those that logged in before `before_ms`."""

    reason: ImError
    connection: str = ""
    before_ms: int = ANY_TIME_MS


class Closing(Struct, frozen=True):
    """The server goes away; come back after a while."""

    retry_after_s: int = 1


Ephemeral = Typing | PresenceChanged | ThreadMoved | Kicked | Closing
Event = Logged | Ephemeral


def to_entry_parts(fact: Fact) -> tuple[EntryKind, str, Json]:
    """The kind, type and payload under which a fact is stored."""
    match fact:
        case MessagePosted():
            return EntryKind.MESSAGE, fact.body.type, _message_payload(fact)
        case ReceiptGiven(kind, up_to, whole, single):
            said: Json = {"up_to": str(up_to)}
            said |= {name: True for name, on in (("whole", whole), ("single", single)) if on}
            return EntryKind.RECEIPT, kind, said
        case GroupMessageRead(group_id, message_id, username, count, content, asked):
            read: Json = {"room": group_id, "id": str(message_id), "user": username}
            read |= {"n": count, "content": content} | ({} if asked else {"unasked": True})
            return EntryKind.RECEIPT, GROUP_READ, read
        case MessageRecalled(message_id, info):
            return EntryKind.RECALL, "recall", {"id": str(message_id), "info": info}
        case MessageEdited(message_id, body, ext, count, author, posted_ms, thread):
            edit: Json = {"id": str(message_id), "type": body.type, "body": body.fields}
            edit |= {"n": count, "author": author, "posted": posted_ms}
            edit |= {} if ext is None else {"ext": ext}
            return EntryKind.EDIT, "edit", edit | _thread_parts(thread)
        case ReactionChanged(message_id, reaction, added, count, users):
            reacted = {"id": str(message_id), "reaction": reaction, "n": count}
            return (
                EntryKind.REACTION,
                "add" if added else "remove",
                reacted | {"users": list(users)},
            )
        case RosterChanged(change, username, message, by_me, answers):
            roster: Json = {"user": username, "message": message, "by_me": by_me}
            roster |= {"answers": True} if answers else {}
            return EntryKind.ROSTER, change.value, roster
        case RoomChanged(change, kind, room_id, users, detail, staff):
            room: Json = {"kind": kind, "room": room_id, "users": list(users), "detail": detail}
            room |= {"staff": list(staff)} if staff else {}
            return EntryKind.ROOM, change.value, room
        case OwnChanged() | ThreadChanged() | MessagePinned():
            return fact.to_entry_parts()


def _message_payload(fact: MessagePosted) -> Json:
    payload: Json = {"body": fact.body.fields}
    if fact.ext is not None:
        payload["ext"] = fact.ext
    if extra := fact.options.to_json():
        payload["options"] = extra
    if (edited := fact.edited) is not None:
        payload["edited"] = {"n": edited.count, "by": edited.by, "at": edited.at_ms}
    return payload | _thread_parts(fact.thread)


def _thread_parts(place: ThreadPlace | None) -> Json:
    return {} if place is None else {"thread": place.to_json()}


def _thread_from(stored: Json) -> ThreadPlace | None:
    return ThreadPlace.from_json(stored["thread"]) if "thread" in stored else None


# Of facts that can tell it themselves, from the entry's type and payload.
_READERS: dict[EntryKind, Callable[[str, Json], Fact]] = {
    EntryKind.OWN: OwnChanged.from_entry,
    EntryKind.THREAD: ThreadChanged.from_entry,
    EntryKind.PIN: MessagePinned.from_entry,
}


def fact_of(entry: Entry) -> Fact:
    """The typed content of a stored entry."""
    p = entry.payload
    match entry.kind:
        case EntryKind.MESSAGE:
            options = MessageOptions.from_json(p.get("options", {}))
            edited = _edit_from(p.get("edited"))
            body = Body(entry.type, p["body"])
            return MessagePosted(body, p.get("ext"), options, edited, _thread_from(p))
        case EntryKind.RECEIPT if entry.type == GROUP_READ:
            asked = not p.get("unasked", False)
            return GroupMessageRead(p["room"], int(p["id"]), p["user"], p["n"], p["content"], asked)
        case EntryKind.RECEIPT:
            kind: Literal["delivered", "read"] = "read" if entry.type == "read" else "delivered"
            return ReceiptGiven(kind, int(p["up_to"]), bool(p.get("whole")), bool(p.get("single")))
        case EntryKind.RECALL:
            return MessageRecalled(int(p["id"]), p.get("info", ""))
        case EntryKind.EDIT:
            body = Body(p["type"], p["body"])
            edited_by = (p["n"], p["author"], p["posted"])
            return MessageEdited(int(p["id"]), body, p.get("ext"), *edited_by, _thread_from(p))
        case EntryKind.ROSTER:
            return RosterChanged(
                RosterChange(entry.type),
                p["user"],
                p.get("message", ""),
                p.get("by_me", False),
                p.get("answers", False),
            )
        case EntryKind.ROOM:
            return RoomChanged(
                RoomChange(entry.type),
                p["kind"],
                p["room"],
                tuple(p["users"]),
                p.get("detail", {}),
                tuple(p.get("staff", ())),
            )
        case EntryKind.REACTION:
            users = tuple(p["users"])
            return ReactionChanged(int(p["id"]), p["reaction"], entry.type == "add", p["n"], users)
        case _:
            return _READERS[entry.kind](entry.type, p)


def _edit_from(stored: Json | None) -> Edit | None:
    return Edit(stored["n"], stored["by"], stored["at"]) if stored else None


def logged(entry: Entry) -> Logged:
    return Logged(entry, fact_of(entry))


def name_of(event: Event) -> str:
    """What a log may say of an event: its kind and id, never what a message holds."""
    if isinstance(event, Logged):
        return f"{type(event.fact).__name__} {event.entry.id}"
    return type(event).__name__
