"""What this process saw happen, gathered in memory and written in bulk about once a second.

Nobody waits for it: counting is an append, and the writer's thread writes between its own batches
(`flush`). What a killed process had not written is lost.
"""

# S608: the pieces that are put together are constants and marks, never values.
# ruff: noqa: S608

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Literal

from django.conf import settings
from django.db import models

from chat.metrics import DELIVERIES
from chat.models import Attempt, EndedConnection, MinuteCount
from chat.store.clock import now_ms
from chat.store.sql import records, rows_as_json, typed, types_of
from chat.store.statements import Statements, all_together

# up: messages stored; down: messages handed to connections; failed: sends that were refused;
# refused: log-ins that were.
Key = Literal["up", "down", "failed", "refused"]
KEPT_MINUTES = 48 * 60
MAX_SEEN = 200_000  # waiting; the oldest go where nobody flushes
MAX_ENDED = 5_000  # waiting; more are dropped, as after a mass disconnect
MAX_ATTEMPTS = 50  # waiting; more are dropped, as under a flood

_LONGEST = {
    field.name: field.max_length
    for field in Attempt._meta.fields
    if isinstance(field, models.CharField)
}
_lock = threading.Lock()
# On the path of every message, hence a bare append; equal ones are counted in C when they are
# written.
_seen: deque[tuple[int, Key, int]] = deque(maxlen=MAX_SEEN)
_asked = [False]  # the next flush is asked for
_asked_ms = [0]  # since when
_ended: list[tuple[Any, ...]] = []  # values of _ENDED's columns
_attempts: dict[tuple[object, ...], Attempt] = {}
_wake: Callable[[], None] | None = None
_forgotten = [0]  # the last minute before which counts were removed

# A mass disconnect is thousands of rows: the ORM takes ten times what the insert does.
_ENDED = {
    field.attname: field.get_default()
    for field in EndedConnection._meta.concrete_fields
    if not field.primary_key
}
_COUNTS = typed("app_id bigint, minute bigint, key text, n bigint")


def flush_through(wake: Callable[[], None]) -> None:
    """Say who calls `flush` soon after it is asked to."""
    global _wake
    _wake = wake


def count(app_id: int, key: Key, number: int = 1) -> None:
    """Any thread; never waits. It is counted in the minute of the next flush."""
    _seen.append((app_id, key, number))
    if not _asked[0]:
        _asked_ms[0] = now_ms()
        _asked[0] = True
        _ask()


def ended(**fields: Any) -> None:
    """A connection is gone; the fields are EndedConnection's."""
    with _lock:
        if len(_ended) < MAX_ENDED:
            _ended.append(tuple((_ENDED | fields).values()))
    _ask()


def attempted(**fields: Any) -> None:
    """Somebody tried to get in; the fields are Attempt's, less the time. Any thread.

    What a stranger sent is made to fit: printable, and no longer than its column.
    """
    for name, longest in _LONGEST.items():
        fields[name] = "".join(filter(str.isprintable, fields.get(name, "")[:longest]))
    key = tuple(fields.values())
    with _lock:
        if len(_attempts) < MAX_ATTEMPTS and key not in _attempts:
            _attempts[key] = Attempt(at_ms=now_ms(), **fields)
    _ask()


def _ask() -> None:
    if _wake is not None and settings.ENTRY_STORE != "direct":
        _wake()


def waits_since_ms() -> int:
    """Since when something counted has waited to be written; 0 when nothing does. Any thread."""
    return _asked_ms[0] if _asked[0] else 0


def flush() -> None:
    """Write what waits; what the database refuses is dropped, for it only informs."""
    _asked[0] = False
    counts = _summed()
    DELIVERIES.inc(sum(number for (_, _, key), number in counts.items() if key == "down"))
    with _lock:
        rows, attempts = list(_ended), list(_attempts.values())
        _ended.clear()
        _attempts.clear()
    if attempts:
        Attempt.objects.bulk_create(attempts)
    if counts or rows:
        with all_together(len(counts) + len(rows)) as asked:
            if counts:
                _add(asked, counts)
            if rows:
                _add_ended(asked, rows)
    if counts:
        _forget_old(max(minute for _, minute, _ in counts))


def _add_ended(asked: Statements, rows: list[tuple[Any, ...]]) -> None:
    types = types_of(_ENDED, rows[0])
    asked.run(
        f"INSERT INTO chat_endedconnection ({', '.join(_ENDED)})"
        f" SELECT * FROM {records('v', types, asked.vendor)}",
        [rows_as_json(types, rows)],
    )


def _summed() -> Counter[tuple[int, int, str]]:
    minute = int(time.time()) // 60
    counts: Counter[tuple[int, int, str]] = Counter()
    seen = Counter([_seen.popleft() for _ in range(len(_seen))])
    for (app_id, key, number), times in seen.items():
        counts[app_id, minute, key] += number * times
    return counts


def _add(asked: Statements, counts: Counter[tuple[int, int, str]]) -> None:
    asked.run(
        # WHERE: what SQLite would else take ON for. In one order, so that two processes never wait
        # for each other.
        f"INSERT INTO chat_minutecount ({', '.join(_COUNTS)})"
        f" SELECT * FROM {records('v', _COUNTS, asked.vendor)} WHERE true ORDER BY 1, 2, 3"
        " ON CONFLICT (app_id, minute, key) DO UPDATE SET n = chat_minutecount.n + excluded.n",
        [rows_as_json(_COUNTS, [(*place, number) for place, number in counts.items()])],
    )


def _forget_old(newest: int) -> None:
    if newest - _forgotten[0] >= 60:
        _forgotten[0] = newest
        MinuteCount.objects.filter(minute__lt=newest - KEPT_MINUTES).delete()
