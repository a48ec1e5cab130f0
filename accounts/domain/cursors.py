"""Opaque page cursors: a few whole numbers in URL-safe text (rest.md 1.7)."""

import base64
import binascii

from accounts.domain.errors import IllegalArgument

_MAX_LENGTH = 200


def pack_cursor(*numbers: int) -> str:
    """Only `[A-Za-z0-9_-]`, as one client pastes it into an address unescaped."""
    text = ".".join(map(str, numbers))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack_cursor(cursor: str, count: int) -> list[int]:
    """The `count` numbers packed by pack_cursor.

    Raises:
        IllegalArgument: it is no such cursor.
    """
    refusal = IllegalArgument(detail="cursor is not legal")
    if len(cursor) > _MAX_LENGTH:
        raise refusal
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        numbers = [int(part) for part in text.split(".")]
    except (ValueError, binascii.Error):
        raise refusal from None
    if len(numbers) != count or any(not 0 <= number < 1 << 63 for number in numbers):
        raise refusal
    return numbers
