"""Who is muted in the whole app: a snapshot of each app for the send path, and pages for REST."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_users import get_user
from chat.models import UserMute
from chat.store.clock import now_ms

FRESH_S = 2.0  # as long as an app's settings; other processes learn of a mute within it

# (username, kind of conversation) → when the mute ends, in ms; only those that last.
Mutes = Mapping[tuple[str, str], int]

_held: dict[int, tuple[Mutes, float]] = {}


@dataclass(frozen=True, slots=True)
class UserMuteInfo:
    username: str
    kind: str
    until_ms: int


def peek_mutes(app_id: int) -> Mutes | None:
    """The app's mutes without a query: None when they are not at hand or too old."""
    known = _held.get(app_id)
    return known[0] if known is not None and time.monotonic() < known[1] else None


def mutes_of(app_id: int, *, fresh: bool = False) -> Mutes:
    """The same, read anew when need be: one query, as mutes of a whole app are few."""
    known = None if fresh else peek_mutes(app_id)
    if known is not None:
        return known
    rows = UserMute.objects.filter(app_id=app_id, until_ms__gt=now_ms())
    mutes = {
        (name, kind): until
        for name, kind, until in rows.values_list("user__username", "kind", "until_ms")
    }
    _held[app_id] = (mutes, time.monotonic() + FRESH_S)
    return mutes


def forget_mutes(app_id: int) -> None:
    _held.pop(app_id, None)


def forget_all_mutes() -> None:
    _held.clear()


def mutes_of_user(app: AppRef, username: str) -> list[UserMuteInfo]:
    """What mutes a user has now. Raises UserNotFound."""
    user = get_user(app, username)
    rows = UserMute.objects.filter(user_id=user.id, until_ms__gt=now_ms())
    return [UserMuteInfo(user.username, row.kind, row.until_ms) for row in rows]


def list_mutes(app: AppRef, *, offset: int, limit: int) -> list[UserMuteInfo]:
    """A page of what lasts, one element a user and kind, the oldest first."""
    rows = UserMute.objects.filter(app_id=app.id, until_ms__gt=now_ms()).order_by("id")
    page = rows.values_list("user__username", "kind", "until_ms")[offset : offset + limit]
    return [UserMuteInfo(*row) for row in page]
