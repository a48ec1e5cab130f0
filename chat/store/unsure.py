"""Drafts that were refused because the database went away: a commit may have held all the same.

refused --the database is back, the entry is there--> told;   refused --it is not--> forgotten

Without it a sender's retry would be answered by the entry that is there, as a repeat, and nobody
else would hear of it before their next sync. What is not there will not be, either: its logs get
another epoch of the rights, which a statement that is still on its way does not fit (ADR 0021).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from chat.domain.entries import Draft, Stored
from chat.domain.ids import process_of
from chat.store.base import Completion
from chat.store.clock import now_ms
from chat.store.leases import NoProcessNumber, ProcessIds
from chat.store.rows import find_stored
from chat.store.statements import OneByOne

MAX_HELD = 20_000  # the oldest are forgotten
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Held:
    """`since_ms`: when its commit was first tried; `below`: an id after all that were tried."""

    draft: Draft
    then: Completion
    since_ms: int
    below: int


class Unsure:
    """What one writer's lost commits held; of its thread only."""

    def __init__(self, ids: ProcessIds) -> None:
        self._ids = ids
        self._held: deque[_Held] = deque(maxlen=MAX_HELD)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, refused: Sequence[tuple[Draft, Completion]], since_ms: int) -> None:
        """Drafts with their client ids, whoever made those."""
        try:
            below = self._ids.next_id(now_ms())
        except NoProcessNumber:
            return  # none was ever given an id
        self._held.extend(_Held(draft, then, since_ms, below) for draft, then in refused)

    def settle(self) -> list[tuple[Completion, Stored]]:
        """Those that are in the log after all; what is not is forgotten.

        Raises:
            OperationalError, InterfaceError: the database is not back; nothing is forgotten.
        """
        found: list[tuple[Completion, Stored]] = []
        while self._held:
            some = [self._held[number] for number in range(min(_AT_ONCE, len(self._held)))]
            since_ms = min(one.since_ms for one in some)
            with transaction.atomic(), connection.cursor() as cursor:
                stored = find_stored(
                    OneByOne(cursor), [one.draft for one in some], now_ms(), since_ms
                )
            found += [
                (some[number].then, one)
                for number, one in stored.items()
                if _is_of(some[number], one.entry.id)
            ]
            for _ in some:
                self._held.popleft()
        return found


def _is_of(held: _Held, entry_id: int) -> bool:
    """Whether the lost commit stored it, not the sender's own retry since."""
    return entry_id < held.below and process_of(entry_id) == process_of(held.below)
