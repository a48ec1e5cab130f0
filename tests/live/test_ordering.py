"""Conversations in seq order, whatever the order of arrival, and the repair of what is missing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import OperationalError

from chat.domain.audience import Audience
from chat.domain.entries import Entry, EntryFlag, EntryKind
from chat.domain.events import RoomChange, RoomChanged, to_entry_parts
from chat.domain.targets import Conversation
from chat.live import ordering
from chat.live.ordering import Sequencer
from chat.live.registry import Received, Registry
from tests.live.test_registry import APP, ROOM, G, Listener, entry, message

EVERYONE = Audience.room(ROOM)


@dataclass
class Log:
    """The store of one conversation; reads are counted."""

    entries: list[Entry] = field(default_factory=list)
    base: int = 0
    reads: int = 0

    def entries_after(
        self, app_id: int, conversation: Conversation, seq: int, limit: int
    ) -> list[Entry]:
        self.reads += 1
        return [one for one in self.entries if one.seq > seq][:limit]

    def seq_before(self, app_id: int, conversation: Conversation, ms: int) -> int:
        return self.base

    def received(self, app_id: int, conversation: Conversation, seq: int) -> Received:
        return {}


async def call(work: Callable[[], object]) -> object:
    await asyncio.sleep(0)
    return work()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def demo1(registry: Registry) -> Listener:
    return member(registry, "demo1", 1)


@pytest.fixture
def sequencer(registry: Registry, log: Log) -> Sequencer:
    return Sequencer(registry, call, log)


def member(registry: Registry, name: str, user_id: int) -> Listener:
    listener = Listener(name, user_id)
    registry.add(listener)
    registry.subscribe(listener, f"r.{ROOM}")
    return listener


async def heard(listener: Listener, seqs: list[int]) -> None:
    """The listener has heard exactly these, soon."""
    try:
        async with asyncio.timeout(2):
            while listener.seqs != seqs:
                await listener.changed.wait()
                listener.changed.clear()
    except TimeoutError:
        pass  # the assertion says what was heard instead
    assert listener.seqs == seqs


async def test_in_order_nothing_waits_and_nothing_is_read(sequencer, demo1, log):
    for seq in (1, 2, 3):
        sequencer.accept(message(seq), EVERYONE)
    assert demo1.seqs == [1, 2, 3]
    assert log.reads == 0


async def test_what_comes_early_waits_for_what_is_missing(sequencer, demo1, log):
    for seq in (1, 3, 4, 2):
        sequencer.accept(message(seq), EVERYONE)
    assert demo1.seqs == [1, 2, 3, 4]
    assert log.reads == 0


async def test_what_nobody_is_told_of_holds_nothing_back(sequencer, demo1, log):
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(2), Audience.nobody(*EVERYONE.topics))
    sequencer.accept(message(3), EVERYONE)
    assert demo1.seqs == [1, 3]
    assert log.reads == 0


async def test_a_repeat_is_not_told_again(sequencer, demo1):
    for seq in (1, 2, 1, 2):
        sequencer.accept(message(seq), EVERYONE)
    assert demo1.seqs == [1, 2]


async def test_what_does_not_come_is_read_from_the_store(sequencer, demo1, log):
    log.entries = [entry(seq) for seq in (1, 2, 3)]
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(3), EVERYONE)
    assert demo1.seqs == [1]
    await heard(demo1, [1, 2, 3])


async def test_a_gap_that_the_store_does_not_fill_is_passed_over(sequencer, demo1, log):
    log.entries = [entry(seq) for seq in (1, 3)]
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(3), EVERYONE)
    await heard(demo1, [1, 3])
    sequencer.accept(message(4), EVERYONE)
    assert demo1.seqs == [1, 3, 4]


async def test_an_unreadable_store_holds_nothing_back_for_ever(sequencer, demo1, log, monkeypatch):
    def broken(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(log, "entries_after", broken)
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(3), EVERYONE)
    await heard(demo1, [1, 3])


async def test_a_database_that_is_away_is_asked_again_and_nothing_is_passed_over(
    sequencer, demo1, log, monkeypatch
):
    real, left = log.entries_after, [3]

    def lost(*asked: object) -> object:
        if left[0]:
            left[0] -= 1
            raise OperationalError("server closed the connection unexpectedly")
        return real(*asked)

    monkeypatch.setattr(ordering, "AGAIN_S", 0.01)
    monkeypatch.setattr(log, "entries_after", lost)
    log.entries = [entry(seq) for seq in (1, 2, 3, 4)]
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(3), EVERYONE)
    sequencer.accept(message(4), EVERYONE)
    assert demo1.seqs == [1]
    await heard(demo1, [1, 2, 3, 4])
    assert left == [0]


async def test_a_log_that_is_first_seen_while_the_database_is_away_misses_nothing(
    sequencer, registry, demo1, log, monkeypatch
):
    real, left = log.seq_before, [2]
    asked_from: list[int] = []
    registry.topics[f"r.{ROOM}"].since_ms = 0  # it has been heard for long

    def lost(app_id: int, conversation: Conversation, ms: int) -> object:
        asked_from.append(ms)
        if left[0]:
            left[0] -= 1
            raise OperationalError("the database system is starting up")
        return real(app_id, conversation, ms)

    monkeypatch.setattr(ordering, "AGAIN_S", 0.3)
    monkeypatch.setattr(log, "seq_before", lost)
    log.base, log.entries = 4, [entry(seq) for seq in (4, 5, 6)]
    sequencer.accept(message(6), EVERYONE)
    await heard(demo1, [5, 6])
    assert max(asked_from) - min(asked_from) < 300  # ms: the window begins where it did


async def test_a_database_that_stays_away_holds_nothing_back_for_ever(
    sequencer, demo1, log, monkeypatch
):
    def lost(*_: object) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr(ordering, "AGAIN_S", 0.01)
    monkeypatch.setattr(ordering, "READ_FOR_S", 0.05)
    monkeypatch.setattr(log, "entries_after", lost)
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(3), EVERYONE)
    await heard(demo1, [1, 3])


async def test_a_log_first_seen_in_its_middle_reads_what_may_be_on_its_way(sequencer, demo1, log):
    """6 is published before 5: both were stored after this process began to hear the room."""
    log.base, log.entries = 4, [entry(seq) for seq in (3, 4, 5, 6)]
    sequencer.accept(message(6), EVERYONE)
    sequencer.accept(message(5), EVERYONE)
    await heard(demo1, [5, 6])
    sequencer.accept(message(7), EVERYONE)
    assert demo1.seqs == [5, 6, 7]
    assert log.reads == 1


async def test_many_pages_are_read(sequencer, demo1, log, monkeypatch):
    monkeypatch.setattr(ordering, "PAGE", 2)
    log.entries = [entry(seq) for seq in range(1, 8)]
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(7), EVERYONE)
    await heard(demo1, [1, 2, 3, 4, 5, 6, 7])


async def test_after_nobody_listened_the_log_is_looked_at_anew(sequencer, registry, demo1, log):
    sequencer.accept(message(1), EVERYONE)
    registry.remove(demo1)
    sequencer.accept(message(2), EVERYONE)
    again = member(registry, "demo1", 1)
    log.base, log.entries = 3, [entry(seq) for seq in (1, 2, 3, 4)]
    sequencer.accept(message(4), EVERYONE)
    await heard(again, [4])


async def test_removal_read_from_the_store_ends_what_the_member_hears(sequencer, registry, log):
    """The relay lost the removal (2): the message after it (3) must wait, and not reach demo2."""
    demo1, demo2 = member(registry, "demo1", 1), member(registry, "demo2", 2)
    sequencer.accept(message(1), EVERYONE)
    fact = RoomChanged(RoomChange.MEMBERS_REMOVED, "group", G.room_id, ("demo2",))
    kind, type_name, payload = to_entry_parts(fact)
    removal = entry(2, kind=kind, type=type_name, payload=payload)
    log.entries = [entry(1), removal, entry(3)]
    sequencer.accept(message(3), EVERYONE)
    await heard(demo1, [1, 2, 3])
    assert demo2.seqs == [1, 2]


async def test_somebody_added_while_the_relay_was_down_hears_it(sequencer, registry, log):
    demo1 = member(registry, "demo1", 1)
    demo3 = Listener("demo3", 3)
    registry.add(demo3)
    sequencer.accept(message(1), EVERYONE)
    fact = RoomChanged(RoomChange.MEMBERS_ADDED, "group", G.room_id, ("demo3",))
    kind, type_name, payload = to_entry_parts(fact)
    log.entries = [entry(1), entry(2, kind=kind, type=type_name, payload=payload), entry(3)]
    sequencer.accept(message(3), EVERYONE)
    await heard(demo1, [1, 2, 3])
    assert demo3.seqs == [2, 3]


async def test_a_catch_up_finds_only_what_is_behind(sequencer, registry, demo1, log):
    sequencer.accept(message(1), EVERYONE)
    assert not sequencer.is_behind(APP, G, 1)
    assert sequencer.is_behind(APP, G, 2)
    elsewhere = Conversation.room("group", "1", 7)
    assert not sequencer.is_behind(APP, elsewhere, 9)
    log.entries = [entry(1), entry(2)]
    sequencer.catch_up(APP, G)
    await heard(demo1, [1, 2])
    assert not sequencer.is_behind(APP, G, 2)


PAIR = Conversation.pair("demo1", "demo2")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (EntryFlag.NONE, {"demo1 tablet", "demo2"}),
        (EntryFlag.NOT_FOR_SENDER, {"demo2"}),
        (EntryFlag.HISTORY_ONLY, set()),
    ],
)
async def test_who_is_told_of_a_read_entry_follows_its_flags(
    sequencer, registry, log, flags, expected
):
    phone, tablet = Listener("demo1", 1), Listener("demo1", 1, "tablet")
    peer = Listener("demo2", 2)
    for one in (phone, tablet, peer):
        registry.add(one)
    log.entries = [entry(1, conversation=PAIR, sender="demo1", sender_device="phone", flags=flags)]
    log.entries.append(entry(2, conversation=PAIR, sender="demo1", sender_device="laptop"))
    sequencer.catch_up(APP, PAIR)
    named = {"demo1 phone": phone, "demo1 tablet": tablet, "demo2": peer}
    for name, one in named.items():  # the second entry is for all: what came before it, came
        await heard(one, [1, 2] if name in expected else [2])


async def test_a_personal_log_reaches_its_owner_alone(sequencer, registry, log):
    owner, other = Listener("demo1", 1), Listener("demo2", 2)
    registry.add(owner)
    registry.add(other)
    personal = Conversation.personal("demo1", 1)
    one = entry(1, conversation=personal, sender="demo2", kind=EntryKind.MESSAGE)
    log.entries = [one]
    sequencer.catch_up(APP, personal)
    await heard(owner, [1])
    assert other.seqs == []
