"""The console's list of IM users: filtered, sorted, paged by key whatever its length."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.domain.actor import AppRef
from accounts.domain.errors import ImError
from accounts.domain.ids import parse_username
from accounts.models import ImUser
from accounts.queries.im_users import UserFilter, UserInfo, UserSort, info_of, matching

COUNT_LIMIT = 10_000
FEW = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class UserPage:
    """`next` is the cursor of the next page, "" at the end. `total` stops at COUNT_LIMIT."""

    users: list[UserInfo]
    next: str
    total: int


def list_page(app: AppRef, wanted: UserFilter, *, after: str = "", limit: int = 50) -> UserPage:
    """As page_users, and how many match."""
    rows, total = matching(app, wanted), None
    if wanted.text:
        # What a text matches is read from an index; where that is little, it is not read twice.
        found = list(rows.values_list("id", flat=True)[: FEW + 1])
        if len(found) <= FEW:
            rows, total = ImUser.objects.filter(id__in=found), len(found)
    if total is None:
        total = rows[:COUNT_LIMIT].count()
    users, cursor = _page(rows, wanted.sort, after, limit)
    return UserPage(users, cursor, total)


def page_users(
    app: AppRef, wanted: UserFilter, *, after: str = "", limit: int = 50
) -> tuple[list[UserInfo], str]:
    """The users after a cursor, and the cursor of the next page ("" at the end).

    A cursor that cannot be read begins at the start: it comes from an address bar.
    """
    return _page(matching(app, wanted), wanted.sort, after, limit)


def _page(
    rows: QuerySet[ImUser], sort: UserSort, after: str, limit: int
) -> tuple[list[UserInfo], str]:
    match sort:
        case "username" | "-username":
            page, name = list(_by_name(rows, sort, after)[: limit + 1]), "username"
        case "-seen":
            page, name = _by_last_seen(rows, after, limit + 1), "last_seen_at"
        case _:
            down = sort.startswith("-")
            page = list(_by_time(rows, "created_at", after, down=down)[: limit + 1])
            name = "created_at"
    cursor = _cursor(page[limit - 1], name) if len(page) > limit else ""
    return [info_of(row) for row in page[:limit]], cursor


def names_starting(app: AppRef, text: str, limit: int = 10) -> list[str]:
    """Usernames that begin so, in order: suggestions for a picker."""
    try:
        prefix = parse_username(text)
    except ImError:
        return []
    rows = ImUser.objects.filter(app_id=app.id, username__gte=prefix, username__lt=prefix + "\x7f")
    return list(rows.order_by("username").values_list("username", flat=True)[:limit])


def _by_name(rows: QuerySet[ImUser], sort: str, after: str) -> QuerySet[ImUser]:
    if sort == "username":
        return (rows.filter(username__gt=after) if after else rows).order_by("username")
    return (rows.filter(username__lt=after) if after else rows).order_by("-username")


def _by_last_seen(rows: QuerySet[ImUser], after: str, limit: int) -> list[ImUser]:
    """The latest first, those never seen at the end: asked for apart, or PostgreSQL sorts all."""
    never, row_id = rows.filter(last_seen_at=None).order_by("-id"), after.removeprefix("-.")
    if row_id != after and row_id.isdigit() and len(after) <= 40:
        return list(never.filter(id__lt=int(row_id))[:limit])
    seen = rows.filter(last_seen_at__isnull=False)
    page = list(_by_time(seen, "last_seen_at", after, down=True)[:limit])
    return [*page, *never[: limit - len(page)]] if len(page) < limit else page


def _by_time(rows: QuerySet[ImUser], name: str, after: str, *, down: bool) -> QuerySet[ImUser]:
    """By a time and the id."""
    ordered = rows.order_by(f"-{name}", "-id") if down else rows.order_by(name, "id")
    micros, _, row_id = after.partition(".")
    if not (micros.isdigit() and row_id.isdigit()) or len(after) > 40:
        return ordered
    at, beyond = _EPOCH + int(micros) * _MICROSECOND, "lt" if down else "gt"
    same: dict[str, Any] = {name: at, f"id__{beyond}": int(row_id)}
    # The first condition says what the second implies: with it the index is entered there.
    from_here = ordered.filter(**{f"{name}__{beyond}e": at})
    return from_here.filter(Q(**{f"{name}__{beyond}": at}) | Q(**same))


def _cursor(row: ImUser, name: str) -> str:
    if name == "username":
        return row.username
    at: datetime | None = getattr(row, name)
    micros = str((at - _EPOCH) // _MICROSECOND) if at else "-"
    return f"{micros}.{row.id}"
