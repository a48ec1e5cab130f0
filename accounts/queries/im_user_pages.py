"""The console's list of IM users: filtered, sorted, paged by key whatever its length."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.domain.actor import AppRef
from accounts.domain.errors import ImError
from accounts.domain.ids import parse_username
from accounts.models import ImUser
from accounts.queries.im_users import UserFilter, UserInfo, info_of, matching

COUNT_LIMIT = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def page_users(
    app: AppRef, wanted: UserFilter, *, after: str = "", limit: int = 50
) -> tuple[list[UserInfo], str]:
    """The users after a cursor, and the cursor of the next page ("" at the end).

    A cursor that cannot be read begins at the start: it comes from an address bar.
    """
    rows = matching(app, wanted)
    match wanted.sort:
        case "username" | "-username":
            ordered, found = _by_name(rows, wanted.sort, after), "username"
        case "-seen":
            ordered, found = _by_time(rows, "last_seen_at", after, down=True), "last_seen_at"
        case _:
            down = wanted.sort.startswith("-")
            ordered, found = _by_time(rows, "created_at", after, down=down), "created_at"
    page = list(ordered[: limit + 1])
    cursor = _cursor(page[limit - 1], found) if len(page) > limit else ""
    return [info_of(row) for row in page[:limit]], cursor


def count_users_matching(app: AppRef, wanted: UserFilter) -> int:
    """How many match; counting ends at COUNT_LIMIT."""
    return matching(app, wanted).order_by()[:COUNT_LIMIT].count()


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


def _by_time(rows: QuerySet[ImUser], name: str, after: str, *, down: bool) -> QuerySet[ImUser]:
    """By a time and the id; those without the time come last."""
    ordered = (
        rows.order_by(F(name).desc(nulls_last=True), "-id") if down else rows.order_by(name, "id")
    )
    micros, _, row_id = after.partition(".")
    if not row_id.isdigit() or len(after) > 40:
        return ordered
    if not micros.isdigit():
        return ordered.filter(**{f"{name}__isnull": True}, id__lt=int(row_id))
    at, beyond = _EPOCH + int(micros) * _MICROSECOND, "lt" if down else "gt"
    same: dict[str, Any] = {name: at, f"id__{beyond}": int(row_id)}
    later = Q(**{f"{name}__{beyond}": at}) | Q(**same)
    return ordered.filter(later | Q(**{f"{name}__isnull": True}) if down else later)


def _cursor(row: ImUser, name: str) -> str:
    if name == "username":
        return row.username
    at: datetime | None = getattr(row, name)
    micros = str((at - _EPOCH) // _MICROSECOND) if at else "-"
    return f"{micros}.{row.id}"
