"""The batching writer: order, retries, lost connections, limits."""

import threading
import time
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.models import ImApp
from chat.domain.entries import Draft, EntryFlag, EntryKind, StaleRights, Stored
from chat.domain.errors import StoreUnavailable
from chat.domain.targets import Conversation
from chat.models import ConversationRow, EntryRow, ProcessLease
from chat.store import writer as writer_module
from chat.store.leases import ProcessIds
from chat.store.writer import Writer

PAIR = Conversation.pair("demo1", "demo2")
DEADLINE_S = 20.0

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app_id():
    return ImApp.objects.create(org="o", name="a", key="o#a", client_id="c").pk


@pytest.fixture
def writer():
    made = Writer(ProcessIds())
    yield made
    made.stop(DEADLINE_S)


def message(app_id, number=0, talk=PAIR, **more):
    payload = {"body": {"msg": str(number)}}
    more = {"sender": "demo1", "flags": EntryFlag.COUNTS, **more}
    return Draft(app_id, talk, EntryKind.MESSAGE, "txt", payload=payload, **more)


def append(writer, draft):
    outcomes: list[Any] = []
    writer.append(draft, outcomes.append)
    assert writer.flush(DEADLINE_S)
    [outcome] = outcomes
    return outcome


def assert_dense(talk=PAIR):
    rows = list(
        EntryRow.objects.filter(conversation__key=talk.key).order_by("seq").values_list("seq", "id")
    )
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    ids = [entry_id for _, entry_id in rows]
    assert ids == sorted(set(ids))
    return len(rows)


def test_appends_are_stored_in_the_order_of_the_calls(app_id, writer):
    outcomes: list[Any] = []
    for number in range(300):
        writer.append(message(app_id, number), outcomes.append)
    assert writer.flush(DEADLINE_S)
    texts = [outcome.entry.payload["body"]["msg"] for outcome in outcomes]
    assert texts == [str(number) for number in range(300)]
    assert assert_dense() == 300


