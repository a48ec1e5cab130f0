"""Whom a message goes to, and the conversation that holds it."""

from typing import Any, Literal

from msgspec import Struct

RoomKind = Literal["group", "chatroom", "thread"]
ConversationKind = Literal["pair", "group", "chatroom", "thread", "personal"]


class ToUser(Struct, frozen=True):
    username: str


class ToGroup(Struct, frozen=True):
    group_id: str


class ToChatroom(Struct, frozen=True):
    room_id: str


class ToThread(Struct, frozen=True):
    """A thread of a group; its members are some of the group's."""

    thread_id: str


class ToSelf(Struct, frozen=True):
    """The personal log of the one who asks; only a place to read from, never to send to."""


class ThreadPlace(Struct, frozen=True):
    """Where a thread belongs, as its messages say it."""

    group_id: str
    message_id: int
    name: str

    def to_json(self) -> dict[str, Any]:
        return {"group": self.group_id, "id": str(self.message_id), "name": self.name}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "ThreadPlace":
        return cls(stored["group"], int(stored["id"]), stored["name"])


RoomTarget = ToGroup | ToChatroom | ToThread
Target = ToUser | RoomTarget
Place = Target | ToSelf


def kind_of(target: Target) -> ConversationKind:
    """The kind of the conversation that holds what goes there."""
    match target:
        case ToUser():
            return "pair"
        case ToGroup():
            return "group"
        case ToChatroom():
            return "chatroom"
        case ToThread():
            return "thread"


def room_target(kind: RoomKind, room_id: str) -> RoomTarget:
    match kind:
        case "group":
            return ToGroup(room_id)
        case "chatroom":
            return ToChatroom(room_id)
        case "thread":
            return ToThread(room_id)


def kind_and_id(target: RoomTarget) -> tuple[RoomKind, str]:
    match target:
        case ToGroup(group_id):
            return "group", group_id
        case ToChatroom(room_id):
            return "chatroom", room_id
        case ToThread(thread_id):
            return "thread", thread_id


def room_of(talk: "Conversation") -> RoomTarget:
    """The room whose log it is. Raises ValueError: a pair's, or a personal one."""
    if talk.kind == "pair" or talk.kind == "personal":
        raise ValueError(f"a {talk.kind} is no room")
    return room_target(talk.kind, talk.room_id)


def muting_kind(kind: ConversationKind) -> ConversationKind:
    """The kind whose app-wide mutes hold there: a thread is part of its group."""
    return "group" if kind == "thread" else kind


class Conversation(Struct, frozen=True):
    """The identity of one log inside an app, the same for everyone who reads it.

    pair: `names` are the two usernames, sorted (equal for a message to oneself).
    group, chatroom, thread: `room_id` is the public id, `row_id` the room's row.
    personal: `names` is (owner, ""), `row_id` the owner's user row.
    """

    kind: ConversationKind
    names: tuple[str, str] = ("", "")
    room_id: str = ""
    row_id: int = 0

    @classmethod
    def pair(cls, one: str, other: str) -> "Conversation":
        return cls("pair", (one, other) if one <= other else (other, one))

    @classmethod
    def room(cls, kind: RoomKind, room_id: str, row_id: int) -> "Conversation":
        return cls(kind, room_id=room_id, row_id=row_id)

    @classmethod
    def personal(cls, username: str, user_id: int) -> "Conversation":
        return cls("personal", (username, ""), row_id=user_id)

    @property
    def key(self) -> str:
        """Unique inside the app. Usernames hold no colon and no slash."""
        if self.kind == "pair":
            return f"p:{self.names[0]}/{self.names[1]}"
        if self.kind == "personal":
            return f"me:{self.row_id}"
        return f"r:{self.row_id}"

    def seen_by(self, username: str) -> Place:
        """What the conversation is to one of its readers."""
        match self.kind:
            case "pair":
                one, other = self.names
                return ToUser(other if one == username else one)
            case "group":
                return ToGroup(self.room_id)
            case "chatroom":
                return ToChatroom(self.room_id)
            case "thread":
                return ToThread(self.room_id)
            case "personal":
                return ToSelf()

    def other_than(self, username: str) -> str:
        """The peer of `username` in a pair."""
        one, other = self.names
        return other if one == username else one
