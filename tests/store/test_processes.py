"""Writers as processes: killed in the middle, and two of them on one PostgreSQL."""

import os
import random
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from accounts.models import ImApp
from chat.models import EntryRow
from tests.e2e.backends import database
from tests.requirements import need_postgres

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60


def start(app_id: int, name: str, count: int, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.appender", str(app_id), name, str(count)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "imadmin.settings", **env},
        stdout=subprocess.PIPE,
        # Its log, too: a line that is no id fails the test. (A batch that was refused and stored in
        # halves after all leaves nothing else behind.)
        stderr=subprocess.STDOUT,
        text=True,
    )


def check(rows: list[tuple[int, int, int, str]], acked: list[int]) -> None:
    """`rows` are (conversation, seq, id, payload) in order of conversation and seq."""
    for log in {row[0] for row in rows}:
        mine = [row for row in rows if row[0] == log]
        assert [seq for _, seq, _, _ in mine] == list(range(1, len(mine) + 1))
        ids = [entry_id for _, _, entry_id, _ in mine]
        assert ids == sorted(set(ids))
    assert len({payload for _, _, _, payload in rows}) == len(rows), "stored twice"
    assert set(acked) <= {entry_id for _, _, entry_id, _ in rows}, "acknowledged and lost"
    assert len(set(acked)) == len(acked)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the PostgreSQL one is below")
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path):
    app_id = ImApp.objects.create(org="o", name="a", key="o#a", client_id="c").pk
    link = tmp_path / "imadmin.sqlite3"
    name = str(connection.settings_dict["NAME"])
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{link}{suffix}").symlink_to(f"{name}{suffix}")
    child = start(app_id, "w1", 20_000, IM_DATA_DIR=str(tmp_path), DATABASE_URL="")
    assert child.stdout is not None
    wanted = random.randrange(200, 3000)
    acked = [int(child.stdout.readline()) for _ in range(wanted)]
    child.kill()
    acked += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    child.stdout.close()
    child.wait(DEADLINE_S)
    found = EntryRow.objects.order_by("conversation_id", "seq")
    rows = list(found.values_list("conversation_id", "seq", "id", "payload"))
    assert len(rows) < 20_000
    check(rows, acked)


@pytest.fixture
def postgres_url():
    """A database of its own with one app (id 1)."""
    with database(need_postgres(), f"im_store_{os.getpid()}") as url:
        _make_app(url)
        yield url


