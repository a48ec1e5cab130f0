"""Outcomes from other threads back to the loop, and the gateway's own pool of threads."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from chat.domain.errors import ImError

logger = logging.getLogger(__name__)

POOL_THREADS = 8


class Completions:
    """Calls to make on the loop, from any thread; one wake-up of the loop serves a whole burst."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[Callable[[object], None], object]] = deque()
        self._lock = threading.Lock()
        self._woken = False

    def put(self, then: Callable[[object], None], outcome: object) -> None:
        with self._lock:
            self._waiting.append((then, outcome))
            if self._woken:
                return
            self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._drain)
        except RuntimeError:  # the loop is closed: nobody waits for it any more
            logger.debug("an outcome came after the loop had ended")

    def _drain(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
            self._woken = False
        for then, outcome in waiting:
            try:
                then(outcome)
            except Exception:
                logger.exception("a %s could not be delivered", type(outcome).__name__)


class Pool:
    """Threads for what needs the database. Not Channels' shared one, where all wait in a row."""

    def __init__(self, completions: Completions) -> None:
        self._completions = completions
        self._threads = ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="gateway")

    def submit(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Run `work`; its answer, or the refusal it raised, comes to `then` on the loop."""
        self._threads.submit(self._run, work, then)

    def start(self, work: Callable[[], None]) -> None:
        """Run `work`, which tells by itself how it ends."""
        self._threads.submit(guarded, work)

    async def call(self, work: Callable[[], Any]) -> Any:
        """Await `work`; whatever it raises is raised here."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, guarded, work)

    def _run(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        try:
            outcome = guarded(work)
        except ImError as refusal:
            outcome = refusal
        except Exception:
            logger.exception("a command failed")
            outcome = ImError()
        self._completions.put(then, outcome)

    def stop(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)


def guarded(work: Callable[[], Any]) -> Any:
    """Run `work` in a thread that lives on, and leave its connections fit for the next."""
    try:
        return work()
    finally:
        _tidy_connections()


def _tidy_connections() -> None:
    """Give pooled connections back; keep SQLite's, as the thread lives on, unless it failed."""
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            continue
        if connection.errors_occurred or "pool" in connection.settings_dict["OPTIONS"]:
            connection.close()
