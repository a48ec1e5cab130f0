"""The batching writer: one thread a process, many appends a transaction.

States of the thread: not started → running (first append) → stopping (`stop`) → ended. A batch is
what queued up during the last commit. Where batches held several lately, the next one waits a
moment for more (LINGER_S); where messages come one by one, each is stored at once.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from math import inf

from django.db import InterfaceError, OperationalError, connection, connections

from chat.domain.entries import Draft, StaleRights, Stored
from chat.domain.errors import StoreUnavailable
from chat.metrics import BATCH_SIZE, COMMIT_SECONDS, STORED
from chat.store.base import Completion
from chat.store.clock import now_ms
from chat.store.leases import ProcessIds
from chat.store.left import LeftLogs
from chat.store.rows import LogKey, ensure_logs, store_batch, with_client_ids
from chat.store.statements import OneByOne, Statements, quickest
from chat.store.unsure import Unsure

logger = logging.getLogger(__name__)

MAX_QUEUED = 20_000
MAX_BATCH = 500
RETRY_FOR_S = 10.0
SETTLE_S = 1.0  # how often it is tried
_KNOWN_LOGS = 200_000
# A commit costs the same whatever it holds: where messages come faster than commits end, a moment's
# wait lets several share one (specs of performance, 2.4): half as long as the last one took, which
# is little to who waits for the next anyway. PostgreSQL's costs half a millisecond of processor
# even when it is quick, so there it is no less than SHORTEST_LINGER_S.
SHORTEST_LINGER_S, LONGEST_LINGER_S = 0.002, 0.010
LINGER_ABOVE, LINGER_BELOW = 1.3, 200  # messages a batch lately; more are company enough

Waiting = tuple[Draft, Completion]
Work = Callable[[], float | None]  # in how many seconds it is to be done again
Outcome = Stored | StaleRights | Exception


class Writer:
    """EntryStore with a thread of its own, which does other writing between batches, too: what
    `call_later` asks for, and `last` at its end."""

    def __init__(self, ids: ProcessIds, last: Sequence[Work] = ()) -> None:
        self._ids = ids
        self._last = last
        self._queue: deque[Waiting] = deque()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._idle = False  # the thread sleeps
        self._appended = self._done = 0
        self._flushers = 0
        self._stopping = False
        self._abandon_at = 0.0  # monotonic; when stop() no longer waits
        self._works = True  # the last commit did
        self._due: dict[Work, float] = {}  # monotonic
        self._known: set[LogKey] = set()  # conversations that have a row
        self._left = LeftLogs()
        self._unsure = Unsure(ids)
        self._usual = 1.0  # how many a batch has lately
        self._took_s = 0.0  # the last commit

    def append(self, draft: Draft, then: Completion) -> None:
        with self._lock:  # not by the Condition: its `with` takes two more calls
            refused = self._stopping or len(self._queue) >= MAX_QUEUED
            if not refused:
                self._queue.append((draft, then))
                self._appended += 1
                if self._thread is None:
                    self._start()
                elif self._idle:
                    self._changed.notify_all()
        if refused:
            then(StoreUnavailable())

    def call_later(self, after_s: float, work: Work) -> None:
        """Have the thread do `work` once after a while; sooner, if that is asked for meanwhile."""
        at = time.monotonic() + after_s
        with self._changed:
            if self._stopping or self._due.get(work, inf) <= at:
                return
            self._due[work] = at
            if self._thread is None:
                self._start()
            elif self._idle:
                self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        with self._changed:
            upto = self._appended
            self._flushers += 1
            done = self._changed.wait_for(lambda: self._done >= upto, timeout_s)
            self._flushers -= 1
            return done

    def stop(self, timeout_s: float) -> None:
        with self._changed:
            self._stopping = True
            self._abandon_at = time.monotonic() + timeout_s
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(timeout_s)
        else:
            self._do(self._last)

    def is_healthy(self) -> bool:
        with self._changed:
            alive = self._thread is None or self._thread.is_alive()
            return alive and self._works and not self._stopping

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="entry-writer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while (batch := self._next_batch()) is not None:
                if batch:
                    self._commit(batch)
                    self._usual += (len(batch) - self._usual) / 8
                    self._count_done(len(batch))
                    if self._unsure and self._works:
                        self._settle()
                self._do(self._taken_due())
            self._do(self._last)
            self._ids.release()
        except Exception:
            logger.exception("the entry writer ended")
            self._works = False
        finally:
            connections.close_all()

    def _count_done(self, number: int) -> None:
        with self._changed:
            self._done += number
            if self._flushers:
                self._changed.notify_all()

    def _next_batch(self) -> list[Waiting] | None:
        """What waits now, else what comes first; [] when only other work is due; None at the
        end."""
        with self._changed:
            while not self._queue:
                if self._stopping:
                    return None
                wait = min(self._due.values()) - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return []
                self._idle = True
                self._changed.wait(wait)
                self._idle = False
        self._linger()
        with self._changed:
            return [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]

    def _linger(self) -> None:
        """Wait for company where there was some lately."""
        if LINGER_ABOVE <= self._usual <= LINGER_BELOW and len(self._queue) < self._usual + 1:
            least = SHORTEST_LINGER_S if connection.vendor == "postgresql" else 0.0
            time.sleep(min(max(self._took_s / 2, least), LONGEST_LINGER_S))

    def _taken_due(self) -> list[Work]:
        with self._changed:
            now = time.monotonic()
            due = [work for work, at in self._due.items() if at <= now]
            for work in due:
                del self._due[work]
        return due

    def _do(self, works: Sequence[Work]) -> None:
        if works and not self._works:
            works = list(dict.fromkeys([self._settle, *works]))
        for work in works:
            try:
                if (again_s := work()) is not None:
                    self.call_later(again_s, work)
            except Exception:
                logger.exception("the entry writer's other work failed")
                connection.close()

    def _commit(self, batch: Sequence[Waiting]) -> None:
        """Store a batch and tell each caller. Only an error of the data splits it."""
        drafts = with_client_ids(draft for draft, _ in batch)
        began = now_ms()
        outcomes = self._outcomes(drafts)
        refused = [
            (draft, then)
            for draft, (_, then), outcome in zip(drafts, batch, outcomes, strict=True)
            if isinstance(outcome, StoreUnavailable)
        ]
        if refused:
            self._unsure.add(refused, began)
            self.call_later(SETTLE_S, self._settle)
        for (_, then), outcome in zip(batch, outcomes, strict=True):
            _complete(then, outcome)

    def _settle(self) -> None:
        """Tell of what lost commits stored after all; again in a while if that cannot be read."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            found = self._unsure.settle()
        except (OperationalError, InterfaceError) as exc:
            logger.warning("the entry store has no database yet: %s", exc)
            connection.close()
            self.call_later(SETTLE_S, self._settle)
            return
        self._works = True
        for then, stored in found:
            _complete(then, stored)

    def _outcomes(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        try:
            return self._insert_stubbornly(drafts)
        except StoreUnavailable as refusal:
            return [refusal] * len(drafts)
        except Exception as exc:  # noqa: BLE001 (handed to the caller; one bad draft must not fail its neighbours)
            if len(drafts) == 1:
                logger.warning("an entry cannot be stored: %s", exc)
                return [exc]
            logger.warning("%d entries are stored in two halves: %s", len(drafts), exc)
            middle = len(drafts) // 2
            return [*self._outcomes(drafts[:middle]), *self._outcomes(drafts[middle:])]

    def _insert_stubbornly(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Insert; after a lost connection reconnect and try the whole batch again.

        The outcome of a lost commit is unknown: the second try finds what the first one stored by
        the client ids.

        Raises:
            StoreUnavailable: the database did not come back in time.
            Exception: the database refused the data.
        """
        give_up_at = time.monotonic() + RETRY_FOR_S
        pause_s, tries, began = 0.05, 0, now_ms()
        while True:
            try:
                outcomes = self._insert(drafts, tried_since=began if tries else None)
            except (OperationalError, InterfaceError) as exc:
                self._works = False
                tries += 1
                logger.warning("the entry store lost its database (try %d): %s", tries, exc)
                connection.close()
                if not self._may_wait(give_up_at):
                    raise StoreUnavailable from exc
                time.sleep(pause_s)
                pause_s = min(1.0, pause_s * 2)
            else:
                self._works = True
                return outcomes

    def _may_wait(self, give_up_at: float) -> bool:
        now = time.monotonic()
        return now < give_up_at and not (self._stopping and now > self._abandon_at)

    def _insert(self, drafts: Sequence[Draft], *, tried_since: int | None) -> Sequence[Outcome]:
        """One transaction."""
        began = time.perf_counter()
        self._make_new_logs(drafts)
        with connection.cursor() as cursor:
            outcomes = self._stored(quickest(cursor, len(drafts)), drafts, tried_since)
        self._took_s = time.perf_counter() - began
        COMMIT_SECONDS.observe(self._took_s)
        BATCH_SIZE.observe(len(drafts))
        STORED.inc(sum(isinstance(one, Stored) and not one.duplicate for one in outcomes))
        return outcomes

    def _stored(
        self, asked: Statements, drafts: Sequence[Draft], tried_since: int | None
    ) -> Sequence[Outcome]:
        if asked.vendor != "postgresql":  # elsewhere a round trip is none
            with asked.transaction():
                return store_batch(asked, drafts, self._ids, now_ms(), tried_since=tried_since)
        if tried_since is None:
            outcomes = self._left.store(asked, drafts, self._ids, now_ms())
            if outcomes is not None:
                return outcomes
        with asked.transaction():
            outcomes = store_batch(
                asked,
                drafts,
                self._ids,
                now_ms(),
                tried_since=tried_since,
                locked_logs=self._left.lock,
            )
        self._left.keep()
        return outcomes

    def _make_new_logs(self, drafts: Sequence[Draft]) -> None:
        """Rows of new conversations, in their own transaction on PostgreSQL (rows.ensure_logs).

        A row that went away since (its app was removed) is made again under the lock.
        """
        if connection.vendor != "postgresql":
            return
        new = {
            (draft.app_id, draft.conversation.key): draft.conversation
            for draft in drafts
            if (draft.app_id, draft.conversation.key) not in self._known
        }
        if not new:
            return
        with connection.cursor() as cursor:
            ensure_logs(OneByOne(cursor), [(key[0], talk) for key, talk in new.items()])
        if len(self._known) > _KNOWN_LOGS:
            self._known.clear()
        self._known.update(new)


def _complete(then: Completion, outcome: Outcome) -> None:
    try:
        then(outcome)
    except Exception:
        logger.exception("a completion of the entry store failed")
