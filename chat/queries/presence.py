"""Presence: what a user's devices show, and who watches whom."""

# S608: the pieces that are put together are constants and marks, never values.
# ruff: noqa: S608

from collections.abc import Collection, Iterable, Mapping

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.domain.actor import AppRef
from accounts.queries.im_users import UserInfo, find_users
from accounts.queries.raw import fetch, in_marks
from chat.domain.answers import PresenceInfo
from chat.models import PresenceSubscription

ONLINE = "1"  # rest.md 3.5: "0" offline, "1" online, others are the app's own
KEPT_S = 7 * 24 * 3600

# device → (status, ext): set by REST for a device that need not be connected.
SetStatuses = dict[str, tuple[str, str]]
"""A connected device's status and ext, by device, as chat.live.online keeps them."""
Connected = Mapping[int, list[tuple[str, str, str]]]


def presence_key(app_id: int, user_id: int) -> str:
    return f"presence:{app_id}:{user_id}"


def set_statuses(app_id: int, user_id: int) -> SetStatuses:
    kept: SetStatuses = cache.get(presence_key(app_id, user_id)) or {}
    return kept


def presence_info(
    user: UserInfo, connected: list[tuple[str, str, str]], expires_ms: int = 0
) -> PresenceInfo:
    """From the (device, status, ext) of each connected device and what was set by REST."""
    devices = {device: status or ONLINE for device, status, _ in connected}
    ext = next((ext for _, _, ext in reversed(connected) if ext), "")
    for device, (status, set_ext) in set_statuses(user.app_id, user.id).items():
        devices[device] = status
        ext = set_ext or ext
    latest = connected[-1][1] if connected else ""
    return PresenceInfo(
        username=user.username,
        online=bool(connected),
        status=latest or (ONLINE if connected else ""),
        ext=ext,
        devices=devices,
        last_seen_ms=user.last_seen_ms,
        expires_ms=expires_ms,
    )


def known_users(app: AppRef, usernames: Iterable[str]) -> dict[str, UserInfo]:
    return find_users(app, usernames)


def watchers_of(user_ids: Collection[int]) -> dict[int, list[int]]:
    """The rows of those who are told of each user's presence now; unwatched users are missing."""
    if not user_ids:
        return {}
    # Each log-in and log-out asks.
    found = fetch(
        "SELECT subject_id, subscriber_id FROM chat_presencesubscription"
        f" WHERE subject_id IN ({in_marks(user_ids)}) AND expires_at > %s",
        [*user_ids, connection.ops.adapt_datetimefield_value(timezone.now())],
    )
    watchers: dict[int, list[int]] = {}
    for subject_id, subscriber_id in found:
        watchers.setdefault(subject_id, []).append(subscriber_id)
    return watchers


def watched_by(
    app: AppRef, username: str, *, after: str = "", offset: int = 0, limit: int = 100
) -> tuple[list[tuple[str, int]], int]:
    """(name, expiry in ms) of those whom a user watches, by name, behind the name `after`; and how
    many in all."""
    watched = PresenceSubscription.objects.filter(
        subscriber__app_id=app.id,
        subscriber__username=username.lower(),
        expires_at__gt=timezone.now(),
    ).order_by("subject__username")
    later = watched.filter(subject__username__gt=after) if after else watched
    page = later.values_list("subject__username", "expires_at")[offset : offset + limit]
    return [(name, int(at.timestamp() * 1000)) for name, at in page], watched.count()
