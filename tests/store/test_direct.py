"""The store inside the caller's transaction: facts of actions, and their order with messages."""

from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import ImApp, ImUser
from chat.domain.audience import Audience
from chat.domain.entries import Draft, EntryFlag, EntryKind, StaleRights, Stored
from chat.domain.events import MessageRecalled, RoomChange, RosterChange, RosterChanged
from chat.domain.targets import Conversation
from chat.models import ConversationRow, ConversationState, EntryRow, ProcessLease
from chat.store import direct
from chat.store.direct import DirectStore, Telling
from chat.store.reading import arrivals_since, entries_after, entry_by_id, find_row, moved_since

PAIR = Conversation.pair("demo1", "demo2")
GROUP = Conversation.room("group", "259817360123905", 7)


@pytest.fixture
def app_id(db):
    return ImApp.objects.create(org="o", name="a", key="o#a", client_id="c").pk


def message(app_id, talk=PAIR, sender="demo1", *, msg="hi", **more):
    more.setdefault("flags", EntryFlag.COUNTS)
    return Draft(app_id, talk, EntryKind.MESSAGE, "txt", sender, {"body": {"msg": msg}}, **more)


def append(draft):
    outcomes: list[Any] = []
    DirectStore().append(draft, outcomes.append)
    [outcome] = outcomes
    return outcome


def stored(draft):
    outcome = append(draft)
    assert isinstance(outcome, Stored), outcome
    return outcome.entry


def test_seqs_are_dense_and_ids_rise(app_id):
    entries = [stored(message(app_id, msg=str(n))) for n in range(5)]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [e.id for e in entries] == sorted({e.id for e in entries})
    assert entries_after(app_id, PAIR, 2) == entries[2:]
    assert entry_by_id(app_id, entries[0].id) == entries[0]
    assert entry_by_id(app_id + 1, entries[0].id) is None


def test_everything_of_a_draft_comes_back(app_id):
    draft = message(
        app_id,
        GROUP,
        msg="汉字 \x00 🙂",
        sender_device="web",
        client_id="c1",
        about="x",
        only=("demo2", "demo3"),
        raw=b"\x00\xff",
        created_ms=1_600_000_000_000,
        flags=EntryFlag.COUNTS | EntryFlag.NOT_FOR_SENDER,
    )
    entry = stored(draft)
    assert entry == entry_by_id(app_id, entry.id)
    for name in ("payload", "sender_device", "client_id", "about", "only", "raw", "flags"):
        assert getattr(entry, name) == getattr(draft, name)
    assert entry.created_ms == 1_600_000_000_000
    assert entry.conversation == GROUP


def test_running_numbers_of_a_pair_are_one_a_sender(app_id):
    stored(message(app_id, sender="demo1"))
    stored(message(app_id, sender="demo2"))
    stored(message(app_id, sender="demo2", flags=EntryFlag.NONE))
    last = stored(message(app_id, sender="demo2"))
    assert (last.seen_a, last.seen_b) == (1, 2)
    row = find_row(app_id, PAIR)
    assert row is not None
    assert (row.last_seq, row.last_id, row.last_message_id) == (4, last.id, last.id)


def test_a_room_counts_in_one_number_and_its_sender_in_their_state(app_id):
    user = ImUser.objects.create(app_id=app_id, username="demo1")
    for _ in range(3):
        last = stored(message(app_id, GROUP, sender_id=user.pk))
    stored(message(app_id, GROUP, sender="gone", sender_id=987_654))
    assert (last.seen_a, last.seen_b) == (3, 0)
    assert ConversationState.objects.get(user=user).own_sent == 3
    assert ConversationState.objects.count() == 1


def test_a_retry_gets_the_first_entry_and_leaves_no_gap(app_id):
    first = append(message(app_id, client_id="c1", sender_device="web"))
    again = append(message(app_id, client_id="c1", sender_device="web"))
    assert again == Stored(first.entry, duplicate=True)
    assert stored(message(app_id)).seq == 2


@pytest.mark.parametrize(
    "other",
    [
        {"sender_device": "phone"},
        {"sender": "demo2"},
        {"talk": GROUP},
        {"client_id": "c2"},
    ],
)
def test_another_device_sender_log_or_client_id_is_no_retry(app_id, other):
    base = {"client_id": "c1", "sender_device": "web"}
    stored(message(app_id, **base))
    assert append(message(app_id, **{**base, **other})).duplicate is False


def test_a_later_user_of_the_name_retries_nothing_of_an_earlier_one(app_id):
    earlier = ImUser.objects.create(app_id=app_id, username="demo1")
    first = stored(message(app_id, sender_id=earlier.pk, client_id="c1"))
    assert append(message(app_id, sender_id=earlier.pk, client_id="c1")).duplicate is True
    earlier.delete()
    later = ImUser.objects.create(app_id=app_id, username="demo1", born_id=first.id)
    second = append(message(app_id, sender_id=later.pk, client_id="c1"))
    assert second.duplicate is False
    assert second.entry.id != first.id
    again = append(message(app_id, sender_id=later.pk, client_id="c1"))
    assert again == Stored(second.entry, duplicate=True)


def test_a_client_id_may_be_used_again_after_a_day(app_id, monkeypatch):
    monkeypatch.setattr(direct, "now_ms", lambda: 1_700_000_000_000)
    stored(message(app_id, client_id="c1"))
    monkeypatch.setattr(direct, "now_ms", lambda: 1_700_000_000_000 + 86_400_001)
    assert append(message(app_id, client_id="c1")).duplicate is False


