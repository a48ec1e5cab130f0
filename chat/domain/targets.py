"""Whom a message goes to, and the conversation that holds it."""

from dataclasses import dataclass
from typing import Literal

RoomKind = Literal["group", "chatroom"]
ConversationKind = Literal["pair", "group", "chatroom", "personal"]


@dataclass(frozen=True, slots=True)
class ToUser:
    username: str


@dataclass(frozen=True, slots=True)
class ToGroup:
    group_id: str


@dataclass(frozen=True, slots=True)
class ToChatroom:
    room_id: str


@dataclass(frozen=True, slots=True)
class ToSelf:
    """The personal log of the one who asks; only a place to read from, never to send to."""


Target = ToUser | ToGroup | ToChatroom
Place = ToUser | ToGroup | ToChatroom | ToSelf


def kind_of(target: Target) -> ConversationKind:
    """The kind of the conversation that holds what goes there."""
    match target:
        case ToUser():
            return "pair"
        case ToGroup():
            return "group"
        case ToChatroom():
            return "chatroom"


def room_target(kind: RoomKind, room_id: str) -> ToGroup | ToChatroom:
    return ToGroup(room_id) if kind == "group" else ToChatroom(room_id)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The identity of one log inside an app, the same for everyone who reads it.

    pair: `names` are the two usernames, sorted (equal for a message to oneself).
    group, chatroom: `room_id` is the public id, `row_id` the room's row.
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
            case "personal":
                return ToSelf()

    def other_than(self, username: str) -> str:
        """The peer of `username` in a pair."""
        one, other = self.names
        return other if one == username else one
