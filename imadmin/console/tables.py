"""Keyset paging of lists: `?after=` and `?size=`, without counting what nobody asked to count.

A cursor does not say how many rows are before it, so links carry that along as `?at=`. A page with
a second list gives that one's cursor another name than `after`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
RICH_SIZE = 25
MAX_TRAIL = 20  # pages that "Previous" leads back over, for addresses must stay short


class Row(Protocol):
    @property
    def id(self) -> int: ...


R = TypeVar("R", bound=Row)


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


def after(request: HttpRequest, name: str = "after") -> str:
    """Where the page begins: a cursor, as the last page gave it."""
    return request.GET.get(name, "")[:200]


def after_number(request: HttpRequest, name: str = "after") -> int:
    """The same where cursors are ids; 0 for anything else."""
    text = after(request, name)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return number if number < 1 << 63 else 0


def keyset_page(
    request: HttpRequest,
    rows: list[Any],
    next_cursor: str | int,
    total: int | None = None,
    *,
    name: str = "after",
    base: str = "",
    start: int | None = None,
) -> KeysetPage:
    """`next_cursor` is empty (or 0) on the last page; `total` is shown if it was counted. `base`:
    where the list is, for pages that also answer a form posted elsewhere. `start`: how many rows
    are before the page, where the cursor says so."""
    here, trail = after(request, name), request.GET.getlist(_back(name))[-MAX_TRAIL:]
    starts = _starts(request, name, len(trail) + 1) if here else [0]
    if start is not None:
        starts = [*starts[:-1], start]
    following = [*starts, starts[-1] + len(rows)] if starts else []

    def link(cursor: str, trail: list[str], starts: list[int]) -> str:
        return base + _query(request, name, cursor, trail, starts)

    return KeysetPage(
        rows,
        _line(len(rows), total, starts[-1] if starts else None, is_last=not next_cursor),
        previous_query=link(trail[-1], trail[:-1], starts[:-1]) if here and trail else "",
        next_query=link(str(next_cursor), [*trail, here], following) if next_cursor else "",
        first_query=link("", [], []) if here else "",
    )


def cut(found: list[R], size: int) -> tuple[list[R], int]:
    """A page, and the next cursor, of rows of which one more than a page was read."""
    return found[:size], found[size - 1].id if len(found) > size else 0


def numbered_page(
    request: HttpRequest, rows: Sequence[Any], size: int, *, base: str = ""
) -> KeysetPage:
    """Of rows that are all at hand: the cursor is how many are before the page."""
    start = after_number(request)
    end = start + size
    more = end if len(rows) > end else 0
    return keyset_page(request, list(rows[start:end]), more, len(rows), base=base, start=start)


def _back(name: str) -> str:
    """Repeats: where each page before began."""
    return "back" if name == "after" else f"{name}_back"


def _at(name: str) -> str:
    """Repeats: how many rows are before each page of the trail, and before this one."""
    return "at" if name == "after" else f"{name}_at"


def _starts(request: HttpRequest, name: str, count: int) -> list[int]:
    """As many as that; none when the address has others, as one that somebody shortened."""
    given = request.GET.getlist(_at(name))
    known = [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 10]
    return known if len(known) == len(given) == count else []


def _query(
    request: HttpRequest, name: str, cursor: str, trail: list[str], starts: list[int]
) -> str:
    """The same list from `cursor` on."""
    query = request.GET.copy()
    for one in (name, _back(name), _at(name)):
        query.pop(one, None)
    if cursor:
        query[name] = cursor
        query.setlist(_back(name), trail[-MAX_TRAIL:])
        query.setlist(_at(name), [str(one) for one in starts[-MAX_TRAIL - 1 :]])
    return f"?{query.urlencode()}"


def _line(shown: int, total: int | None, start: int | None, *, is_last: bool) -> str:
    """`start`: how many rows are before those shown, None: nobody knows."""
    if start is not None and shown:
        end = start + shown
        place = f"{end:,}" if shown == 1 else f"{start + 1:,}–{end:,}"
        if total is None and not is_last:
            return _("%(place)s, and more") % {"place": place}
        whole = many(end if total is None else max(total, end))
        return _("%(place)s of %(total)s") % {"place": place, "total": whole}
    if total is None:
        return _("%(shown)s shown") % {"shown": shown}
    return _("%(shown)s of %(total)s") % {"shown": shown, "total": many(total)}


def many(count: int) -> str:
    """A count: exact up to 9,999, then 10k+."""
    return f"{count:,}" if count < 10_000 else "10k+"
