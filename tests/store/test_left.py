"""Batches in one round trip: what another wrote meanwhile is seen, and nothing is stored twice."""

import threading
import time
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import ImApp, ImUser
from chat.domain.entries import StaleRights, Stored
from chat.domain.errors import StoreUnavailable
from chat.domain.targets import Conversation
from chat.models import ConversationRow, ConversationState, EntryRow, ProcessLease
from chat.store import left as left_module
from chat.store import writer as writer_module
from chat.store.clock import now_ms
from chat.store.direct import DirectStore, lock_conversation
from chat.store.leases import LEASE_MS, ProcessIds
from chat.store.roundtrip import Prepared
from chat.store.statements import Pipelined
from chat.store.writer import Writer
from tests.store.test_writer import (
    DEADLINE_S,
    PAIR,
    append,
    assert_dense,
    message,
    until_healthy,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="see test_on_postgres.py"),
]
OTHER = Conversation.pair("demo1", "demo3")


@pytest.fixture
def app_id():
    return ImApp.objects.create(org="o", name="a", key="o#a", client_id="c").pk


@pytest.fixture
def writer(app_id):
    """It has stored one message in PAIR."""
    made = Writer(ProcessIds())
    assert isinstance(append(made, message(app_id)), Stored)
    yield made
    made.stop(DEADLINE_S)


@pytest.fixture
def asked(monkeypatch):
    """How many statements went in each round trip of a writer."""
    counts: list[int] = []
    real = Prepared.ask

    def ask(self, to, questions, plans):
        counts.append(len(questions))
        real(self, to, questions, plans)

    monkeypatch.setattr(Prepared, "ask", ask)
    return counts


def elsewhere(draft):
    """Stored by nobody whom the writer hears."""
    outcomes: list[Any] = []
    DirectStore().append(draft, outcomes.append)
    [outcome] = outcomes
    assert isinstance(outcome, Stored)
    return outcome.entry


def in_one_batch(writer, drafts, *, after):
    """The outcomes of what was sent while the batch with `after` was told of."""
    held, go = threading.Event(), threading.Event()
    outcomes: list[Any] = []

    def hold(_):
        held.set()
        go.wait(DEADLINE_S)

    writer.append(after, hold)
    assert held.wait(DEADLINE_S)
    for draft in drafts:
        writer.append(draft, outcomes.append)
    go.set()
    assert writer.flush(DEADLINE_S)
    return outcomes


def log_row(talk=PAIR):
    return ConversationRow.objects.get(key=talk.key)


def test_a_log_as_it_was_left_takes_one_round_trip(app_id, writer, asked):
    for number in range(3):
        outcome = append(writer, message(app_id, number, sender="demo2"))
        assert outcome.entry.seen_b == number + 1
    assert asked == [1, 1, 1]
    assert assert_dense() == 4
    row, newest = log_row(), EntryRow.objects.latest("id")
    assert (row.last_seq, row.last_id, row.last_message_id) == (4, newest.id, newest.id)
    assert (row.count_a, row.count_b) == (1, 3)


def test_a_log_where_another_writes_is_looked_at_until_it_is_as_it_was_left(app_id, writer, asked):
    elsewhere(message(app_id, 1))
    for number in range(4):
        assert append(writer, message(app_id, 2 + number)).entry.seq == 3 + number
    # tried, looked at; looked at; and again in one
    assert (len(asked), asked[0], asked[5:]) == (1 + 2 + 2 + 2, 1, [1, 1])
    assert assert_dense() == 6


def test_who_holds_the_log_is_waited_for_and_what_they_store_comes_first(app_id, writer):
    outcomes: list[Any] = []
    with transaction.atomic():
        lock_conversation(app_id, PAIR)
        writer.append(message(app_id, 2), outcomes.append)
        until_somebody_waits_for_us()
        theirs = elsewhere(message(app_id, 1))
    assert writer.flush(DEADLINE_S)
    assert (theirs.seq, outcomes[0].entry.seq) == (2, 3)
    assert outcomes[0].entry.id > theirs.id
    assert assert_dense() == 3


def until_somebody_waits_for_us():
    deadline = time.monotonic() + DEADLINE_S
    waiting = 0
    while not waiting:
        assert time.monotonic() < deadline
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
            )
            [waiting] = cursor.fetchone()


