"""Batches in one round trip: into logs that are as this process left them (PostgreSQL).

A log is: unknown --locked, stored--> left --stored as left--> left …
          left --another wrote there meanwhile--> doubted --locked and found as left--> left
"""

from collections.abc import Iterable, Sequence

from chat.domain.entries import Draft, Stored
from chat.store.leases import ProcessIds
from chat.store.rows import DAY_MS, Log, LogKey, Outcome, id_at, keys_of, place, shown
from chat.store.sql_at_once import Batch, store_as_left
from chat.store.statements import Row, Statements

MAX_LEFT = 20_000


class LeftLogs:
    """What a writer remembers of the logs that it moved; of its thread only."""

    def __init__(self) -> None:
        self._left: dict[LogKey, Log] = {}
        self._doubted: set[LogKey] = set()
        self._locked: list[Log] = []

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
        logs = {key: self._left.pop(key) for key in wanted}
        before = [_numbers(log) for log in logs.values()]
        places = [logs[key] for key in keys]
        placed = place(drafts, places, {}, ids, now)
        if not all(isinstance(outcome, Stored) for outcome in placed.outcomes):
            return None  # the rights may be another's by now
        batch = Batch(
            [
                (log.id, *_numbers(log), *was)
                for log, was in zip(logs.values(), before, strict=True)
            ],
            [
                (log.id, draft.sender_id, draft.sender, draft.sender_device, draft.client_id)
                for draft, log in zip(drafts, places, strict=True)
                if shown(draft.client_id)
            ],
            placed.rows,
            placed.counts,
        )
        if not store_as_left(asked, batch, lease, id_at(now - DAY_MS)):
            self._doubted |= wanted
            return None
        self._left |= logs
        return placed.outcomes

    def lock(self, logs: Iterable[Log]) -> None:
        """Compare logs that are locked, and will be moved, with what they were left as."""
        self._locked = list(logs)
        for log in self._locked:
            key = (log.app_id, log.conversation.key)
            before = self._left.pop(key, None)
            if before is None:
                continue
            if before.id == log.id and _numbers(before) == _numbers(log):
                self._doubted.discard(key)
            else:
                self._doubted.add(key)

    def keep(self) -> None:
        """Remember the logs of the last `lock` as they were moved since; it is committed."""
        if len(self._left) > MAX_LEFT:
            self._left.clear()
            self._doubted.clear()
        self._left.update({(log.app_id, log.conversation.key): log for log in self._locked})
        self._locked = []


def _numbers(log: Log) -> Row:
    return (
        *(log.last_seq, log.last_id, log.last_message_id),
        *(log.count_a, log.count_b, log.rights_epoch),
    )
