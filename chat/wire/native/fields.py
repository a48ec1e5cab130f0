"""Typed reading of a request's fields; a wrong one is a refusal that names it."""

from typing import Any

from accounts.domain.ids import parse_username
from chat.domain.errors import IllegalArgument
from chat.domain.targets import (
    Place,
    RoomKind,
    RoomTarget,
    Target,
    ToChatroom,
    ToGroup,
    ToSelf,
    ToThread,
    ToUser,
    room_target,
)

Json = dict[str, Any]

MAX_ID_DIGITS = 19
MAX_ROOM_ID = 64


class Fields:
    """A request's object. Every reader raises IllegalArgument for a wrong value."""

    __slots__ = ("values",)

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, key: str, default: str | None = None, *, most: int = 0) -> str:
        """A string; without a default it must be there and not empty. `most` in characters."""
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (not value and default is None):
            raise IllegalArgument(detail=f"{key} must be a string")
        if most and len(value) > most:
            raise IllegalArgument(detail=f"{key} must have at most {most} characters")
        return value

    def name(self, key: str, *, most: int) -> str:
        """A short identifier that may be missing: printable, as databases refuse NUL in text."""
        value = self.text(key, "", most=most)
        if not value.isprintable():
            raise IllegalArgument(detail=f"{key} must be printable")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise IllegalArgument(detail=f"{key} must be true or false")
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number; too large a one is cut down, as with every paging limit."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise IllegalArgument(detail=f"{key} must be a whole number from {least}")
        return min(value, most)

    def object(self, key: str) -> Json | None:
        value = self.values.get(key)
        if value is None or isinstance(value, dict):
            return value
        raise IllegalArgument(detail=f"{key} must be an object")

    def entry_id(self, key: str, *, newest: bool = False) -> int:
        """A 64-bit id as a decimal string; with `newest` a missing one, or "-1", is 0."""
        value = self.values.get(key)
        if newest and (value is None or value == "-1"):
            return 0
        if not isinstance(value, str) or len(value) > MAX_ID_DIGITS or not _is_digits(value):
            raise IllegalArgument(detail=f"{key} must be an id (a string of digits)")
        return int(value)

    def username(self, key: str = "user") -> str:
        return parse_username(self.text(key))

    def usernames(self, *keys: str) -> tuple[str, ...]:
        """Names from the first key present: a list of strings, or a single one; [] if none is."""
        for key in keys:
            value = self.values.get(key)
            if value is None:
                continue
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise IllegalArgument(detail=f"{key} must be a list of usernames")
            return tuple(dict.fromkeys(parse_username(name) for name in names))
        return ()

    def target(self, key: str = "to") -> Target:
        place = self._place(key)
        if isinstance(place, ToSelf):
            raise IllegalArgument(detail=f"{key}.type must be user, group, chatroom or thread")
        return place

    def place(self, key: str = "conversation") -> Place:
        return self._place(key)

    def _place(self, key: str) -> Place:
        inner = Fields(self.object(key) or {})
        match inner.values.get("type"):
            case "user":
                return ToUser(inner.username("id"))
            case "group":
                return ToGroup(inner.text("id", most=MAX_ROOM_ID))
            case "chatroom":
                return ToChatroom(inner.text("id", most=MAX_ROOM_ID))
            case "thread":
                return ToThread(inner.text("id", most=MAX_ROOM_ID))
            case "personal":
                return ToSelf()
            case _:
                raise IllegalArgument(
                    detail=f"{key} must be {{type: user|group|chatroom|thread, id}}"
                )

    def room(self, kind: RoomKind) -> RoomTarget:
        return room_target(kind, self.text("id", most=MAX_ROOM_ID))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
