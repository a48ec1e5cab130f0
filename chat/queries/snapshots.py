"""A bounded, process-local memory of snapshots, least recently used out first."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Snapshots(Generic[K, V]):
    """Thread-safe. What it holds may be old: whoever acts on it lets the store check its epoch."""

    def __init__(self, size: int, seconds: float = float("inf")) -> None:
        self._size = size
        self._seconds = seconds
        self._held: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            held = self._held.get(key)
            if held is None or held[1] < time.monotonic():
                return None
            self._held.move_to_end(key)
            return held[0]

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._held[key] = (value, time.monotonic() + self._seconds)
            self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)

    def forget(self, key: K) -> None:
        with self._lock:
            self._held.pop(key, None)

    def forget_where(self, is_stale: Callable[[K, V], bool]) -> None:
        with self._lock:
            for key in [key for key, (value, _) in self._held.items() if is_stale(key, value)]:
                del self._held[key]

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
