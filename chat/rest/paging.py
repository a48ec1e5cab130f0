"""Read what pages a request asks for (rest.md 1.7)."""

import re

from django.http import QueryDict

from accounts.domain.errors import IllegalArgument
from accounts.rest.requests import given
from chat.rest.fields import integer

LAST_PAGE = 1_000_000_000  # further than any list; a larger offset is no integer of the database
# What the chat queries give as `next`: µs and row, or a row alone. Longer numbers are no rows.
_CURSOR = re.compile(r"[0-9]{1,16}(\.[0-9]{1,18})?", re.ASCII)


def cursor_of(query: QueryDict) -> str:
    """The `cursor`, empty for the first page.

    Raises:
        IllegalArgument: none that a list gave.
    """
    raw = given(query, "cursor")
    if raw and not _CURSOR.fullmatch(raw):
        raise IllegalArgument(detail="cursor is not legal")
    return raw


def is_numbered(query: QueryDict) -> bool:
    """Whether the page style is asked for."""
    return "pagenum" in query or "pagesize" in query


def page_of(query: QueryDict, default: int, most: int) -> tuple[int, int]:
    """(offset, size) of the page style: pages are numbered from 1, and 0 or less is the first."""
    size = page_size(query.get("pagesize"), default, most)
    number = min(max(integer(query.get("pagenum")) or 1, 1), LAST_PAGE)
    return (number - 1) * size, size


def page_size(raw: str | None, default: int, most: int) -> int:
    """`limit` or `pagesize`: clamped to `most`; absent, not above 0 or no number: the default."""
    value = integer(raw)
    return min(value, most) if value is not None and value > 0 else default
