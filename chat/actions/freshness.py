"""What every send looks at, kept at hand: settings, mutes, watched users and webhook rules of the
apps in use."""

import time
from collections.abc import Callable
from functools import partial

from accounts.queries import im_apps
from chat.queries import user_mutes, watching
from chat.webhooks import book

RunElsewhere = Callable[[Callable[[], None]], None]

LOOK_S = 0.1  # far below the time that anything may be old
_look_at: dict[int, float] = {}  # app id → when to look again, monotonic

_KEPT: tuple[tuple[Callable[[int, float], bool], Callable[[int], object]], ...] = (
    (im_apps.claim_settings, im_apps.app_by_id),
    *((one.claim, one.renew) for one in (user_mutes.mutes, watching.watched, book.enabled_rules)),
)


def keep_fresh(app_id: int, run_elsewhere: RunElsewhere) -> None:
    """Have what will soon be too old read again by one thread, instead of by every sender when it
    is too old. No I/O here."""
    now = time.monotonic()
    if now < _look_at.get(app_id, 0.0):
        return
    _look_at[app_id] = now + LOOK_S
    for claim, read in _KEPT:
        if claim(app_id, now):
            run_elsewhere(partial(_read, read, app_id))


def _read(read: Callable[[int], object], app_id: int) -> None:
    read(app_id)
