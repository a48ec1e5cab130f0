"""Who is muted in the whole app: a snapshot of each app for the send path, and pages for REST."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_users import UserInfo, get_user
from accounts.queries.momentary import Remembered
from chat.models import UserMute
from chat.store.clock import now_ms

# (username, kind of conversation) → when the mute ends, in ms; only those that last.
Mutes = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class UserMuteInfo:
    username: str
    kind: str
    until_ms: int


def _read(app_id: int) -> Mutes:
    """One query, as mutes of a whole app are few."""
    rows = UserMute.objects.filter(app_id=app_id, until_ms__gt=now_ms())
    found = rows.values_list("user__username", "kind", "until_ms")
    return {(name, kind): until for name, kind, until in found}


mutes = Remembered(_read)


def mutes_of_user(app: AppRef, username: str) -> list[UserMuteInfo]:
    """What mutes a user has now. Raises UserNotFound."""
    return lasting_mutes(get_user(app, username))


def lasting_mutes(user: UserInfo) -> list[UserMuteInfo]:
    """The same of a user who is at hand."""
    rows = UserMute.objects.filter(user_id=user.id, until_ms__gt=now_ms())
    return [UserMuteInfo(user.username, row.kind, row.until_ms) for row in rows]


def muted_users(app: AppRef) -> frozenset[int]:
    """Who is muted in the whole app, in some kind of conversation."""
    rows = UserMute.objects.filter(app_id=app.id, until_ms__gt=now_ms())
    return frozenset(rows.values_list("user_id", flat=True))


def list_mutes(
    app: AppRef, *, limit: int, after: str = "", offset: int = 0
) -> tuple[list[UserMuteInfo], str]:
    """A page of what lasts, one element a user and kind, the oldest first; and what is `after` for
    the page behind it."""
    rows = UserMute.objects.filter(app_id=app.id, until_ms__gt=now_ms()).order_by("id")
    if after.isdigit():
        rows = rows.filter(pk__gt=int(after))
    columns = rows.values_list("pk", "user__username", "kind", "until_ms")
    found = list(columns[offset : offset + limit])
    return [UserMuteInfo(*row[1:]) for row in found], str(found[-1][0]) if found else ""