def _make_app(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute(
            "INSERT INTO accounts_imapp (id, uuid, org, name, key, display_name, description,"
            " environment, client_id, settings, token_epoch, created_at) VALUES (1,"
            " gen_random_uuid(), 'o', 'a', 'o#a', '', '', 'test', 'c', '{}', 0, now())"
        )


@pytest.mark.postgres
def test_two_processes_write_to_the_same_logs_in_commit_order(postgres_url):
    children = [start(1, name, 4000, DATABASE_URL=postgres_url) for name in ("w1", "w2", "w3")]
    for number in range(100):
        assert children[2].stdout is not None
        assert children[2].stdout.readline(), number
    children[2].kill()
    acked = []
    for child in children:
        assert child.stdout is not None
        # Not communicate(): it would read past what readline() has buffered.
        acked += [int(line) for line in child.stdout.read().split("\n")[:-1]]
        child.stdout.close()
        child.wait(DEADLINE_S)
    assert [child.returncode for child in children[:2]] == [0, 0]
    with psycopg.connect(postgres_url) as database:
        rows = database.execute(
            "SELECT conversation_id, seq, id, payload FROM chat_entryrow"
            " ORDER BY conversation_id, seq"
        ).fetchall()
    check(rows, acked)
    assert len(rows) >= 8000
    assert_retries_are_found_in_their_index(postgres_url)


_EXPLAIN = """
from django.db import connection
from chat.models import ConversationRow
from chat.store.sql import find_sent_before
from chat.store.statements import OneByOne
def explained(execute, sql, params, many, context):
    return execute("EXPLAIN " + sql, params, many, context)
keys = list(ConversationRow.objects.values_list("key", flat=True))
wanted = [(n, 1, keys[n % len(keys)], 0, "w1", "", f"w1-{n}") for n in range(500)]
with connection.cursor() as cursor, connection.execute_wrapper(explained):
    print(*(row[0] for row in find_sent_before(OneByOne(cursor), wanted, 1)()), sep="\\n")
"""


def assert_retries_are_found_in_their_index(url: str) -> None:
    """Also while the database's statistics are from before the log grew."""
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("DELETE FROM pg_statistic WHERE starelid = 'chat_entryrow'::regclass")
    plan = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", _EXPLAIN],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "imadmin.settings", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    ).stdout
    assert "Index Scan using entry_by_client_id" in plan, plan
    assert "Seq Scan on chat_entryrow" not in plan, plan
    assert "Sort" not in plan, plan


_POST_WITH_ONE_CONNECTION = """
from django.db import connection
connection.settings_dict["OPTIONS"]["pool"] |= {"min_size": 1, "max_size": 1, "timeout": 3}
from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
app = get_app(Appkey("o", "a"))
register_user(app, "bob", "1")
post_message_now(Actor(app), SendMessage(ToUser("bob"), Body("txt", {"msg": "hi"})))
print("posted")
"""


def in_shell(script: str, url: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "imadmin.settings",
             "DATABASE_URL": url, "IM_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )  # fmt: skip


@pytest.mark.postgres
def test_whoever_waits_for_the_writer_leaves_it_a_connection(postgres_url, tmp_path):
    done = in_shell(_POST_WITH_ONE_CONNECTION, postgres_url, tmp_path)
    assert done.stdout.strip() == "posted", done.stderr


_FLUSH_UNDER_A_LOCK = """
import threading
from django.db import connection, transaction
from accounts.actions.im_users import register_user
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.domain.targets import Conversation
from chat.store import cursors, direct
app = get_app(Appkey("o", "a"))
register_user(app, "ann", "1")
user_id = register_user(app, "amy", "1").id
cursors.flush_through(lambda _after_s: None)
talk = Conversation.pair("amy", "ann")
def write():
    cursors.flush()
    connection.close()
with transaction.atomic():
    row = direct.lock_conversation(app.id, talk)
with transaction.atomic():
    direct.lock_conversation(app.id, talk)
    cursors.move(user_id, "phone", app.id, row.key, 1)
    flushing = threading.Thread(target=write)
    flushing.start()
    flushing.join(20)
    print("waits" if flushing.is_alive() else "written")
"""


@pytest.mark.postgres
def test_cursors_are_written_while_the_log_is_locked(postgres_url, tmp_path):
    """Who holds the lock may wait for what the flush has written: they would wait for each other,
    and the database would end one of them."""
    done = in_shell(_FLUSH_UNDER_A_LOCK, postgres_url, tmp_path)
    assert done.stdout.strip() == "written", done.stderr


_OWN_TRANSACTIONS = """
import psycopg
from django.db import Error, connection
from django.db.transaction import atomic
from chat.store.statements import Pipelined
other = psycopg.connect({url!r}, autocommit=True)
add = "INSERT INTO chat_processlease (number, token, expires_ms) VALUES (%s, 't', 0)"
late = "INSERT INTO chat_superadmin (app_id, user_id, created_at) VALUES (%s, 0, now())"
def seen():
    return [number for number, in other.execute("SELECT number FROM chat_processlease ORDER BY 1")]
def tried(*blocks, sql=add, passes=()):
    told = []
    with connection.cursor() as cursor:
        asked = Pipelined(cursor, 0)
        try:
            with asked.transaction():
                for numbers, last in blocks:
                    try:
                        with asked.together(last=last):
                            for number in numbers:
                                asked.run(sql, [number])
                    except passes:
                        pass
                    told.append(seen())
        except (Error, RuntimeError) as error:
            told.append(type(error).__name__)
    is_open = connection.connection and connection.connection.info.transaction_status.name
    print(*told, seen(), is_open)
def end_connection():
    other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
def alone():
    with connection.cursor() as cursor:
        asked = Pipelined(cursor, 0)
        try:
            with asked.transaction():
                asked.run(add, [90])
        except RuntimeError:
            return "refused"
{script}
"""


def own_transactions(script: str, url: str, data_dir: Path) -> list[str]:
    done = in_shell(_OWN_TRANSACTIONS.format(url=url, script=script), url, data_dir)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.postgres
def test_a_batch_is_stored_whole_with_its_last_statements_or_not_at_all(postgres_url, tmp_path):
    script = """
tried(([1], False), ([2], True))
tried(([3], False))
tried(([4], False), ([5, 1], True))
tried(([4], True), sql=late)
tried(([4], False), sql=late)
end_connection()
tried(([6], False), ([7], True))
tried(([8], True))
"""
    assert own_transactions(script, postgres_url, tmp_path) == [
        "[] [1, 2] [1, 2] IDLE",
        "[1, 2] [1, 2, 3] IDLE",  # nothing was the last
        "[1, 2, 3] IntegrityError [1, 2, 3] IDLE",
        "IntegrityError [1, 2, 3] IDLE",  # by the COMMIT
        "[1, 2, 3] IntegrityError [1, 2, 3] IDLE",
        "OperationalError [1, 2, 3] None",  # the connection was lost, and is let go
        "[1, 2, 3, 8] [1, 2, 3, 8] IDLE",
    ]


@pytest.mark.postgres
def test_what_would_be_stored_in_another_transaction_is_refused(postgres_url, tmp_path):
    script = """
print(alone())
tried(([1], True), ([2], False))
tried(([3], False), ([3], False), passes=Error)
with atomic():
    tried(([4], True))
"""
    assert own_transactions(script, postgres_url, tmp_path) == [
        "refused",
        "[1] RuntimeError [1] IDLE",  # behind the last
        "[1] [1] InternalError [1] IDLE",  # an error that was passed over
        "RuntimeError [1] IDLE",  # of which Django has sent nothing yet
    ]


@pytest.mark.postgres
def test_a_transaction_whose_beginning_failed_is_one_still(postgres_url, tmp_path):
    script = """
with connection.cursor() as cursor:
    asked = Pipelined(cursor, 0)
    with asked.transaction():
        try:
            with asked.together():
                asked.run(add, [1])
                raise LookupError
        except LookupError:
            pass
        with asked.together():
            asked.run(add, [2])
        print(seen())
print(seen())
tried(([3], False), ([3], False), ([], True), passes=Error)
"""
    assert own_transactions(script, postgres_url, tmp_path) == [
        "[]",
        "[2]",
        "[2] [2] [2] InternalError [2] IDLE",
    ]


@pytest.mark.postgres
def test_a_transaction_that_was_idle_for_too_long_is_a_lost_connection(postgres_url, tmp_path):
    script = """
import time
for use in (lambda cursor: cursor.execute("SELECT 1"), lambda cursor: None):
    with connection.cursor() as cursor:
        asked = Pipelined(cursor, 0)
        try:
            with asked.transaction():
                with asked.together():
                    asked.run(add, [1])
                    asked.run("SET LOCAL idle_in_transaction_session_timeout = 50", [])
                time.sleep(0.5)
                use(cursor)
        except Error as error:
            print(type(error).__name__, connection.connection, seen())
"""
    lost = "OperationalError None []"
    assert own_transactions(script, postgres_url, tmp_path) == [lost, lost]


_LOST_WHILE_LOGS_ARE_MADE = """
import threading
import psycopg
from django.db import connection
from chat.domain.entries import Draft, EntryFlag, EntryKind
from chat.domain.targets import Conversation
from chat.store import rows
from chat.store.leases import ProcessIds
from chat.store.writer import Writer
def append(name):
    told, done = [], threading.Event()
    draft = Draft(1, Conversation.pair("a", name), EntryKind.MESSAGE, "txt", "a", {{}})
    writer.append(draft, lambda outcome: (told.append(outcome), done.set()))
    done.wait(20)
    return type(told[0]).__name__
writer = Writer(ProcessIds())
print(append("b"))
with psycopg.connect({url!r}, autocommit=True) as other:
    other.execute("DELETE FROM chat_entryrow")
    other.execute("DELETE FROM chat_conversationrow")
    make, lost = rows._made_logs, []
    def made(*args):
        if not lost:
            lost.append(connection.connection.info.backend_pid)
            other.execute("SELECT pg_terminate_backend(%s)", lost)
        return make(*args)
    rows._made_logs = made
    print(append("b"), len(lost))
    print(*other.execute("SELECT seq FROM chat_entryrow"))
writer.stop(20)
"""


@pytest.mark.postgres
def test_a_connection_lost_while_a_removed_log_is_made_again_is_found_anew(postgres_url, tmp_path):
    script = _LOST_WHILE_LOGS_ARE_MADE.format(url=postgres_url)
    done = in_shell(script, postgres_url, tmp_path)
    assert done.stdout.splitlines() == ["Stored", "Stored 1", "(1,)"], done.stderr
