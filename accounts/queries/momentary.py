"""What is remembered of each app for a moment, and read again before the moment is over.

unknown  --put-->  young  --half its time-->  due: one reader is told to renew it
due      --put-->  young;   young | due  --its time is over, forget-->  unknown
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

V = TypeVar("V")

FRESH_S = 2.0  # so long another process's change may stay unnoticed


@dataclass(slots=True)
class _Held(Generic[V]):
    value: V
    due_at: float  # monotonic; infinite once somebody renews it
    ends_at: float


class Momentary(Generic[V]):
    """App id → value, at most FRESH_S old. Any thread: entries are replaced whole, so it needs no
    lock; the worst that happens is one more reading."""

    def __init__(self) -> None:
        self._held: dict[int, _Held[V]] = {}
        self._forgotten = 0

    def peek(self, app_id: int) -> V | None:
        """What is remembered and young enough. No I/O."""
        held = self._held.get(app_id)
        return held.value if held is not None and time.monotonic() < held.ends_at else None

    def read(self, app_id: int, read: Callable[[], V]) -> V:
        """Read anew and remember; what was forgotten meanwhile stays forgotten, as this may have
        been read before the change."""
        before = self._forgotten
        value = read()
        if self._forgotten == before:
            self.put(app_id, value)
        return value

    def put(self, app_id: int, value: V) -> None:
        now = time.monotonic()
        self._held[app_id] = _Held(value, now + FRESH_S / 2, now + FRESH_S)

    def claim(self, app_id: int, now: float) -> bool:
        """True for one caller when the value is past half its time: it is to read it anew.

        Without it, everybody who needs the value would do so at the moment when it ends.
        """
        held = self._held.get(app_id)
        if held is None or now < held.due_at:
            return False
        held.due_at = float("inf")
        return True

    def forget(self, app_id: int) -> None:
        self._forgotten += 1
        self._held.pop(app_id, None)

    def forget_all(self) -> None:
        self._forgotten += 1
        self._held.clear()


class Remembered(Momentary[V]):
    """A Momentary that knows how the value of an app is read."""

    def __init__(self, load: Callable[[int], V]) -> None:
        super().__init__()
        self._load = load

    def of(self, app_id: int) -> V:
        """What is remembered, or else read anew."""
        known = self.peek(app_id)
        return self.renew(app_id) if known is None else known

    def renew(self, app_id: int) -> V:
        """Read anew, whatever is remembered."""
        return self.read(app_id, partial(self._load, app_id))
