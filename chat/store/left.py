"""Batches in one round trip: into logs that are as this process left them (PostgreSQL).

A log is: unknown --locked, stored--> left --stored as left--> left …
          left --locked, and found otherwise--> doubted --locked, and found as left--> left
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter

from chat.domain.entries import Draft, Stored
from chat.domain.ids import process_of
from chat.store.leases import Lease, ProcessIds
from chat.store.rows import DAY_MS, Log, LogKey, Outcome, Placed, id_at, keys_of, place, shown
from chat.store.sql_at_once import NUMBERS, Batch, store_as_left
from chat.store.statements import Row, Statements

MAX_LEFT = 20_000
_numbers = attrgetter(*NUMBERS)


class LeftLogs:
    """What a writer remembers of the logs that it moved; of its thread only."""

    def __init__(self) -> None:
        self._left: dict[LogKey, Log] = {}  # the oldest first
        self._doubted: set[LogKey] = set()
        self._locked: Mapping[LogKey, Log] = {}

    def store(
        self, asked: Statements, drafts: Sequence[Draft], ids: ProcessIds, now: int
    ) -> list[Outcome] | None:
        """Store drafts as a transaction of its own; None: nothing was done, the logs have to be
        looked at.

        Raises whatever the database says; after a lost connection it may have been done.
        """
        keys = keys_of(drafts)
        wanted = set(keys)
        lease = ids.lease(now)
        if lease is None or not wanted <= self._left.keys() or wanted & self._doubted:
            return None
        logs = {key: self._left.pop(key) for key in wanted}  # after an error they are unknown
        before = [(log, _numbers(log)) for log in logs.values()]
        places = [logs[key] for key in keys]
        placed = place(drafts, places, {}, ids, now)
        fits = _may_be_told(placed, lease) and store_as_left(
            asked,
            Batch(
                [(log.id, *_numbers(log), *was) for log, was in before],
                _given_ids(drafts, places),
                placed.rows,
                placed.counts,
            ),
            lease,
            id_at(now - DAY_MS),
        )
        if not fits:
            for log, was in before:
                _set_numbers(log, was)
        self._left |= logs
        return placed.outcomes if fits else None

    def lock(self, logs: Mapping[LogKey, Log]) -> None:
        """Compare logs that are locked, before they are moved, with what they were left as."""
        self._locked = logs
        for key, log in logs.items():
            before = self._left.pop(key, None)
            if before is None:
                continue
            if before.id == log.id and _numbers(before) == _numbers(log):
                self._doubted.discard(key)
            else:
                self._doubted.add(key)

    def keep(self) -> None:
        """Remember the logs of the last `lock` as they are since then; it is committed."""
        self._left |= self._locked
        self._locked = {}
        while len(self._left) > MAX_LEFT:
            oldest = next(iter(self._left))
            del self._left[oldest]
            self._doubted.discard(oldest)


def _may_be_told(placed: Placed, lease: Lease) -> bool:
    """Not a refusal, as what it is by may have changed; and not with ids of a number that another
    thread took since the lease was looked at."""
    return all(isinstance(one, Stored) for one in placed.outcomes) and all(
        process_of(row[0]) == lease.number for row in placed.rows
    )


def _given_ids(drafts: Sequence[Draft], places: Sequence[Log]) -> list[Row]:
    return [
        (log.id, draft.sender_id, draft.sender, draft.sender_device, draft.client_id)
        for draft, log in zip(drafts, places, strict=True)
        if shown(draft.client_id)
    ]


def _set_numbers(log: Log, numbers: Row) -> None:
    for name, number in zip(NUMBERS, numbers, strict=True):
        setattr(log, name, number)
