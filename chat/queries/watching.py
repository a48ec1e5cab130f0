"""Who is watched: a snapshot of each app for the send path, and one user's for its page."""

from collections.abc import Mapping

from accounts.queries.momentary import Remembered
from chat.models import WatchedUser
from chat.store.clock import now_ms

Watched = Mapping[str, int]  # username → when it ends, in ms


def _read(app_id: int) -> Watched:
    rows = WatchedUser.objects.filter(app_id=app_id, until_ms__gt=now_ms())
    return dict(rows.values_list("user__username", "until_ms"))


watched = Remembered(_read)


def watched_until_ms(user_id: int) -> int:
    """0: not watched."""
    rows = WatchedUser.objects.filter(user_id=user_id, until_ms__gt=now_ms())
    return rows.values_list("until_ms", flat=True).first() or 0
