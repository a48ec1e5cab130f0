"""Typed key/value pairs ⇄ JSON: message ext, custom exts and the ext of a Meta.

Source: specs/msync.proto KeyValue, specs/msync.md 5.1.
"""

import json
from collections.abc import Iterable
from typing import Any

from chat.domain.errors import IllegalBody
from chat.wire.msync.pb import msync_pb2 as pb

Json = dict[str, Any]
_INT32 = range(-(1 << 31), 1 << 31)
_INT64 = range(-(1 << 63), 1 << 63)


def text(value: object) -> str:
    """A text of a message up. The parser gives the bytes of one that is not UTF-8.

    Raises:
        IllegalBody.
    """
    if not isinstance(value, str):
        raise IllegalBody(detail="a text is not UTF-8")
    return value


def check_texts(value: object) -> None:
    """Raise IllegalBody if JSON made of a message up holds a text that is not UTF-8."""
    match value:
        case bytes():
            raise IllegalBody(detail="a text is not UTF-8")
        case dict():
            for key, one in value.items():
                check_texts(key)
                check_texts(one)
        case list():
            for one in value:
                check_texts(one)


def to_json(pairs: Iterable[pb.KeyValue]) -> Json:
    """The pairs as an object; a later key wins, JSON text that cannot be read stays text."""
    return {pair.key: _value(pair) for pair in pairs}


def _value(pair: pb.KeyValue) -> Any:
    match pair.type:
        case pb.KeyValue.BOOL:
            return bool(pair.varint_value)
        case pb.KeyValue.INT | pb.KeyValue.UINT | pb.KeyValue.LLINT:
            return pair.varint_value
        case pb.KeyValue.FLOAT:
            return pair.float_value
        case pb.KeyValue.DOUBLE:
            return pair.double_value
        case pb.KeyValue.JSON_STRING:
            try:
                return json.loads(pair.string_value)
            except (ValueError, RecursionError):
                return pair.string_value
        case _:
            return pair.string_value


def from_json(values: Json) -> list[pb.KeyValue]:
    """An object as pairs, in the types that the SDKs themselves would choose."""
    return [_pair(str(key), value) for key, value in values.items()]


def _pair(key: str, value: object) -> pb.KeyValue:
    if isinstance(value, bool):
        return pb.KeyValue(key=key, type=pb.KeyValue.BOOL, varint_value=int(value))
    if isinstance(value, int) and value in _INT32:
        return pb.KeyValue(key=key, type=pb.KeyValue.INT, varint_value=value)
    if isinstance(value, int) and value in _INT64:
        return pb.KeyValue(key=key, type=pb.KeyValue.LLINT, varint_value=value)
    if isinstance(value, float):
        return pb.KeyValue(key=key, type=pb.KeyValue.DOUBLE, double_value=value)
    if isinstance(value, str):
        return pb.KeyValue(key=key, type=pb.KeyValue.STRING, string_value=value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return pb.KeyValue(key=key, type=pb.KeyValue.JSON_STRING, string_value=text)
