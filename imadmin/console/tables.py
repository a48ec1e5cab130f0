"""Keyset paging of lists: `?after=` and `?size=`, without counting what nobody asked to count."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
RICH_SIZE = 25
MAX_TRAIL = 20  # pages that "Previous" leads back over, for addresses must stay short


@dataclass(frozen=True)
class KeysetPage:
    """What a list shows of its paging. Links are query strings, empty where there is none.

    `line` is the result line; `previous_query` leads a page back, `first_query` to the beginning.
    """

    rows: list[Any]
    line: str
    previous_query: str
    next_query: str
    first_query: str = ""


def page_size(request: HttpRequest, default: int = DEFAULT_SIZE) -> int:
    """As asked for. `default` is less than DEFAULT_SIZE where rows are so rich that 50 would be
    more than 60 kB of HTML (console.md §2)."""
    try:
        size = int(request.GET.get("size", ""))
    except ValueError:
        return default
    return size if size in SIZES else default


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
    here, trail = after(request), request.GET.getlist("back")[-MAX_TRAIL:]
    first = _query(request, "", []) if here else ""
    previous = _query(request, trail[-1], trail[:-1]) if here and trail else ""
    following = _query(request, str(next_cursor), [*trail, here]) if next_cursor else ""
    return KeysetPage(rows, _line(len(rows), total), previous, following, first)


def _query(request: HttpRequest, cursor: str, trail: list[str]) -> str:
    """The same list from `cursor` on. `back` repeats: where each page before began."""
    query = request.GET.copy()
    query.pop("after", None)
    query.pop("back", None)
    if cursor:
        query["after"] = cursor
        query.setlist("back", trail[-MAX_TRAIL:])
    return f"?{query.urlencode()}"


def _line(shown: int, total: int | None) -> str:
    if total is None:
        return _("%(shown)s shown") % {"shown": shown}
    count = f"{total:,}" if total < 10_000 else "10k+"
    return _("%(shown)s of %(total)s") % {"shown": shown, "total": count}
