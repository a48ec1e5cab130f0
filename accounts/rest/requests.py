"""Reading requests as clients really send them: bodies of any type, odd query values."""

import json
import math
from typing import Any

from django.http import HttpRequest, QueryDict

from accounts.domain.errors import IllegalArgument, ImError
from accounts.rest.errors import BodyTooLarge, NotJson

MAX_BODY_BYTES = 1024 * 1024
_NOT_GIVEN = frozenset({"", "undefined", "null"})  # what JavaScript clients write for nothing


def given(query: QueryDict, name: str) -> str:
    """A query value, or "" for what stands for nothing."""
    value = query.get(name) or ""
    return "" if value in _NOT_GIVEN else value


def raw_body(request: HttpRequest) -> bytes:
    """Raises BodyTooLarge."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if (length.isdigit() and int(length) > MAX_BODY_BYTES) or len(request.body) > MAX_BODY_BYTES:
        raise BodyTooLarge(limit=MAX_BODY_BYTES)
    return request.body


def read_json(body: bytes, refusal: type[ImError] = NotJson) -> Any:
    """Strict JSON in UTF-8 of any kind.

    Raises:
        refusal: it is none.
        IllegalArgument: a text in it holds what the store cannot (NUL, a lone surrogate).
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as exc:
        raise refusal(detail=str(exc) or "nested too deep") from None
    # Only an escape can bring such a character into JSON that decoded as UTF-8.
    if b"\\u" in body:
        check_text(value)
    return value


def read_object(body: bytes, refusal: type[ImError] = NotJson) -> dict[str, Any]:
    """As read_json; it must be an object."""
    value = read_json(body, refusal)
    if not isinstance(value, dict):
        raise refusal(detail="an object is needed")
    return value


def read_form(body: bytes) -> dict[str, str]:
    """application/x-www-form-urlencoded; the last value of a repeated key counts.

    Raises:
        IllegalArgument: not UTF-8, or a text that the store cannot hold.
    """
    try:
        form = QueryDict(body.decode(), encoding="utf-8")
    except UnicodeDecodeError:
        raise IllegalArgument(detail="the form is not UTF-8") from None
    pairs = {key: str(value) for key, value in form.items()}
    check_text(pairs)
    return pairs


def check_text(value: Any) -> None:
    """Raises IllegalArgument for a NUL or lone surrogate anywhere within."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
                    raise IllegalArgument(detail="a text holds a character that cannot be stored")
            case dict() as pairs:
                waiting += pairs.keys()
                waiting += pairs.values()
            case list() as items:
                waiting += items


def whole_number(value: Any) -> int | None:
    """An integer, or a string of one as clients send them; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return int(value)
    return value if isinstance(value, int) else None


def truth(value: Any) -> bool | None:
    """A boolean in the forms that rest.md 1.2 allows; None for anything else."""
    match value:
        case bool():
            return value
        case 0 | 1:
            return bool(value)
        case str():
            return {"true": True, "false": False, "1": True, "0": False}.get(value.lower())
        case _:
            return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    """A number too large for a double would come back as another value."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is out of range")
    return number
