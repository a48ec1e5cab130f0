"""Outcomes from other threads back to the loop, and the gateway's own pool of threads."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from django.db import connections

from chat.domain.errors import ImError

logger = logging.getLogger(__name__)

Q = TypeVar("Q")
A = TypeVar("A")
POOL_THREADS = 8
MAX_BATCH = 100


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
        return await self.begin(work)

    def begin(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._threads, guarded, work)

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


class Workers(Protocol):
    def begin(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Raises RuntimeError: they have stopped."""


class Batches(Generic[Q, A]):
    """Questions that one piece of work answers together.

    No timer: a batch is what was asked while the one before was worked on, or else in one turn of
    the loop, so a lone question waits for nobody. One batch is under way at a time; their order is
    the order of the questions.
    `work` gives an answer, or what is to be raised, for each question.
    """

    def __init__(
        self, pool: Workers, work: Callable[[Sequence[Q]], Sequence[A | Exception]]
    ) -> None:
        self._pool = pool
        self._work = work
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._is_working = False
        self._under_way: asyncio.Future[Sequence[A | Exception]] | None = None

    def ask(self, question: Q) -> "asyncio.Future[A]":
        """The answer, or the exception in its place."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if not self._is_working:
            self._is_working = True
            # Not at once: sockets that are readable together ask together.
            asyncio.get_running_loop().call_soon(self._begin)
        return answer

    def _begin(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
        questions = [question for question, _ in batch]
        try:
            work = self._pool.begin(partial(self._work, questions))
        except RuntimeError:  # the pool has stopped
            self._is_working = False
            self._give_up([answer for _, answer in batch])
            return
        self._under_way = work
        work.add_done_callback(lambda done: self._worked([answer for _, answer in batch], done))

    def _worked(
        self,
        batch: "Sequence[asyncio.Future[A]]",
        done: "asyncio.Future[Sequence[A | Exception]]",
    ) -> None:
        self._under_way = None
        if done.cancelled():  # the pool stops
            self._is_working = False
            self._give_up(batch)
            return
        if self._waiting:
            self._begin()
        else:
            self._is_working = False
        failure = done.exception()
        outcomes = [failure] * len(batch) if failure is not None else done.result()
        for answer, outcome in zip(batch, outcomes, strict=True):
            if answer.done():
                continue
            if isinstance(outcome, BaseException):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    def _give_up(self, batch: "Sequence[asyncio.Future[A]]") -> None:
        waiting, self._waiting = self._waiting, deque()
        for answer in (*batch, *(answer for _, answer in waiting)):
            answer.cancel()

    async def settled(self) -> None:
        """Wait until nothing waits and nothing is worked on."""
        while self._is_working:
            if self._under_way is None:
                await asyncio.sleep(0)  # it begins in this turn
            else:
                await asyncio.wait({self._under_way})


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
