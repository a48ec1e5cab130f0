"""Read request fields the way lenient clients write them (rest.md 1.2).

Integers may come as text, booleans as "true", 1 or "0", ids as JSON numbers, an object inside an
array of one, or as JSON text under `body`. What still does not fit is refused with the section's
own kind of error.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.domain.errors import IllegalArgument, ImError
from accounts.rest.requests import read_json

Json = dict[str, Any]
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_TRUE = (True, 1, "true", "1")
_FALSE = (False, 0, "false", "0")


class InvalidParameter(IllegalArgument):
    """A field that is missing, unknown or of the wrong kind, where groups and rooms are changed."""

    code = "invalid_parameter"
    template = "{detail}"


class NotAnObject(IllegalArgument):
    """The body is JSON of another kind than the call takes."""

    code = "not_an_object"
    template = "Unexpected character: the body must be a JSON object"


def unwrap(body: object) -> Json:
    """The object of a body: itself, alone in an array, or as JSON text under `body`.

    COMPAT lichunqiang/easemob: creates groups with `[{…}]` and adds members with
    `{"body": "<json>"}` (rest.md 4.2).

    Raises:
        NotAnObject.
    """
    match body:
        case [dict() as only]:
            return only
        case {"body": str() as text, **others} if not others:
            return unwrap(read_json(text.encode(), NotAnObject))
        case dict():
            return body
    raise NotAnObject


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one body. `refuse` is the refusal for a bad one, with `detail` as sentence."""

    values: Mapping[str, Any]
    refuse: type[ImError] = InvalidParameter

    def first(self, *spellings: str) -> str | None:
        """The first spelling that was sent with a value other than null."""
        return next((name for name in spellings if self.values.get(name) is not None), None)

    def text(self, *spellings: str) -> str | None:
        """A string; a number is taken by its digits. None: not sent."""
        name = self.first(*spellings)
        if name is None:
            return None
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.refuse(detail=f"{name} must be a string")
        return str(value)

    def flag(self, *spellings: str) -> bool | None:
        """true or false, however spelt. None: not sent."""
        name = self.first(*spellings)
        if name is None:
            return None
        value = self.values[name]
        if isinstance(value, str):
            value = value.strip().lower()
        if isinstance(value, str | int):
            if value in _TRUE:
                return True
            if value in _FALSE:
                return False
        raise self.refuse(detail=f"{name} must be a boolean")

    def number(self, *spellings: str, least: int, most: int) -> int | None:
        """An integer in the closed range. None: not sent."""
        name = self.first(*spellings)
        if name is None:
            return None
        value = integer(self.values[name])
        if value is None or not least <= value <= most:
            raise self.refuse(detail=f"{name} must be an integer from {least} to {most}")
        return value

    def names(self, name: str) -> tuple[str, ...] | None:
        """A list of usernames, lower-cased, in order and each once. None: not sent."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.refuse(detail=f"{name} must be an array")
        return clean_names(value, lambda: self.refuse(detail=f"{name} must hold user names"))

    def texts(self, name: str) -> list[str]:
        """A list of strings or numbers, each once. Not sent, or null: none."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or any(
            isinstance(item, bool) or not isinstance(item, str | int) for item in value
        ):
            raise self.refuse(detail=f"{name} must be an array of strings")
        return list(dict.fromkeys(str(item) for item in value))


def string_pairs(value: object) -> dict[str, str] | None:
    """An object whose values are strings (numbers by their digits); None for anything else."""
    if not isinstance(value, dict):
        return None
    if any(isinstance(v, bool) or not isinstance(v, str | int | float) for v in value.values()):
        return None
    return {key: str(item) for key, item in value.items()}


def integer(value: object) -> int | None:
    """An integer sent as one, as a whole fraction (`3.0`) or as decimal text; None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _INTEGER.fullmatch(stripped := value.strip()):
        return int(stripped)  # int() strips fewer characters than strip()
    return None


def clean_names(items: Iterable[object], refusal: Callable[[], ImError]) -> tuple[str, ...]:
    """Usernames as they are stored: lower-case, without surrounding space, each once.

    Elements are strings or numbers; anything else raises what `refusal` makes.
    """
    kept: dict[str, None] = {}
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise refusal()
        if name := str(item).strip().lower():
            kept[name] = None
    return tuple(kept)


def names_in(segment: str) -> tuple[str, ...]:
    """The usernames of one path segment, separated by commas."""
    return tuple(dict.fromkeys(item.lower() for item in ids_in(segment)))


def ids_in(segment: str) -> tuple[str, ...]:
    """The items of one path segment, in order, empty ones dropped."""
    stripped = (item.strip() for item in segment.split(","))
    return tuple(dict.fromkeys(item for item in stripped if item))