def test_one_log_of_another_holds_up_the_batch_and_no_message(app_id, writer, asked):
    append(writer, message(app_id, 1, OTHER))
    elsewhere(message(app_id, 2, OTHER))
    outcomes = in_one_batch(
        writer,
        [message(app_id, number, talk) for number, talk in enumerate([PAIR, OTHER, PAIR])],
        after=message(app_id, 3),
    )
    assert [outcome.entry.seq for outcome in outcomes] == [3, 3, 4]
    assert len(asked) == 2 + 1 + (1 + 2)  # OTHER's first, the one before, and these
    assert (assert_dense(), assert_dense(OTHER)) == (4, 3)


@pytest.mark.parametrize("by_another", [False, True])
def test_a_repeat_gets_the_first_entry_and_leaves_no_gap(app_id, writer, asked, by_another):
    draft = message(app_id, 1, client_id="c1", sender_device="d")
    first = elsewhere(draft) if by_another else append(writer, draft).entry
    append(writer, message(app_id, 2))  # the log is as it was left, whoever stored the first
    repeat = append(writer, draft)
    assert (repeat.entry.id, repeat.duplicate) == (first.id, True)
    asked.clear()
    assert not append(writer, message(app_id, 3, client_id="c1", sender_device="e")).duplicate
    assert asked == [1]  # the log is not doubted for a repeat
    assert assert_dense() == 4


def test_a_repeat_inside_the_batch_is_stored_once(app_id, writer, asked):
    draft = message(app_id, 2, client_id="c1", sender_device="d")
    outcomes = in_one_batch(writer, [draft, draft], after=message(app_id, 1))
    assert [outcome.duplicate for outcome in outcomes] == [False, True]
    assert assert_dense() == 3
    assert asked == [1, 1]


def test_rights_that_changed_meanwhile_are_seen(app_id, writer):
    epoch = log_row().rights_epoch
    with transaction.atomic():
        lock_conversation(app_id, PAIR, bump_rights=True)
    assert append(writer, message(app_id, 1, rights_epoch=epoch)) == StaleRights(epoch + 1)
    assert isinstance(append(writer, message(app_id, 2, rights_epoch=epoch + 1)), Stored)
    assert assert_dense() == 2


def test_rights_of_an_epoch_that_nobody_knew_are_not_refused_unseen(app_id, writer):
    with transaction.atomic():
        lock_conversation(app_id, PAIR, bump_rights=True)
    epoch = log_row().rights_epoch
    assert isinstance(append(writer, message(app_id, 2, rights_epoch=epoch)), Stored)


def test_a_number_that_another_took_is_given_up(app_id, writer):
    before = ProcessLease.objects.get().number
    ProcessLease.objects.update(token="another's")
    assert isinstance(append(writer, message(app_id, 1)), Stored)
    mine = ProcessLease.objects.exclude(token="another's").get()
    assert mine.number != before
    assert assert_dense() == 2


def test_a_lease_is_extended_in_time(app_id, writer, asked):
    soon = now_ms() + LEASE_MS // 2
    ProcessLease.objects.update(expires_ms=soon)
    assert isinstance(append(writer, message(app_id, 1)), Stored)
    assert ProcessLease.objects.get().expires_ms > soon
    asked.clear()
    append(writer, message(app_id, 2))  # which sees how far it was extended
    append(writer, message(app_id, 3))
    assert asked[-1] == 1


def test_ids_of_another_number_than_the_one_looked_at_are_not_sent(app_id, writer, asked):
    real = writer._ids.lease

    def lease(now):  # another thread takes a new number right after it
        found = real(now)
        writer._ids._number = -1
        ProcessIds.new_id(writer._ids)
        return found

    writer._ids.lease = lease
    assert isinstance(append(writer, message(app_id, 1)), Stored)
    assert len(asked) == 2
    assert assert_dense() == 2


def test_a_log_that_was_removed_begins_again(app_id, writer):
    EntryRow.objects.all().delete()
    ConversationRow.objects.all().delete()
    assert append(writer, message(app_id, 1)).entry.seq == 1
    assert assert_dense() == 1
    assert EntryRow.objects.get().conversation_id == log_row().id


