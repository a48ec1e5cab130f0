"""Which failures on purpose are alive."""

import threading
import time

from accounts.domain.actor import AppRef
from chat.models import LogInRefusal
from chat.store.clock import now_ms

FRESH_S = 0.5  # other processes hear of a change by then
_lock = threading.Lock()
_read_at = [0.0]
_until: dict[int, int] = {}  # row of the user → ms


def is_refused(user_id: int) -> bool:
    """Whether this user's log-ins are to fail now. Any number of log-ins read it once."""
    with _lock:
        if time.monotonic() - _read_at[0] > FRESH_S:
            rows = LogInRefusal.objects.filter(until_ms__gt=now_ms())
            _until.clear()
            _until.update(rows.values_list("user_id", "until_ms"))
            _read_at[0] = time.monotonic()
        return _until.get(user_id, 0) > now_ms()


def read_again() -> None:
    """Something has changed in this process."""
    _read_at[0] = 0.0


def refused_until_ms(user_id: int) -> int:
    """0: not refused."""
    rows = LogInRefusal.objects.filter(user_id=user_id, until_ms__gt=now_ms())
    return rows.values_list("until_ms", flat=True).first() or 0


def active_refusals(app: AppRef) -> list[tuple[str, int]]:
    """Who is refused in an app, and until when (ms); the first to end first."""
    rows = LogInRefusal.objects.filter(app_id=app.id, until_ms__gt=now_ms())
    return list(rows.order_by("until_ms").values_list("username", "until_ms"))
