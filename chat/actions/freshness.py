"""What every send looks at, kept at hand: settings, mutes, watched users and webhook rules of the
apps in use."""

import time
from collections.abc import Callable
from functools import partial

from accounts.queries import im_apps
from chat.queries import user_mutes, watching
from chat.webhooks import book

RunElsewhere = Callable[[Callable[[], None]], None]

_KEPT: tuple[tuple[Callable[[int, float], bool], Callable[[int], object]], ...] = (
    (im_apps.claim_settings, im_apps.app_by_id),
    *((one.claim, one.renew) for one in (user_mutes.mutes, watching.watched, book.enabled_rules)),
)


def keep_fresh(app_id: int, run_elsewhere: RunElsewhere) -> None:
    """Have what will soon be too old read again by one thread, instead of by every sender when it
    is too old. No I/O here."""
    now = time.monotonic()
    for claim, read in _KEPT:
        if claim(app_id, now):
            run_elsewhere(partial(_read, read, app_id))


def _read(read: Callable[[int], object], app_id: int) -> None:
    read(app_id)