def test_many_threads_share_one_log_without_gaps(app_id, writer):
    def send(name):
        for number in range(100):
            writer.append(message(app_id, number, sender=name, client_id=f"{name}{number}"), seen)

    stored: list[Any] = []
    seen = stored.append
    threads = [threading.Thread(target=send, args=(f"user{n}",)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert writer.flush(DEADLINE_S)
    assert assert_dense() == 500
    for name in ("user0", "user4"):
        own = [o.entry.payload["body"]["msg"] for o in stored if o.entry.sender == name]
        assert own == [str(number) for number in range(100)]


def test_a_draft_without_a_client_id_shows_none(app_id, writer):
    assert append(writer, message(app_id)).entry.client_id == ""
    assert append(writer, message(app_id, client_id="mine")).entry.client_id == "mine"


def test_a_repeat_inside_one_batch_is_stored_once(app_id, writer):
    outcomes: list[Any] = []
    for _ in range(20):
        writer.append(message(app_id, client_id="same"), outcomes.append)
    assert writer.flush(DEADLINE_S)
    assert {outcome.entry.id for outcome in outcomes} == {EntryRow.objects.get().id}
    assert sum(not outcome.duplicate for outcome in outcomes) == 1


def test_a_stale_draft_goes_back_and_its_neighbours_are_stored(app_id, writer):
    append(writer, message(app_id))
    ConversationRow.objects.update(rights_epoch=4)
    outcomes: list[Any] = []
    for epoch in (4, 3, None):
        writer.append(message(app_id, rights_epoch=epoch), outcomes.append)
    assert writer.flush(DEADLINE_S)
    assert [type(outcome) for outcome in outcomes] == [Stored, StaleRights, Stored]
    assert outcomes[1] == StaleRights(4)
    assert assert_dense() == 3


def test_one_bad_draft_does_not_fail_its_neighbours(app_id, writer):
    outcomes: list[Any] = []
    for number in range(10):
        bad = {"sender_device": "\ud800"} if number == 4 else {}
        writer.append(message(app_id, number, **bad), outcomes.append)
    assert writer.flush(DEADLINE_S)
    assert [isinstance(outcome, Stored) for outcome in outcomes] == [n != 4 for n in range(10)]
    assert isinstance(outcomes[4], Exception)
    assert assert_dense() == 9
    assert writer.is_healthy()


def test_an_app_that_went_away_fails_its_own_messages_only(app_id, writer):
    outcomes: list[Any] = []
    for target in (app_id, app_id + 1000, app_id):
        writer.append(message(target), outcomes.append)
    assert writer.flush(DEADLINE_S)
    assert [isinstance(outcome, Stored) for outcome in outcomes] == [True, False, True]


def test_a_commit_of_unknown_outcome_is_not_stored_twice(app_id, writer, monkeypatch):
    real = writer._insert
    tries = []

    def lose_the_answer(drafts, *, tried_since):
        outcomes = real(drafts, tried_since=tried_since)
        tries.append(tried_since is not None)
        if len(tries) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return outcomes

    monkeypatch.setattr(writer, "_insert", lose_the_answer)
    outcome = append(writer, message(app_id))
    assert tries == [False, True]
    assert not outcome.duplicate  # nobody was told of it yet
    assert outcome.entry.id == EntryRow.objects.get().id
    assert writer.is_healthy()


def test_a_database_that_stays_away_is_a_refusal(app_id, writer, monkeypatch):
    def lost(drafts, *, tried_since):
        raise OperationalError("no route to host")

    monkeypatch.setattr(writer_module, "RETRY_FOR_S", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(writer, "_insert", lost)
        outcomes: list[Any] = []
        for _ in range(3):
            writer.append(message(app_id), outcomes.append)
        assert writer.flush(DEADLINE_S)
        assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
        assert not writer.is_healthy()
    assert isinstance(append(writer, message(app_id)), Stored)
    assert writer.is_healthy()


class LostDatabase:
    """The writer's database goes away, after the first commit or before it, and comes back."""

    def __init__(self, writer, monkeypatch, *, commits: bool) -> None:
        self.is_away = True
        self._real = writer._insert
        self._commits = commits
        monkeypatch.setattr(writer_module, "RETRY_FOR_S", 0.1)
        monkeypatch.setattr(writer, "_insert", self._insert)
        monkeypatch.setattr(writer._unsure, "settle", self._away(writer._unsure.settle))

    def _insert(self, drafts, *, tried_since):
        if self._commits:
            self._commits = False
            self._real(drafts, tried_since=tried_since)
        return self._away(self._real)(drafts, tried_since=tried_since)

    def _away(self, work):
        def run(*args, **more):
            if self.is_away:
                raise OperationalError("server closed the connection unexpectedly")
            return work(*args, **more)

        return run


def until_healthy(writer):
    deadline = time.monotonic() + DEADLINE_S
    while not writer.is_healthy():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_a_lost_commit_stored_is_told_when_the_database_is_back(app_id, writer, monkeypatch):
    database = LostDatabase(writer, monkeypatch, commits=True)
    outcomes: list[Any] = []
    writer.append(message(app_id), outcomes.append)
    assert writer.flush(DEADLINE_S)
    assert [type(one) for one in outcomes] == [StoreUnavailable]
    database.is_away = False
    until_healthy(writer)  # by itself: nobody sends anything
    writer.flush(DEADLINE_S)
    [_, told] = outcomes
    assert (told.entry.id, told.duplicate) == (EntryRow.objects.get().id, False)


def test_what_was_not_stored_is_not_told(app_id, writer, monkeypatch):
    database = LostDatabase(writer, monkeypatch, commits=False)
    outcomes: list[Any] = []
    writer.append(message(app_id), outcomes.append)
    assert writer.flush(DEADLINE_S)
    database.is_away = False
    until_healthy(writer)
    assert [type(one) for one in outcomes] == [StoreUnavailable]
    assert not EntryRow.objects.exists()


@pytest.mark.parametrize("commits", [True, False], ids=["held", "lost"])
def test_a_retry_and_what_the_lost_commit_stored_are_told_once(
    app_id, writer, monkeypatch, commits
):
    draft = message(app_id, client_id="c1", sender_device="d")
    database = LostDatabase(writer, monkeypatch, commits=commits)
    first: list[Any] = []
    writer.append(draft, first.append)
    assert writer.flush(DEADLINE_S)
    database.is_away = False
    retried: list[Any] = []
    writer.append(draft, retried.append)
    assert writer.flush(DEADLINE_S)
    until_healthy(writer)
    writer.stop(DEADLINE_S)
    stored = [one for one in (*first, *retried) if isinstance(one, Stored)]
    assert {one.entry.id for one in stored} == {EntryRow.objects.get().id}
    assert [one.duplicate for one in stored].count(False) == 1


def test_a_full_queue_refuses_at_once(app_id, writer, monkeypatch):
    monkeypatch.setattr(writer_module, "MAX_QUEUED", 3)
    held, go = threading.Event(), threading.Event()

    def hold(_):
        held.set()
        go.wait(DEADLINE_S)

    writer.append(message(app_id), hold)
    assert held.wait(DEADLINE_S)
    outcomes: list[Any] = []
    for _ in range(5):
        writer.append(message(app_id), outcomes.append)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    go.set()
    assert writer.flush(DEADLINE_S)
    assert assert_dense() == 4


def test_a_failing_completion_harms_nobody_else(app_id, writer):
    def fail(_):
        raise RuntimeError("a bug of the caller")

    writer.append(message(app_id), fail)
    assert isinstance(append(writer, message(app_id)), Stored)


def test_flush_gives_up_in_time(app_id, writer):
    go = threading.Event()
    writer.append(message(app_id), lambda _: go.wait(DEADLINE_S))
    assert not writer.flush(0.01)
    go.set()
    assert writer.flush(DEADLINE_S)


def test_stop_commits_what_waits_and_refuses_what_comes_later(app_id):
    writer = Writer(ProcessIds())
    outcomes: list[Any] = []
    for number in range(50):
        writer.append(message(app_id, number), outcomes.append)
    writer.stop(DEADLINE_S)
    assert all(isinstance(outcome, Stored) for outcome in outcomes)
    assert len(outcomes) == assert_dense() == 50
    assert isinstance(append_after(writer, app_id), StoreUnavailable)
    assert not writer.is_healthy()
    assert ProcessLease.objects.count() == 0  # the number is free again


def append_after(writer, app_id):
    outcomes: list[Any] = []
    writer.append(message(app_id), outcomes.append)
    return outcomes[0]


def test_ids_of_two_processes_never_meet(app_id, writer):
    other = Writer(ProcessIds())
    outcomes: list[Any] = []
    for number in range(200):
        writer.append(message(app_id, number), outcomes.append)
        other.append(message(app_id, number), outcomes.append)
    assert writer.flush(DEADLINE_S)
    assert other.flush(DEADLINE_S)
    other.stop(DEADLINE_S)
    assert assert_dense() == 400
    assert len({outcome.entry.id for outcome in outcomes}) == 400


@pytest.mark.parametrize(
    ("usual", "took_s", "waits"),
    [
        (1.0, 0.5, []),  # one by one: nothing is worth waiting for
        (50, 0.012, [0.006]),
        (50, 60.0, [writer_module.LONGEST_LINGER_S]),
        (writer_module.LINGER_BELOW + 1, 0.012, []),  # company enough
    ],
)
def test_a_batch_waits_for_company_no_longer_than_half_a_commit(waited, usual, took_s, waits):
    lingering = Writer(ProcessIds())
    lingering._usual, lingering._took_s = usual, took_s
    lingering._linger()
    assert waited == waits


@pytest.mark.parametrize(
    ("vendor", "least"), [("sqlite", 0.0), ("postgresql", writer_module.SHORTEST_LINGER_S)]
)
def test_a_quick_commit_is_waited_for_where_it_is_dear(waited, monkeypatch, vendor, least):
    monkeypatch.setattr(connection, "vendor", vendor)
    lingering = Writer(ProcessIds())
    lingering._usual = 50.0
    lingering._linger()
    assert waited == [least]


@pytest.fixture
def waited(monkeypatch):
    spans: list[float] = []
    monkeypatch.setattr("chat.store.writer.time.sleep", spans.append)
    return spans