def test_stale_rights_store_nothing(app_id):
    with transaction.atomic():
        row = direct.lock_conversation(app_id, GROUP, bump_rights=True)
    assert row.rights_epoch == 1
    assert append(message(app_id, GROUP, rights_epoch=0)) == StaleRights(1)
    assert EntryRow.objects.count() == 0
    assert stored(message(app_id, GROUP, rights_epoch=1)).seq == 1


def test_a_retry_of_what_is_stored_is_answered_even_if_the_rights_changed(app_id):
    first = stored(message(app_id, GROUP, client_id="c1", rights_epoch=0))
    with transaction.atomic():
        direct.lock_conversation(app_id, GROUP, bump_rights=True)
    outcome = append(message(app_id, GROUP, client_id="c1", rights_epoch=0))
    assert outcome == Stored(first, duplicate=True)


def test_locking_makes_the_log_once(app_id):
    with transaction.atomic():
        one = direct.lock_conversation(app_id, PAIR)
        two = direct.lock_conversation(app_id, PAIR)
    assert one.pk == two.pk == ConversationRow.objects.get().pk
    assert (one.kind, one.name_a, one.name_b) == ("pair", "demo1", "demo2")


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_a_bug():
    with pytest.raises(transaction.TransactionManagementError):
        direct.lock_conversation(1, PAIR)
    with pytest.raises(transaction.TransactionManagementError):
        direct.append_on_commit(
            1, PAIR, MessageRecalled(1), sender="demo1", audience=Audience.users(1)
        )


def test_facts_of_several_logs_are_stored_in_one_go(app_id, monkeypatch):
    told: list[Any] = []
    monkeypatch.setattr(
        direct, "_publisher", lambda event, audience: told.append((event, audience))
    )
    monkeypatch.setattr(transaction, "on_commit", lambda call: call())
    tellings = [
        Telling(
            Conversation.personal(name, number),
            RosterChanged(RosterChange.ADDED, "demo1"),
            "demo1",
            Audience.users(number),
            about="demo1",
        )
        for name, number in (("zed", 9), ("ann", 3))
    ]
    with transaction.atomic():
        entries = direct.append_all_on_commit(app_id, tellings)
    assert [entry.conversation.row_id for entry in entries] == [9, 3]
    assert [(event.entry, audience.topics) for event, audience in told] == [
        (entries[0], ("u.9",)),
        (entries[1], ("u.3",)),
    ]
    assert direct.append_all_on_commit(app_id, []) == []


def test_a_refused_draft_leaves_the_callers_transaction_whole(app_id):
    too_long = append(message(app_id, client_id="x" * 64, sender_device="\ud800"))
    assert isinstance(too_long, Exception)
    assert stored(message(app_id)).seq == 1


def test_logs_that_moved_are_named_for_the_catch_up(app_id):
    first = stored(message(app_id))
    second = stored(message(app_id, GROUP))
    assert moved_since(first.id) == [(app_id, GROUP, 1)]
    assert moved_since(first.id - 1) == [(app_id, PAIR, 1), (app_id, GROUP, second.seq)]


def test_who_came_into_a_room_lately_is_found(app_id):
    def came(talk, kind=RoomChange.MEMBER_JOINED):
        told = {"kind": "group", "room": talk.room_id, "users": ["demo2"], "detail": {}}
        return stored(Draft(app_id, talk, EntryKind.ROOM, kind.value, "demo1", told))

    before = came(GROUP)
    stored(message(app_id, GROUP))
    second = came(GROUP, RoomChange.MEMBERS_ADDED)
    came(GROUP, RoomChange.MEMBER_LEFT)
    other = Conversation.room("group", "259817360123906", 8)
    came(other)
    assert [one.id for one in arrivals_since(before.id, [(app_id, GROUP)])] == [second.id]
    assert arrivals_since(before.id, [(app_id + 1, GROUP)]) == []


def test_a_retry_is_looked_up_by_the_index(app_id, django_assert_max_num_queries):
    stored(message(app_id, client_id="c0"))
    with django_assert_max_num_queries(7):  # savepoint twice, lock, lease, retry, insert, move
        stored(message(app_id, client_id="c1"))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "EXPLAIN QUERY PLAN WITH w (c, s, k) AS (VALUES (1, 'a', 'b'), (1, 'a', 'c'))"
                " SELECT e.id FROM w CROSS JOIN chat_entryrow e ON e.conversation_id = w.c"
                " AND e.sender = w.s AND e.client_id = w.k AND NOT (e.client_id = '')"
            )
            assert "entry_by_client_id" in str(cursor.fetchall())
            cursor.execute(
                "EXPLAIN QUERY PLAN WITH w (app, key) AS (VALUES (1, 'a'), (1, 'b'))"
                " SELECT c.id FROM w CROSS JOIN chat_conversationrow c"
                " ON c.app_id = w.app AND c.key = w.key ORDER BY c.id"
            )
            assert "(app_id=? AND key=?)" in str(cursor.fetchall())


def test_a_lost_number_is_replaced_inside_the_transaction(app_id):
    before = stored(message(app_id))
    ProcessLease.objects.update(token="another process")
    after = stored(message(app_id))
    assert after.id > before.id
    assert ProcessLease.objects.count() == 2
