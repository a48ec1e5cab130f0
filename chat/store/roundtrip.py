"""Prepared statements of one PostgreSQL connection, several in one round trip.

By psycopg's own pipeline a batch of the writer makes 9 writes and waits 20 times for its socket,
and at each wait the thread gives the interpreter away and has to ask for it again. Here what goes
together is one write, and its answers are waited for once. It is psycopg's connection, and its
libpq underneath (psycopg.pq); nobody else may use either meanwhile.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import psycopg
from psycopg import abc, capabilities, generators
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Answer = list[tuple[Any, ...]]
Connection = psycopg.Connection[tuple[Any, ...]]

# Somebody let go of a connection's statements, or a migration changed the columns they answer.
_STALE = (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported)


class Question:
    """A statement with %s for its values, which are texts, whole numbers or None."""

    __slots__ = ("_rows", "params", "statement")

    def __init__(self, statement: str, values: Sequence[str | int | None] = ()) -> None:
        """Raises DataError: a text with a NUL, which PostgreSQL does not take."""
        self.statement = statement
        self.params = [_param(value) for value in values]
        self._rows: Answer | None = None

    def rows(self) -> Answer:
        """The answer. Raises RuntimeError: it was not asked yet."""
        if self._rows is None:
            raise RuntimeError("read before its round trip")
        return self._rows

    def settle(self, rows: Answer) -> None:
        """What the database answered; nothing, where the statement has no rows."""
        self._rows = rows


class Prepared:
    """The statements that are prepared on one connection; it does not keep the connection."""

    def __init__(self) -> None:
        self._names: dict[str, bytes] = {}
        self._made = self._plans = 0

    def ask(self, connection: Connection, questions: Sequence[Question], plans: int) -> None:
        """Ask all in one round trip; the first that fails keeps those behind it from being tried.
        Outside a transaction they commit together, at the end.

        `plans`: another number has every statement planned again.

        Raises:
            psycopg.OperationalError: the connection was lost, or had to be closed; what was asked
                may have been done.
            psycopg.Error: what the database said of the first that failed.
        """
        pgconn = connection.pgconn
        new: set[str] = set()
        with connection.lock:
            try:
                pgconn.enter_pipeline_mode()
                closed = self._close_all(pgconn) if plans != self._plans else 0
                self._plans = plans
                for one in questions:
                    if one.statement not in self._names:
                        self._prepare(pgconn, one.statement)
                        new.add(one.statement)
                    pgconn.send_query_prepared(self._names[one.statement], one.params)
                pgconn.pipeline_sync()
                count = closed + len(new) + len(questions)
                results = connection.wait(_results(pgconn, count))
                pgconn.exit_pipeline_mode()
            except BaseException:
                connection.close()  # what is on its way would answer the next
                raise
        self._settle(results[closed:], questions, new, Transformer(connection))
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                _fail(connection, result)

    def _prepare(self, pgconn: PGconn, statement: str) -> None:
        self._made += 1
        self._names[statement] = b"imadmin_%d" % self._made
        pgconn.send_prepare(self._names[statement], _numbered(statement))

    def _close_all(self, pgconn: PGconn) -> int:
        """How many statements are let go of."""
        names, self._names = self._names, {}
        for name in names.values():
            if capabilities.has_send_close_prepared():
                pgconn.send_close_prepared(name)
            else:
                pgconn.send_query_params(b"DEALLOCATE " + name, None)
        return len(names)

    def _settle(
        self,
        results: Iterable[PGresult],
        questions: Sequence[Question],
        new: set[str],
        loader: abc.Transformer,
    ) -> None:
        answers = iter(results)
        for one in questions:
            if one.statement in new:
                new.remove(one.statement)
                if next(answers).status != ExecStatus.COMMAND_OK:
                    del self._names[one.statement]
            answer = next(answers)
            if answer.status == ExecStatus.TUPLES_OK:
                loader.set_pgresult(answer)
                one.settle(loader.load_rows(0, answer.ntuples, tuple))
            elif answer.status == ExecStatus.COMMAND_OK:
                one.settle([])


def _results(pgconn: PGconn, count: int) -> abc.PQGen[list[PGresult]]:
    """One of each command, and behind them what the sync met that commits a statement alone."""
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    for _ in range(count):
        results += yield from generators.fetch_many(pgconn)
    is_whole = len(results) == count
    end = yield from generators.fetch_many(pgconn)
    if end and end[0].error_field(DiagnosticField.SQLSTATE) is not None:
        results += end  # the commit failed
        end = yield from generators.fetch_many(pgconn)
    # libpq gives up on an answer that breaks off, and tells of it as if the statement had failed.
    if not is_whole or [one.status for one in end] != [ExecStatus.PIPELINE_SYNC]:
        raise psycopg.OperationalError("the connection was lost amid the answers")
    return results


def _fail(connection: Connection, result: PGresult) -> NoReturn:
    error = error_from_result(result, connection.info.encoding)
    if error.sqlstate is None:  # not the database's word, but libpq's
        connection.close()
        raise psycopg.OperationalError(str(error))
    if isinstance(error, _STALE):
        connection.close()
        raise psycopg.OperationalError("what was prepared is no longer good") from error
    raise error


@lru_cache(256)
def _numbered(statement: str) -> bytes:
    """With $1, $2 … in the places of %s."""
    first, *others = statement.split("%s")
    return "".join((first, *(f"${n}{text}" for n, text in enumerate(others, 1)))).encode()


def _param(value: str | int | None) -> bytes | None:
    if value is None:
        return None
    text = str(value).encode()
    if b"\0" in text:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text
