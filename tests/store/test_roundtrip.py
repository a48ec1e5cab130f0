"""Several prepared statements in one round trip, on a real PostgreSQL."""

import socket
import threading
from contextlib import contextmanager, suppress

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import PipelineStatus, TransactionStatus

from chat.store.roundtrip import Prepared, Question
from tests.requirements import need_postgres

pytestmark = pytest.mark.postgres

PREPARED = "SELECT name, statement FROM pg_prepared_statements ORDER BY name"


@pytest.fixture
def connection():
    with psycopg.connect(need_postgres(), autocommit=True) as opened:
        opened.execute("CREATE TEMP TABLE kept (number int PRIMARY KEY)")
        yield opened


@pytest.fixture
def asked(connection):
    """Ask together, each a statement and its values; the rows of each."""
    prepared = Prepared()

    def ask(*statements, plans=0):
        questions = [Question(*one) for one in statements]
        try:
            prepared.ask(connection, questions, plans)
        finally:
            assert connection.closed or connection.pgconn.pipeline_status == PipelineStatus.OFF
        return [question.rows() for question in questions]

    return ask


def test_each_is_answered_by_its_own_rows(asked):
    assert asked(
        ("SELECT %s::text, %s::bigint, %s::text", ["ü", -5, None]),
        ("INSERT INTO kept VALUES (%s), (%s)", [1, 2]),
        ("SELECT number FROM kept ORDER BY 1",),
        ("SELECT number FROM kept WHERE number = %s", [7]),
    ) == [[("ü", -5, None)], [], [(1,), (2,)], []]


def test_a_failure_is_raised_and_nothing_behind_it_is_tried(asked, connection):
    with pytest.raises(psycopg.errors.UniqueViolation):
        asked(
            ("BEGIN",),
            ("INSERT INTO kept VALUES (%s)", [1]),
            ("INSERT INTO kept VALUES (%s)", [1]),
            ("COMMIT",),
        )
    assert connection.info.transaction_status == TransactionStatus.INERROR
    connection.execute("ROLLBACK")
    assert asked(("SELECT number FROM kept",)) == [[]]


def test_what_was_not_answered_has_no_rows(connection):
    questions = [Question("SELECT 1 / %s::int", [0]), Question("SELECT 1")]
    with pytest.raises(psycopg.errors.DivisionByZero):
        Prepared().ask(connection, questions, 0)
    with pytest.raises(RuntimeError):
        questions[1].rows()


def test_statements_are_prepared_once_until_they_shall_be_planned_again(asked, connection):
    one, two = ("SELECT %s::int", [1]), ("SELECT 1 + %s::int", [1])
    asked(one, two, one)
    asked(two, one)
    first = dict(connection.execute(PREPARED).fetchall())
    assert sorted(first.values()) == ["SELECT $1::int", "SELECT 1 + $1::int"]
    assert asked(one, plans=1) == [[(1,)]]
    then = dict(connection.execute(PREPARED).fetchall())
    assert list(then.values()) == ["SELECT $1::int"]
    assert not set(first) & set(then)


def test_one_that_cannot_be_prepared_is_tried_again(asked, connection):
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            asked(("SELECT 1",), ("SELECT * FROM gone",), ("SELECT 2",))
    assert [text for _, text in connection.execute(PREPARED)] == ["SELECT 1"]
    connection.execute("CREATE TEMP TABLE gone (number int)")
    assert asked(("SELECT 1",), ("SELECT * FROM gone",), ("SELECT 2",)) == [[(1,)], [], [(2,)]]


def test_a_nul_is_refused_and_not_cut_off(connection):
    with pytest.raises(psycopg.DataError):
        Question("SELECT %s::text", ["a\0b"])


def test_more_than_a_socket_holds_goes_both_ways(asked):
    long = "x" * 8_000_000
    assert asked(*[("SELECT %s::text", [long])] * 4) == [[(long,)]] * 4


def test_a_lost_connection_is_told_and_closed(asked, connection):
    asked(("SELECT 1",))
    pid = connection.info.backend_pid
    with psycopg.connect(need_postgres(), autocommit=True) as other:
        ending = threading.Timer(0.3, other.execute, ["SELECT pg_terminate_backend(%s)", [pid]])
        ending.start()
        with pytest.raises(psycopg.OperationalError):
            asked(("SELECT 1",), ("SELECT pg_sleep(60)",), ("SELECT 2",))
        ending.join()
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        asked(("SELECT 1",))


def test_what_cannot_be_sent_leaves_no_connection_with_half_of_it(asked, connection):
    with pytest.raises(UnicodeEncodeError):
        asked(("SELECT 1",), ("SELECT '\ud800'",))
    assert connection.closed


@contextmanager
def garbled(broken):
    """The address of a way to PostgreSQL whose answers are not PostgreSQL's while `broken` is
    set."""
    goal = conninfo_to_dict(need_postgres())
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def relay():
            near, _ = listening.accept()
            far = socket.create_connection((str(goal["host"]), int(goal.get("port") or 5432)))
            with near, far:
                answers = threading.Thread(target=carry, args=(far, near, broken))
                answers.start()
                carry(near, far)
                answers.join()

        relaying = threading.Thread(target=relay)
        relaying.start()
        yield {**goal, "host": "127.0.0.1", "port": listening.getsockname()[1]}
        relaying.join()


def carry(source, target, broken=None):
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data if broken is None or not broken.is_set() else b"\0" * len(data))
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
        source.shutdown(socket.SHUT_RD)


def test_answers_that_make_no_sense_are_a_lost_connection():
    broken = threading.Event()
    with garbled(broken) as way, psycopg.connect(**way, sslmode="disable") as opened:
        prepared = Prepared()
        prepared.ask(opened, [Question("SELECT 1")], 0)
        broken.set()
        with pytest.raises(psycopg.OperationalError):
            prepared.ask(opened, [Question("SELECT 1"), Question("SELECT 2")], 0)
        assert opened.closed


@pytest.mark.parametrize("meanwhile", ["DISCARD ALL", "ALTER TABLE kept ADD COLUMN more text"])
def test_statements_that_are_no_longer_good_cost_the_connection_only(asked, connection, meanwhile):
    asked(("SELECT * FROM kept",))
    connection.execute(meanwhile)
    with pytest.raises(psycopg.OperationalError):
        asked(("SELECT * FROM kept",))
    assert connection.closed


def test_what_the_commit_at_the_end_refuses_is_its_own_error(asked, connection):
    connection.execute(
        "CREATE TEMP TABLE child (number int REFERENCES kept DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        asked(("INSERT INTO child VALUES (%s) RETURNING number", [1]))
    assert asked(("SELECT count(*) FROM child",)) == [[(0,)]]
