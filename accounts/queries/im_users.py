"""Reads of IM users."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.db.models import Count, Q, QuerySet

from accounts.domain.actor import AppRef
from accounts.domain.cursors import pack_cursor, unpack_cursor
from accounts.domain.errors import UserNotFound
from accounts.models import ImUser
from accounts.queries.raw import fetch, in_marks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_BY_NAME = "SELECT * FROM accounts_imuser WHERE app_id = %s AND username = %s"

UserState = Literal["", "active", "banned"]
UserSort = Literal["created", "-created", "username", "-username", "-seen"]


@dataclass(frozen=True, slots=True)
class UserInfo:
    """An IM user as everything above the database sees it. Times are Unix milliseconds, 0 = never.

    `push` holds the notification settings of rest.md 3.2.8 under their REST names, and
    `devices`: a list of {"device_Id", "device_token", "notifier_name"}.
    """

    id: int
    app_id: int
    uuid: str
    username: str
    nickname: str
    is_activated: bool
    is_demo: bool
    created_ms: int
    modified_ms: int
    last_seen_ms: int
    born_id: int
    token_epoch: int
    push: dict[str, Any] = field(hash=False)
    banned_until_ms: int = 0  # of a ban that ends by itself


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a user's token holds, and what the user may see of older logs."""

    app_id: int
    username: str
    is_activated: bool
    token_epoch: int
    born_id: int


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What the console's user list may ask. Empty values do not filter.

    `text` is a prefix of the username or part of the nickname. Times are Unix milliseconds.
    """

    text: str = ""
    state: UserState = ""
    is_demo: bool | None = None
    created_from_ms: int = 0
    created_before_ms: int = 0
    ids: frozenset[int] | None = field(default=None, hash=False)  # e.g. those who are online
    not_ids: frozenset[int] | None = field(default=None, hash=False)
    sort: UserSort = "created"


def get_user(app: AppRef, username: str) -> UserInfo:
    """Raises UserNotFound. The name is lower-cased first."""
    user = find_user(app, username)
    if user is None:
        raise UserNotFound(username=username.lower())
    return user


def find_user(app: AppRef, username: str) -> UserInfo | None:
    row = row_by_name(app.id, username)
    return info_of(row) if row else None


def row_by_name(app_id: int, username: str) -> ImUser | None:
    """Written out, as many calls need no more than this (accounts.queries.raw)."""
    return next(iter(ImUser.objects.raw(_BY_NAME, [app_id, username.lower()])), None)


def user_by_id(app: AppRef, user_id: int) -> UserInfo | None:
    row = ImUser.objects.filter(app_id=app.id, id=user_id).first()
    return info_of(row) if row else None


def standing_of(user_id: int) -> Standing | None:
    return standings_of([user_id]).get(user_id)


def standings_of(user_ids: Collection[int]) -> dict[int, Standing]:
    """Those that exist, by row; one query for any number. Never remembered: what was revoked a
    moment ago counts."""
    if not user_ids:
        return {}
    names, marks = "id, app_id, username, is_activated, token_epoch, born_id", in_marks(user_ids)
    found = fetch(f"SELECT {names} FROM accounts_imuser WHERE id IN ({marks})", [*user_ids])  # noqa: S608
    return {
        row_id: Standing(app_id, username, bool(is_activated), token_epoch, born_id)
        for row_id, app_id, username, is_activated, token_epoch, born_id in found
    }


def seen_since(app: AppRef, since: datetime, most: int) -> set[int]:
    """Rows of users who were connected since then, `most` of them."""
    rows = ImUser.objects.filter(app_id=app.id, last_seen_at__gte=since)
    return set(rows.values_list("id", flat=True)[:most])


def find_users(app: AppRef, usernames: Iterable[str]) -> dict[str, UserInfo]:
    """Those that exist, by (lower-case) name."""
    names = {name.lower() for name in usernames}
    rows = ImUser.objects.filter(app_id=app.id, username__in=names)
    return {row.username: info_of(row) for row in rows}


def list_users(app: AppRef, *, after: str = "", limit: int = 10) -> tuple[list[UserInfo], str]:
    """The next `limit` users, oldest first, and the cursor of the next page ("" at the end).

    Raises:
        IllegalArgument: `after` is not a cursor of this list.
    """
    rows = ImUser.objects.filter(app_id=app.id).order_by("created_at", "id")
    if after:
        created_us, last_id = unpack_cursor(after, 2)
        created = _EPOCH + created_us * _MICROSECOND
        # The first condition says what the second implies: with it the index is entered there.
        rows = rows.filter(created_at__gte=created).filter(
            Q(created_at__gt=created) | Q(created_at=created, id__gt=last_id)
        )
    found = list(rows[: limit + 1])
    page = found[:limit]
    cursor = ""
    if len(found) > limit:
        cursor = pack_cursor((page[-1].created_at - _EPOCH) // _MICROSECOND, page[-1].id)
    return [info_of(row) for row in page], cursor


def count_users(app: AppRef) -> int:
    return ImUser.objects.filter(app_id=app.id).count()


def matching(app: AppRef, wanted: UserFilter) -> QuerySet[ImUser]:
    """The rows of a filter, unordered."""
    rows = ImUser.objects.filter(app_id=app.id)
    if wanted.text:
        # Folding cases takes most of the time on PostgreSQL, and Chinese has none.
        has_cases = wanted.text.upper() != wanted.text.lower()
        part = {f"nickname__{'icontains' if has_cases else 'contains'}": wanted.text}
        rows = rows.filter(Q(username__startswith=wanted.text.lower()) | Q(**part))
    if wanted.state:
        rows = rows.filter(is_activated=wanted.state == "active")
    if wanted.is_demo is not None:
        rows = rows.filter(is_demo=wanted.is_demo)
    if wanted.created_from_ms:
        rows = rows.filter(created_at__gte=_at(wanted.created_from_ms))
    if wanted.created_before_ms:
        rows = rows.filter(created_at__lt=_at(wanted.created_before_ms))
    if wanted.ids is not None:
        rows = rows.filter(id__in=wanted.ids)
    if wanted.not_ids:
        rows = rows.exclude(id__in=wanted.not_ids)
    return rows


def info_of(row: ImUser) -> UserInfo:
    return UserInfo(
        id=row.id,
        app_id=row.app_id,
        uuid=str(row.uuid),
        username=row.username,
        nickname=row.nickname,
        is_activated=row.is_activated,
        is_demo=row.is_demo,
        created_ms=_ms(row.created_at),
        modified_ms=_ms(row.modified_at),
        last_seen_ms=_ms(row.last_seen_at),
        born_id=row.born_id,
        token_epoch=row.token_epoch,
        push=row.push,
        banned_until_ms=_ms(row.banned_until),
    )


def _ms(at: datetime | None) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1) if at else 0


def _at(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def user_counts(app_ids: Iterable[int]) -> dict[int, int]:
    """How many users each app has; an app without any is missing."""
    rows = ImUser.objects.filter(app_id__in=list(app_ids)).values_list("app_id")
    return dict(rows.annotate(users=Count("id")))
