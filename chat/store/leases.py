"""The process's number, leased in the database, and the rising ids that it makes.

States: none → held (`hold` took a number) → held … → none (`release`, or another process took the
number after it ran out; the next `hold` takes another one).
"""

import random
import secrets
import threading
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from chat.domain.ids import LEASED_PROCESSES, IdClock
from chat.store.clock import now_ms
from chat.store.statements import OneByOne, Rows, Statements

LEASE_MS = 30_000
_EXTEND_BELOW_MS = 20_000
_TRIES = 50


class Lease(NamedTuple):
    """`until_ms`: how long it has to be held at least for `hold` to have nothing to do."""

    number: int
    token: str
    until_ms: int


class NoProcessNumber(RuntimeError):
    """All 960 numbers are held by living processes."""


class ProcessIds:
    """Ids of one process; any thread may use it.

    `hold` belongs in the transaction that stores what the ids name: a process that was suspended
    for longer than its lease finds there that its number is another's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clock: IdClock | None = None
        self._number = -1
        self._token = ""
        self._floor_ms = self._expires_ms = 0

    def ask(self, asked: Statements) -> Rows:
        """Ask, inside the caller's transaction, for `hold` whether the number is still held."""
        with self._lock:
            number, token = self._number, self._token
        if number < 0:
            return list
        return asked.ask(
            "SELECT expires_ms FROM chat_processlease WHERE number = %s AND token = %s",
            [number, token],
        )

    def lease(self, now: int) -> Lease | None:
        """What is held without a look at the database, which may know better; None when there is
        something for `hold` to do."""
        until_ms = now + _EXTEND_BELOW_MS
        with self._lock:
            is_held = self._clock is not None and self._expires_ms >= until_ms
            return Lease(self._number, self._token, until_ms) if is_held else None

    def hold(self, cursor: CursorWrapper, now: int, held: Rows) -> None:
        """Make sure, inside the caller's transaction, that a number is this process's: `held`
        answers `ask`."""
        rows = held()
        if not rows:
            self._take(cursor, now)
            return
        expires_ms: int = rows[0][0]
        with self._lock:
            number, token = self._number, self._token
            self._expires_ms = expires_ms
        if expires_ms - now < _EXTEND_BELOW_MS:
            _extend(cursor, number, token, now)

    def next_id(self, now: int, above: int = 0) -> int:
        """The next id, above every one before it and above `above`; call `hold` first."""
        with self._lock:
            if self._clock is None:
                raise NoProcessNumber("no number is held: call hold() first")
            return self._clock.next_id(max(now, self._floor_ms), above)

    def new_id(self) -> int:
        """An id for something that the entry store does not keep."""
        now = now_ms()
        with transaction.atomic(), connection.cursor() as cursor:
            self.hold(cursor, now, self.ask(OneByOne(cursor)))
        return self.next_id(now)

    def release(self) -> None:
        """Give the number back; harmless when none is held."""
        with self._lock:
            number, token = self._number, self._token
            self._number, self._token, self._clock = -1, "", None
        if number >= 0:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM chat_processlease WHERE number = %s AND token = %s",
                    [number, token],
                )

    def _take(self, cursor: CursorWrapper, now: int) -> None:
        token = secrets.token_hex(16)
        for _ in range(_TRIES):
            cursor.execute("SELECT number, token, expires_ms FROM chat_processlease")
            rows = cursor.fetchall()
            over = [row for row in rows if row[2] < now and row[0] < LEASED_PROCESSES]
            if over:
                number, old_token, old_expires = random.choice(over)  # noqa: S311 (no secret)
                cursor.execute(
                    "UPDATE chat_processlease SET token = %s, expires_ms = %s"
                    " WHERE number = %s AND token = %s AND expires_ms = %s",
                    [token, now + LEASE_MS, number, old_token, old_expires],
                )
            else:
                free = sorted(set(range(LEASED_PROCESSES)) - {row[0] for row in rows})
                if not free:
                    raise NoProcessNumber("every process number is held")
                number, old_expires = random.choice(free), 0  # noqa: S311 (no secret)
                cursor.execute(
                    "INSERT INTO chat_processlease (number, token, expires_ms)"
                    " VALUES (%s, %s, %s) ON CONFLICT (number) DO NOTHING",
                    [number, token, now + LEASE_MS],
                )
            if cursor.rowcount == 1:
                self._start(number, token, old_expires, now + LEASE_MS)
                return
        raise NoProcessNumber("other processes took every number that was tried")

    def _start(self, number: int, token: str, floor_ms: int, expires_ms: int) -> None:
        with self._lock:
            # The holder before may have made ids up to the end of its lease.
            self._clock = IdClock(number)
            self._number, self._token, self._floor_ms = number, token, floor_ms + 1
            self._expires_ms = expires_ms


def _extend(cursor: CursorWrapper, number: int, token: str, now: int) -> None:
    """Move the end of the lease, unless another transaction of this process is doing it."""
    skip = " FOR UPDATE SKIP LOCKED" if cursor.db.vendor == "postgresql" else ""
    mine = f"SELECT number FROM chat_processlease WHERE number = %s AND token = %s{skip}"  # noqa: S608
    cursor.execute(
        f"UPDATE chat_processlease SET expires_ms = %s WHERE number = ({mine})",  # noqa: S608
        [now + LEASE_MS, number, token],
    )
