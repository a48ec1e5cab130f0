"""How a batch's statements reach the database: one by one, or several in one round trip.

Each round trip of the writer gives the interpreter to the loop's thread and has to wait for it
again, and PostgreSQL takes longer to parse and plan a statement of a small batch than to run it.
So the writer sends there what needs no answer of each other together, prepared (roundtrip.py).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import psycopg
from django.db import Error, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from chat.store.roundtrip import Connection, Prepared, Question

Row = tuple[Any, ...]
Rows = Callable[[], list[Row]]  # the answer; asked for inside `together`, read after it

_PLANNED_S = 60.0
# The pool may give a connection to another thread, and give it back to the writer later.
_prepared: WeakKeyDictionary[Connection, Prepared] = WeakKeyDictionary()


class Statements(Protocol):
    """What the functions of chat.store.sql are given."""

    @property
    def vendor(self) -> str:
        """sqlite or postgresql."""

    @property
    def cursor(self) -> CursorWrapper:
        """For what is rare, and for SQLite's executemany, in the same transaction."""

    def ask(self, statement: str, values: Sequence[Any]) -> Rows: ...

    def run(self, statement: str, values: Sequence[Any]) -> None: ...

    def together(self, *, last: bool = False) -> AbstractContextManager[None]:
        """Statements inside may wait for each other until the end of the block, which raises what
        any of them met. `last`: none follows in the transaction, which may end here."""

    def alone(self, statement: str, values: Sequence[Any]) -> list[Row]:
        """A statement that is a transaction of its own, not inside another."""

    def transaction(self) -> AbstractContextManager[None]:
        """One of their own, not inside another; its first statements are `together`. After a lost
        connection it may have committed."""


class OneByOne:
    """Statements over Django's cursor; each is answered when it returns."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self.cursor = cursor
        self.vendor: str = cursor.db.vendor

    def ask(self, statement: str, values: Sequence[Any]) -> Rows:
        self.cursor.execute(statement, values)
        rows: list[Row] = self.cursor.fetchall()
        return lambda: rows

    def run(self, statement: str, values: Sequence[Any]) -> None:
        self.cursor.execute(statement, values)

    def together(self, *, last: bool = False) -> AbstractContextManager[None]:
        del last  # the transaction is the caller's, or commits at its end
        return nullcontext()

    def alone(self, statement: str, values: Sequence[Any]) -> list[Row]:
        with self.transaction():
            return self.ask(statement, values)()

    def transaction(self) -> AbstractContextManager[None]:
        return transaction.atomic(durable=True)


class Plans:
    """When PostgreSQL must plan a writer's prepared statements again.

    It plans them once, by the sizes of then: among few rows it reads a whole table, and would go
    on doing so. Its own statistics, which would end that, come about a minute late.
    """

    def __init__(self) -> None:
        self._stored = self._number = 0
        self._until_stored = 500
        self._until = time.monotonic() + _PLANNED_S

    def now(self, stored: int) -> int:
        """Which plans to use; `stored`: how many rows come with them."""
        self._stored += stored
        now = time.monotonic()
        if self._stored >= self._until_stored or now >= self._until:
            self._until_stored = 2 * self._stored + 500
            self._until = now + _PLANNED_S
            self._number += 1
        return self._number


class Pipelined:
    """Prepared statements on PostgreSQL, in as few round trips as their answers allow.

    Their transaction is not Django's, which begins and commits in round trips of its own: BEGIN
    goes out with the first statements, COMMIT with the last.
    """

    vendor = "postgresql"

    def __init__(self, cursor: CursorWrapper, plans: int) -> None:
        self.cursor = cursor
        self._plans = plans
        self._database: BaseDatabaseWrapper = cursor.db
        self._connection: Connection = cursor.db.connection
        self._prepared = _prepared.setdefault(self._connection, Prepared())
        self._block: list[Question] | None = None  # what waits for the end of `together`
        self._begin_due = self._commit_due = self._is_over = False

    def ask(self, statement: str, values: Sequence[Any]) -> Rows:
        return self._sent(statement, values).rows

    def run(self, statement: str, values: Sequence[Any]) -> None:
        self._sent(statement, values)

    def _sent(self, statement: str, values: Sequence[Any]) -> Question:
        if self._is_over or (self._begin_due and self._block is None):
            raise RuntimeError("a statement before the first ones together, or after the last")
        question = Question(statement, values)
        if self._block is None:
            self._ask([question])
        else:
            self._block.append(question)
        return question

    def _ask(self, questions: Sequence[Question]) -> None:
        self._prepared.ask(self._connection, questions, self._plans)

    @contextmanager
    def together(self, *, last: bool = False) -> Iterator[None]:
        block = self._block = []
        try:
            yield
        finally:
            self._block = None
        with self._database.wrap_database_errors:
            if self._begin_due:
                self._begin_due = False
                block.insert(0, Question("BEGIN"))
            if last and self._commit_due:
                self._refuse_failed()
                self._commit_due, self._is_over = False, True
                block.append(Question("COMMIT"))
            if block:
                self._ask(block)

    def alone(self, statement: str, values: Sequence[Any]) -> list[Row]:
        self._refuse_another()
        with self._database.wrap_database_errors:
            return self._sent(statement, values).rows()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._refuse_another()
        self._begin_due = self._commit_due = True
        try:
            # Django's own errors are what the writer knows a lost connection by.
            with self._database.wrap_database_errors:
                yield
                self._refuse_failed()
                if self._status != TransactionStatus.IDLE:  # nothing was the last
                    self._connection.execute("COMMIT")
        except BaseException as exc:
            was_lost = self._connection.closed
            self._roll_back()
            if was_lost and isinstance(exc, Error):
                raise OperationalError(str(exc)) from exc  # a timeout's error is of another kind
            raise
        finally:
            self._begin_due = self._commit_due = self._is_over = False

    def _refuse_another(self) -> None:
        if self._database.in_atomic_block:
            raise RuntimeError("a transaction of their own cannot be part of another")

    def _refuse_failed(self) -> None:
        if self._status == TransactionStatus.INERROR:
            raise psycopg.InternalError("an error was passed over")  # COMMIT says nothing of it

    @property
    def _status(self) -> TransactionStatus:
        return self._connection.info.transaction_status

    def _roll_back(self) -> None:
        if self._status != TransactionStatus.IDLE:
            with suppress(psycopg.Error):
                self._connection.execute("ROLLBACK")
        if self._status != TransactionStatus.IDLE:
            self._database.close()  # PostgreSQL rolls back what it does not hear the end of


_plans = Plans()


def quickest(cursor: CursorWrapper, stored: int) -> Statements:
    """For a transaction of their own, not inside another, that writes about as many rows."""
    if cursor.db.vendor != "postgresql":
        return OneByOne(cursor)
    return Pipelined(cursor, _plans.now(stored))


@contextmanager
def all_together(stored: int) -> Iterator[Statements]:
    """For a transaction that needs no answer and writes about as many rows; inside another it is
    part of that."""
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            with transaction.atomic():
                yield OneByOne(cursor)
        else:
            asked = quickest(cursor, stored)
            with asked.transaction(), asked.together(last=True):
                yield asked
