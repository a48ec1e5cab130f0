"""The entry store's interface: append drafts, read entries."""

from collections.abc import Callable
from typing import Protocol

from chat.domain.entries import Draft, StaleRights, Stored

# Called once for each draft, from the writer's thread (or the caller's, in the direct store),
# after the commit. An exception object means: not stored (chat.domain.errors.StoreUnavailable,
# or the database's own error of the data). After StoreUnavailable it may be called once more, with
# Stored, when the database is back and has the entry: its sender was answered, nobody was told.
Completion = Callable[[Stored | StaleRights | Exception], None]


class EntryStore(Protocol):
    def append(self, draft: Draft, then: Completion) -> None:
        """Queue a draft; never blocks, never raises for the draft. Any thread may call it.

        Drafts of one caller to one conversation are stored in the order of the calls.
        """

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything queued so far is committed; False after the time."""

    def stop(self, timeout_s: float) -> None:
        """Commit what is queued, then accept nothing more."""

    def is_healthy(self) -> bool:
        """Whether appends can succeed: the writer's thread lives and its last commit worked."""