def test_own_messages_in_rooms_are_counted(app_id, writer, asked):
    user = ImUser.objects.create(app_id=app_id, username="demo1")
    room = Conversation("group", ("", ""), "7", 7)
    for number in range(3):
        append(writer, message(app_id, number, room, sender_id=user.pk))
    assert asked[-2:] == [1, 1]
    assert ConversationState.objects.get(user=user, conversation__key=room.key).own_sent == 3


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_lost_answer_is_asked_for_again_and_nothing_stored_twice(
    app_id, writer, monkeypatch, is_stored
):
    real = Prepared.ask
    lost: list[bool] = []

    def ask(self, to, questions, plans):
        if not lost:
            lost.append(True)
            if is_stored:
                real(self, to, questions, plans)
            to.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        real(self, to, questions, plans)

    monkeypatch.setattr(Prepared, "ask", ask)
    outcome = append(writer, message(app_id, 1))
    assert lost
    assert (outcome.duplicate, outcome.entry.seq) == (False, 2)
    assert assert_dense() == 2


def test_a_statement_that_comes_late_stores_nothing_that_was_refused(app_id, writer, monkeypatch):
    real = Prepared.ask
    late: list[Any] = []

    def ask(self, to, questions, plans):
        if late:
            real(self, to, questions, plans)
            return
        late.append(questions)
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(Prepared, "ask", ask)
    monkeypatch.setattr(writer_module, "RETRY_FOR_S", 0.0)
    assert isinstance(append(writer, message(app_id, 1)), StoreUnavailable)
    until_healthy(writer)  # which found that it is not there
    database: Any = connection
    with psycopg.connect(**database.get_connection_params()) as other:
        real(Prepared(), other, late[0], 0)
    assert assert_dense() == 1
    assert append(writer, message(app_id, 2)).entry.seq == 2


def test_a_sender_who_is_deleted_meanwhile_is_refused_or_stored_once(app_id, writer, caplog):
    user = ImUser.objects.create(app_id=app_id, username="demo1")
    room = Conversation("group", ("", ""), "7", 7)
    append(writer, message(app_id, 1, room, sender_id=user.pk))
    outcomes: list[Any] = []
    with transaction.atomic():
        lock_conversation(app_id, room)
        writer.append(message(app_id, 2, room, sender_id=user.pk), outcomes.append)
        until_somebody_waits_for_us()
        ConversationState.objects.all().delete()
        ImUser.objects.all().delete()
    assert writer.flush(DEADLINE_S)
    assert "lost its database" not in caplog.text
    [outcome] = outcomes
    assert assert_dense(room) == 1 + isinstance(outcome, Stored)


def test_what_retention_moves_meanwhile_is_kept(app_id, writer, asked):
    outcomes: list[Any] = []
    with transaction.atomic():
        lock_conversation(app_id, PAIR)
        writer.append(message(app_id, 1), outcomes.append)
        until_somebody_waits_for_us()
        ConversationRow.objects.update(gone_seq=1, gone_a=1)
    assert writer.flush(DEADLINE_S)
    assert (outcomes[0].entry.seq, asked) == (2, [1])
    row = log_row()
    assert (row.last_seq, row.last_id, row.count_a) == (2, outcomes[0].entry.id, 2)
    assert (row.gone_seq, row.gone_a) == (1, 1)


def test_no_more_logs_are_remembered_than_there_is_room_for(app_id, writer, asked, monkeypatch):
    monkeypatch.setattr(left_module, "MAX_LEFT", 2)
    talks = [Conversation.pair("demo1", f"demo{number}") for number in range(2, 9)]
    for _ in range(2):
        for number, talk in enumerate(talks):
            append(writer, message(app_id, number, talk))
            assert len(writer._left._left) <= 2
    assert (assert_dense(talks[0]), assert_dense(talks[-1])) == (3, 2)


def test_repeats_are_found_in_their_index_by_statistics_of_before_the_log_grew(
    app_id, writer, monkeypatch
):
    sender = ImUser.objects.create(app_id=app_id, username="demo1")
    talks = [Conversation("group", ("", ""), f"{number}", number) for number in range(1500)]
    for number, talk in enumerate(talks):
        writer.append(message(app_id, number, talk, client_id="c"), lambda _: None)
    assert writer.flush(DEADLINE_S)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = 'chat_entryrow'::regclass")
    plans: list[str] = []

    def alone(self, statement, values):
        plans.append("\n".join(row[0] for row in self.ask(f"EXPLAIN {statement}", values)()))
        return []

    monkeypatch.setattr(Pipelined, "alone", alone)
    append(writer, message(app_id, 1, talks[7], client_id="d", sender_id=sender.pk))
    [plan] = plans
    assert "Index Scan using entry_by_client_id" in plan, plan
    assert "Seq Scan on chat_entryrow" not in plan, plan
