"""Who is watched: a snapshot of each app for the send path, and one user's for its page."""

from collections.abc import Mapping

from accounts.queries.momentary import Momentary
from chat.models import WatchedUser
from chat.store.clock import now_ms

Watched = Mapping[str, int]  # username → when it ends, in ms

_known: Momentary[Watched] = Momentary()


def peek_watched(app_id: int) -> Watched | None:
    """The app's watched users without a query: None when they are not at hand or too old."""
    return _known.peek(app_id)


def claim_watched(app_id: int, now: float) -> bool:
    """Whether the caller is to read them again, so that they stay at hand."""
    return _known.claim(app_id, now)


def watched_of(app_id: int) -> Watched:
    """The same, read anew when need be."""
    known = peek_watched(app_id)
    return read_watched(app_id) if known is None else known


def read_watched(app_id: int) -> Watched:
    """As watched_of; always a query."""

    def read() -> Watched:
        rows = WatchedUser.objects.filter(app_id=app_id, until_ms__gt=now_ms())
        return dict(rows.values_list("user__username", "until_ms"))

    return _known.read(app_id, read)


def watched_until_ms(user_id: int) -> int:
    """0: not watched."""
    rows = WatchedUser.objects.filter(user_id=user_id, until_ms__gt=now_ms())
    return rows.values_list("until_ms", flat=True).first() or 0


def forget_watched(app_id: int) -> None:
    _known.forget(app_id)


def forget_all_watched() -> None:
    _known.forget_all()
