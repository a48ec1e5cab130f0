"""Read what pages a request asks for (rest.md 1.7)."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TypedDict

from django.core.cache import cache
from django.http import HttpRequest, QueryDict

from accounts.domain.errors import IllegalArgument
from accounts.rest.requests import given
from chat.rest.fields import integer

LAST_PAGE = 1_000_000_000  # further than any list; a larger offset is no integer of the database
WALK_S = 300  # between two pages of one walk
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


class Place(TypedDict):
    """`limit` items behind the item `after`, or behind `offset` items."""

    after: str
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class NumberedPage:
    """One page of the page style, whose `place` a query takes.

    Items come and go while a caller walks through the pages, and a mere count would then repeat
    some and leave out others (ADR 0012). So a page begins behind the last item of the page before
    it, if the same caller was given that page within WALK_S.
    """

    place: Place
    next_key: str

    def ends_at(self, last: str) -> None:
        """`last`: where the list goes on behind the page; nothing when the page is empty."""
        if last:
            cache.set(self.next_key, last, WALK_S)


def numbered_page(
    request: HttpRequest,
    default: int,
    most: int,
    *,
    names: tuple[str, str] = ("pagenum", "pagesize"),
    first: int = 1,
) -> NumberedPage:
    """Which page a call asks for. `names` are its parameters' of the number and the size, `first`
    is the first page's number; what is no number from there on is the first page."""
    number_name, size_name = names
    size = page_size(request.GET.get(size_name), default, most)
    number = min(max(integer(request.GET.get(number_name)) or first, first), LAST_PAGE) - first
    key = _walk_key(request, number_name)
    after = str(cache.get(f"{key}:{number}", "")) if number else ""
    place = Place(after=after, offset=0 if after else number * size, limit=size)
    return NumberedPage(place, f"{key}:{number + 1}")


def _walk_key(request: HttpRequest, number_name: str) -> str:
    """Of one caller's walk through one list. A token is in no cache as it is: only its hash."""
    rest = sorted((name, values) for name, values in request.GET.lists() if name != number_name)
    told = [request.headers.get("Authorization", ""), request.path, rest]
    return f"walk:{sha256(json.dumps(told).encode()).hexdigest()}"


def page_size(raw: str | None, default: int, most: int) -> int:
    """`limit` or `pagesize`: clamped to `most`; absent, not above 0 or no number: the default."""
    value = integer(raw)
    return min(value, most) if value is not None and value > 0 else default
