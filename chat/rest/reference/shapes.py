"""JSON Schemas of examples: what kind of value stands where."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
_KINDS: tuple[tuple[type, str], ...] = (
    *((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")),
    *((list, "array"), (dict, "object")),
)
# Whatever the sender put there: one example says nothing of the next.
_FREE = frozenset({"ext"})


def shape_of(value: object) -> Json:
    """A schema that the value and those like it fit; further properties are allowed."""
    if value is None:
        return {"nullable": True}
    kind = next(name for cls, name in _KINDS if isinstance(value, cls))
    shape: Json = {"type": kind}
    if isinstance(value, list):
        shape["items"] = merged(shape_of(item) for item in value)
    if isinstance(value, dict) and value:
        shape["properties"] = {key: _shape_at(key, value[key]) for key in sorted(value)}
    return shape


def _shape_at(key: str, value: object) -> Json:
    is_free = key in _FREE and isinstance(value, dict)
    return {"type": "object"} if is_free else shape_of(value)


def merged(shapes: Iterable[Json]) -> Json:
    """A schema for what fits any of them."""
    whole: Json | None = None
    for shape in shapes:
        whole = shape if whole is None else _either(whole, shape)
    return whole or {}


def _either(one: Json, other: Json) -> Json:
    if one == other or not other:
        return one
    if not one:
        return other
    if one.get("type") != other.get("type"):
        if one == {"nullable": True} or other == {"nullable": True}:
            return {**one, **other, "nullable": True}
        return {"anyOf": [*one.get("anyOf", [one]), *other.get("anyOf", [other])]}
    both: Json = {**one, **other}
    if "required" in both:
        both["required"] = sorted({*one.get("required", ())} & {*other.get("required", ())})
        if not both["required"]:
            del both["required"]
    if "items" in both:
        both["items"] = _either(one.get("items", {}), other.get("items", {}))
    if "properties" in both:
        mine, theirs = one.get("properties", {}), other.get("properties", {})
        both["properties"] = {
            key: _either(mine.get(key, {}), theirs.get(key, {})) for key in sorted({*mine, *theirs})
        }
    return both
