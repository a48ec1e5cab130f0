"""What somebody who was away still gets: the newest within an app's days and caps, each once."""

import itertools
import random
from dataclasses import replace

import pytest

from accounts.actions.im_apps import change_settings
from accounts.queries.im_apps import app_by_id
from accounts.queries.im_users import get_user
from chat.actions.messages import post_message_now
from chat.actions.own_history import drop_from_queue
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_delivered
from chat.actions.room_members import add_members, remove_members
from chat.actions.roster import request_contact
from chat.domain.bodies import Body
from chat.domain.commands import (
    AddMembers,
    ListConversations,
    MarkDelivered,
    ReadHistory,
    RecallMessage,
    RemoveMembers,
    RequestContact,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryKind
from chat.domain.targets import ToGroup, ToUser
from chat.models import EntryRow
from chat.queries import offline
from chat.queries.conversations import (
    is_delivered,
    list_conversations,
    offline_count,
    waiting_messages,
)
from chat.queries.first_pages import first_pages
from chat.queries.history import read_history, sync
from chat.queries.waiting import forget_waiting, waiting_in
from chat.store.clock import now_ms
from chat.store.rows import DAY_MS
from chat.store.unread import Reader

pytestmark = pytest.mark.django_db

PAIRS, ROOM = 6, 4


@pytest.fixture
def app(app):
    change_settings(app, {"max_offline_pairs": PAIRS, "max_offline_room": ROOM})
    return app_by_id(app.id)


def send(actor, target, text="x", **more):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": text}), **more))


def texts(entries):
    return [e.payload["body"]["msg"] for e in entries if e.kind is EntryKind.MESSAGE]


def received(actor, limit=100, between=None):
    """All pages as a connection reads them; `between` runs after each."""
    [page] = first_pages([(actor, Sync(limit=limit))])
    page = page or sync(actor, Sync(limit=limit))
    entries = list(page.entries)
    while page.more:
        if between is not None:
            between()
        page = sync(actor, Sync(after=page.next, limit=limit))
        entries += page.entries
    return entries


def get(actor, entries):
    """As a client that acknowledges all it got."""
    for entry in entries:
        talk = entry.conversation
        place = ToGroup(talk.room_id) if talk.kind == "group" else talk.seen_by(actor.username)
        mark_delivered(actor, MarkDelivered(place, entry.id))


@pytest.fixture
def days_later(monkeypatch):
    """`days_later(8)`: the same app, so many days on."""

    def at(days):
        monkeypatch.setattr(offline, "now_ms", lambda: now_ms() + days * DAY_MS)
        forget_waiting()

    return at


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("device", ["known", "new"])
def test_of_all_one_to_one_conversations_the_newest_come(
    acting, demo1, demo2, demo3, limit, device
):
    me = acting(demo3, device=device)
    if device == "known":
        send(acting(demo1), ToUser("demo3"), "before")
        get(me, received(me))
    for n in range(PAIRS):
        send(acting(demo1), ToUser("demo3"), f"one {n}")
        send(acting(demo2), ToUser("demo3"), f"two {n}")
    got = received(me, limit)
    assert texts(got) == [f"one {n}" for n in (3, 4, 5)] + [f"two {n}" for n in (3, 4, 5)]
    get(me, got)
    assert received(me, limit) == []


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_of_each_group_the_newest_come(app, acting, demo1, demo2, demo3, group, limit):
    me, talk = acting(demo3, device="d"), ToGroup(group.room_id)
    for n in range(ROOM + 3):
        send(acting(demo1), talk, str(n))
    got = received(me, limit)
    assert texts(got) == ["3", "4", "5", "6"]
    assert len(got) == ROOM
    get(me, got)
    assert received(me, limit) == []
    assert texts(received(acting(demo2, device="d"), limit)) == ["3", "4", "5", "6"]


def test_what_comes_while_it_is_read_pushes_nothing_out(acting, demo1, demo3, group):
    me, talk = acting(demo3, device="d"), ToGroup(group.room_id)
    for n in range(ROOM + 3):
        send(acting(demo1), talk, str(n))
        send(acting(demo1), ToUser("demo3"), f"p{n}")
    more = iter(range(100))

    def between():
        send(acting(demo1), talk, f"new {next(more)}")
        send(acting(demo1), ToUser("demo3"), f"new {next(more)}")

    got = texts(received(me, 3, between))
    assert [text for text in got if text.startswith("p")] == [f"p{n}" for n in range(1, 7)]
    assert [text for text in got if text.isdigit()] == ["3", "4", "5", "6"]
    assert len(got) == len(set(got))


def test_a_second_reading_of_a_connection_is_not_cut(acting, demo1, demo3):
    """It has heard of more than it could keep while it read: none of that was waiting."""
    me = acting(demo3, device="d")
    assert texts(received(me)) == []
    for n in range(PAIRS + 3):
        send(acting(demo1), ToUser("demo3"), str(n))
    [page] = first_pages([(me, Sync(limit=100, again=True))])
    assert page is not None
    assert len(texts(page.entries)) == PAIRS + 3
    assert len(texts(sync(me, Sync(limit=100, again=True)).entries)) == PAIRS + 3


def test_only_what_the_device_gets_counts(acting, demo1, demo2, demo3, group):
    me, talk = acting(demo3, device="d"), ToGroup(group.room_id)
    mine = acting(demo3, device="other")
    for n in range(ROOM):
        send(acting(demo1), talk, f"mine {n}")
        send(acting(demo1), talk, "theirs", only=("demo2",))
        send(acting(demo1), talk, "now", online_only=True)
        send(me, talk, "own")
    assert texts(received(me)) == [f"mine {n}" for n in range(ROOM)]
    send(mine, talk, "by my other device")
    assert texts(received(me)) == ["mine 1", "mine 2", "mine 3", "by my other device"]


def test_two_stays_in_a_group_are_one_queue(acting, demo1, demo3, group):
    me, talk = acting(demo3, device="d"), ToGroup(group.room_id)
    for n in range(ROOM):
        send(acting(demo1), talk, str(n))
    remove_members(acting(), RemoveMembers(talk, ("demo3",)))
    send(acting(demo1), talk, "outside")
    add_members(acting(), AddMembers(talk, ("demo3",)))
    send(acting(demo1), talk, "back")
    assert texts(received(me)) == ["1", "2", "3", "back"]


@pytest.mark.parametrize("limit", [1, 100])
def test_what_is_older_than_the_days_comes_from_history_only(
    app, acting, demo1, demo2, demo3, group, days_later, limit
):
    me = acting(demo3, device="d")
    request_contact(acting(demo2), RequestContact("demo3"))
    send(acting(demo1), ToUser("demo3"), "old")
    send(acting(demo1), ToGroup(group.room_id), "old")
    days_later(6)
    assert texts(received(acting(demo3, device="in time"), limit)) == ["old", "old"]
    days_later(8)
    assert {entry.kind for entry in received(me, limit)} == {EntryKind.ROSTER}
    assert offline_count(app, "demo3") == 0
    assert waiting_in(app).count == 0
    for place in (ToUser("demo1"), ToGroup(group.room_id)):
        assert texts(read_history(me, ReadHistory(place)).entries) == ["old"]


def test_a_place_read_from_the_cursor_is_cut_and_after_an_id_is_not(acting, demo1, demo3, group):
    me, talk = acting(demo3, device="d"), ToGroup(group.room_id)
    first = send(acting(demo1), talk, "first").message_id
    for n in range(ROOM + 3):
        send(acting(demo1), talk, str(n))
    after = sync(me, Sync(talk, after=str(first), limit=50))
    assert len(texts(after.entries)) == ROOM + 3
    assert texts(sync(me, Sync(talk, limit=50)).entries) == ["3", "4", "5", "6"]
    assert texts(received(me)) == ["3", "4", "5", "6"]


def test_the_queue_says_what_will_come(app, acting, demo1, demo2, demo3, group):
    talk = ToGroup(group.room_id)
    sent = [send(acting(demo1), ToUser("demo3"), str(n)).message_id for n in range(PAIRS + 2)]
    for n in range(ROOM + 1):
        send(acting(demo1), talk, str(n))
    user = get_user(app, "demo3")
    reader = Reader(user.id, user.username, user.born_id)
    queue = waiting_messages(app, reader)
    assert (queue.total, queue.pairs, queue.room) == (PAIRS + ROOM, PAIRS, ROOM)
    assert texts(queue.entries) == [*map(str, range(2, PAIRS + 2)), *map(str, range(1, ROOM + 1))]
    assert offline_count(app, "demo3") == PAIRS + ROOM
    forget_waiting()
    assert waiting_in(app).by_user[demo3.id] == PAIRS + ROOM
    assert [is_delivered(app, "demo3", one) for one in sent] == [True] * 2 + [False] * PAIRS
    assert list_conversations(acting(demo3), ListConversations()).items[-1].unread == PAIRS + 2


def test_what_is_taken_out_makes_no_room_for_what_fell_out(app, acting, demo1, demo3):
    sent = [send(acting(demo1), ToUser("demo3"), str(n)).message_id for n in range(PAIRS + 2)]
    recall_message(acting(demo1), RecallMessage(sent[-1]))
    assert offline_count(app, "demo3") == PAIRS - 1
    drop_from_queue(app, "demo3")
    assert offline_count(app, "demo3") == 0
    assert texts(received(acting(demo3, device="d"))) == []
    send(acting(demo1), ToUser("demo3"), "new")
    assert texts(received(acting(demo3, device="e"))) == ["new"]


def test_without_caps_all_of_it_waits(app, acting, demo1, demo3, group):
    change_settings(app, {"max_offline_pairs": 0, "max_offline_room": 0})
    for n in range(PAIRS + ROOM):
        send(acting(demo1), ToUser("demo3"), str(n))
        send(acting(demo1), ToGroup(group.room_id), str(n))
    assert offline_count(app, "demo3") == 2 * (PAIRS + ROOM)
    assert len(texts(received(acting(demo3, device="d"), 3))) == 2 * (PAIRS + ROOM)


def test_nothing_is_asked_of_the_database_while_little_waits(
    acting, demo1, demo3, group, django_assert_num_queries
):
    for n in range(ROOM):
        send(acting(demo1), ToUser("demo3"), str(n))
    me = acting(demo3, device="d")
    with django_assert_num_queries(4):
        assert first_pages([(me, Sync())]) != [None]
    none = replace(me, device="e")
    for n in range(PAIRS):
        send(acting(demo1), ToUser("demo3"), str(n))
    assert first_pages([(none, Sync())]) == [None]
    assert EntryRow.objects.count() > PAIRS


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_each_message_within_the_caps_comes_once(
    acting, demo1, demo2, demo3, group, seed
):
    """A device that comes and goes, against a model of its queue: two lists, cut from the left."""
    dice = random.Random(seed)
    me, in_group = acting(demo3, device="d"), ToGroup(group.room_id)
    names = itertools.count()
    pairs: list[int] = []
    room: list[int] = []
    is_pairs: set[int] = set()
    meanwhile: set[int] = set()

    def happen() -> None:
        name, sender = next(names), acting(dice.choice((demo1, demo2)))
        meanwhile.add(name)
        if dice.random() < 0.5:
            is_pairs.add(name)
            send(sender, ToUser("demo3"), str(name))
        else:
            send(sender, in_group, str(name))

    for _ in range(12):
        meanwhile.clear()
        for _ in range(dice.randrange(12)):
            happen()
        pairs += sorted(meanwhile & is_pairs)
        room += sorted(meanwhile - is_pairs)
        expected = {*pairs[-PAIRS:], *room[-ROOM:]}
        meanwhile.clear()
        got = received(me, dice.choice((1, 2, 5, 100)), happen)
        came = [int(text) for text in texts(got)]
        assert len(came) == len(set(came))
        assert expected <= set(came) <= expected | meanwhile
        left = meanwhile - set(came)
        if dice.random() < 0.8:
            get(me, got)
        else:  # it goes before it has acknowledged anything
            left |= set(came)
        pairs, room = sorted(left & is_pairs), sorted(left - is_pairs)
