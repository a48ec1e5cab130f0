"""Keyset paging of lists: `?after=` and `?size=`, without counting what nobody asked to count."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50


@dataclass(frozen=True)
class KeysetPage:
    """What a list shows of its paging. Links are query strings, empty where there is none.

    `line` is the result line; `previous_query` leads to the first page.
    """

    rows: list[Any]
    line: str
    previous_query: str
    next_query: str


def page_size(request: HttpRequest) -> int:
    try:
        size = int(request.GET.get("size", ""))
    except ValueError:
        return DEFAULT_SIZE
    return size if size in SIZES else DEFAULT_SIZE


def after(request: HttpRequest) -> str:
    """Where the page begins: a cursor, as the last page gave it."""
    return request.GET.get("after", "")[:200]


def after_number(request: HttpRequest) -> int:
    """The same where cursors are ids; 0 for anything else."""
    text = after(request)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return number if number < 1 << 63 else 0


def keyset_page(
    request: HttpRequest, rows: list[Any], next_cursor: str | int, total: int | None = None
) -> KeysetPage:
    """`next_cursor` is empty (or 0) on the last page; `total` is shown if it was counted."""
    query = request.GET.copy()
    query.pop("after", None)
    first = f"?{query.urlencode()}" if request.GET.get("after") else ""
    following = ""
    if next_cursor:
        query["after"] = str(next_cursor)
        following = f"?{query.urlencode()}"
    return KeysetPage(rows, _line(len(rows), total), first, following)


def _line(shown: int, total: int | None) -> str:
    if total is None:
        return _("%(shown)s shown") % {"shown": shown}
    count = f"{total:,}" if total < 10_000 else "10k+"
    return _("%(shown)s of %(total)s") % {"shown": shown, "total": count}
