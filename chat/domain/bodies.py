"""Message bodies: the typed content, and the JSON payload that all wires but MSYNC share.

A payload is `{"type": …, …fields}` with the field names of rest.md 3.6.1. What a type requires is
checked here; every other field is kept as it came, so nothing a newer client sends is lost.
"""

import re
from typing import Any

from msgspec import Struct

from chat.domain.errors import IllegalBody, IllegalCustom

Json = dict[str, Any]

BODY_TYPES = ("txt", "img", "audio", "video", "file", "loc", "cmd", "custom")
# Stored for offline devices but neither unread nor a last message (design.md §4).
SILENT_TYPES = frozenset({"cmd"})
_ALIASES = {"text": "txt", "image": "img", "voice": "audio", "location": "loc", "command": "cmd"}
_CUSTOM_EVENT = re.compile(r"[A-Za-z0-9\-_/.]{1,32}")


class Body(Struct, frozen=True):
    """A message's content: its type, and its fields without the type."""

    type: str
    fields: Json

    @property
    def counts(self) -> bool:
        """Whether it makes a conversation unread and becomes its last message."""
        return self.type not in SILENT_TYPES

    @property
    def summary(self) -> str:
        """A line for lists: the text, or the type and what names it."""
        for key in ("msg", "action", "customEvent", "filename", "addr", "url"):
            value = self.fields.get(key)
            if isinstance(value, str) and value:
                return value if key == "msg" else f"[{self.type}] {value}"
        return "" if self.type == "txt" else f"[{self.type}]"

    def to_payload(self) -> Json:
        return {"type": self.type, **self.fields}


def is_body_type(type_name: str) -> bool:
    return _ALIASES.get(type_name, type_name) in BODY_TYPES


def parse_body(type_name: str, fields: Json, *, strict: bool = False) -> Body:
    """A body from its type and fields; numbers given as text are converted for `loc`.

    `strict` is how backends and the console are judged. Without it an unknown type is kept whole
    under its own name, and a custom message's event may be any text: client SDKs check neither.

    Raises:
        IllegalCustom: of a custom message, its event or its pairs.
        IllegalBody: a required field is missing or malformed, or the type is unknown and `strict`.
    """
    kind = _ALIASES.get(type_name, type_name)
    kept = {key: value for key, value in fields.items() if key != "type"}
    if strict and not is_body_type(type_name):
        raise IllegalBody(detail=f"type {type_name} is not supported")
    _check(kind, kept)
    if strict and kind == "custom":
        _check_event(kept.get("customEvent"))
    return Body(kind, kept)


def _check(kind: str, kept: Json) -> None:
    """Normalise `kept` in place; see parse_body."""
    if kind == "txt" and not isinstance(kept.get("msg"), str):
        raise IllegalBody(detail="body.msg must be a string")
    if kind == "cmd" and not isinstance(kept.get("action", ""), str):
        raise IllegalBody(detail="body.action must be a string")
    if kind == "loc":
        kept.update({key: _degrees(key, kept[key]) for key in ("lat", "lng") if key in kept})
    if kind == "custom":
        _check_custom(kept)
    if kind == "audio" and "length" not in kept and "Length" in kept:
        kept["length"] = kept.pop("Length")  # the vendor's documents print both


def _degrees(key: str, value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise IllegalBody(detail=f"body.{key} must be a number")
    try:
        number = float(value)
    except ValueError:
        raise IllegalBody(detail=f"body.{key} must be a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise IllegalBody(detail=f"body.{key} must be a number")
    return int(number) if number.is_integer() and not isinstance(value, float) else number


def _check_custom(kept: Json) -> None:
    if not isinstance(kept.get("customEvent", ""), str):
        raise IllegalCustom(detail="customEvent must be a string")
    exts = kept.get("customExts")
    if isinstance(exts, list):  # COMPAT servers of 2014: an array of one-pair objects
        pairs = [pair for item in exts if isinstance(item, dict) for pair in item.items()]
        exts = kept["customExts"] = dict(pairs)
    if exts is None:
        return
    if not isinstance(exts, dict):
        raise IllegalCustom(detail="customExts must be an object")
    if not all(isinstance(value, str) for value in exts.values()):
        raise IllegalCustom(detail="customExts must hold strings")


def _check_event(event: str | None) -> None:
    """rest.md 1.8, of an event that is given."""
    if event and not _CUSTOM_EVENT.fullmatch(event):
        raise IllegalCustom(detail="customEvent must match [A-Za-z0-9-_/.]{1,32}")
