"""Who was away: what passed meanwhile, what is read for those who are back, and what they had."""

from dataclasses import dataclass, field

from chat.domain.audience import Audience
from chat.domain.events import RoomChange, RoomChanged, logged, to_entry_parts
from chat.domain.targets import Conversation
from chat.live import ordering
from chat.live.ordering import Sequencer
from chat.live.registry import Received
from tests.live.test_ordering import (
    EVERYONE,
    PAIR,
    Log,
    call,
    demo1,
    heard,
    log,
    member,
    registry,
    sequencer,
)
from tests.live.test_registry import APP, ROOM, G, Listener, entry, message

__all__ = ["demo1", "log", "registry", "sequencer"]


async def test_what_passed_while_nobody_listened_is_no_news_for_who_comes_then(
    sequencer, registry, demo1, log
):
    """3 follows what was heard last: there is nothing to read, however young the others are."""
    log.entries = [entry(seq) for seq in (1, 2, 3)]
    sequencer.accept(message(1), EVERYONE)
    registry.remove(demo1)
    sequencer.accept(message(2), EVERYONE)
    again = member(registry, "demo1", 1)
    assert not sequencer.is_behind(APP, G, 2)
    sequencer.accept(message(3), EVERYONE)
    assert again.seqs == [3]
    assert log.reads == 0


async def test_who_is_back_before_anything_passed_hears_what_is_next(
    sequencer, registry, demo1, log
):
    log.entries = [entry(seq) for seq in (1, 2)]
    sequencer.accept(message(1), EVERYONE)
    registry.remove(demo1)
    again = member(registry, "demo1", 1)
    sequencer.accept(message(2), EVERYONE)
    assert again.seqs == [2]
    assert log.reads == 0


async def test_a_log_that_begins_again_is_heard_from_its_first_entry(sequencer, registry, demo1):
    for seq in (1, 2, 3):
        sequencer.accept(message(seq), EVERYONE)
    registry.remove(demo1)
    again = member(registry, "demo1", 1)
    for seq in (1, 2):
        sequencer.accept(message(seq), EVERYONE)
    await heard(again, [1, 2])


async def test_what_passes_while_an_entering_is_read_reaches_who_comes_in(sequencer, registry, log):
    """Nobody here follows the group yet: its next message must wait for the reading, too."""
    demo3 = Listener("demo3", 3)
    registry.add(demo3)
    fact = RoomChanged(RoomChange.MEMBERS_ADDED, "group", G.room_id, ("demo3",))
    kind, type_name, payload = to_entry_parts(fact)
    added = entry(10, kind=kind, type=type_name, payload=payload)
    log.base, log.entries = 9, [added, entry(11)]
    sequencer.accept(logged(added), Audience((f"r.{ROOM}", "u.3")))
    sequencer.accept(message(11), EVERYONE)
    await heard(demo3, [10, 11])
    sequencer.accept(message(12), EVERYONE)
    assert demo3.seqs == [10, 11, 12]


async def test_what_came_now_is_told_whatever_its_time(sequencer, demo1, log):
    """By its time it is older than the listener: a slow relay, or another clock."""
    log.base, log.entries = 10, [entry(seq) for seq in (9, 10)]
    sequencer.accept(message(10), EVERYONE)
    await heard(demo1, [10])


async def test_a_full_page_behind_what_is_gone_is_not_read_for_ever(
    sequencer, registry, log, monkeypatch
):
    monkeypatch.setattr(ordering, "PAGE", 2)
    demo1 = member(registry, "demo1", 1)
    log.entries = [entry(seq) for seq in (11, 12, 13)]  # the first ten were removed
    sequencer.accept(message(13), EVERYONE)
    await heard(demo1, [11, 12, 13])
    assert log.reads <= 4


async def test_of_a_log_that_had_to_be_forgotten_the_place_is_kept(
    sequencer, demo1, log, monkeypatch
):
    monkeypatch.setattr(ordering, "MAX_LOGS", 1)
    log.entries = [entry(seq) for seq in (1, 2, 3)]
    sequencer.accept(message(1), EVERYONE)
    sequencer.accept(message(2), EVERYONE)
    sequencer.accept(
        message(1, conversation=Conversation.pair("demo1", "demo2")), Audience(("u.1",))
    )
    sequencer.accept(message(3), EVERYONE)
    assert demo1.seqs == [1, 2, 1, 3]
    assert log.reads == 0


async def test_what_waits_is_kept_when_those_who_heard_it_first_are_gone(sequencer, registry, log):
    log.entries = [entry(seq, conversation=PAIR) for seq in (6, 7)]
    demo1 = Listener("demo1", 1)
    registry.add(demo1)
    both = Audience(("u.1", "u.2"))
    sequencer.accept(message(1, conversation=PAIR), both)
    demo2 = Listener("demo2", 2)
    registry.add(demo2)
    sequencer.accept(message(3, conversation=PAIR), both)
    registry.remove(demo1)
    sequencer.accept(message(2, conversation=PAIR), both)
    assert demo2.seqs == [2, 3]


async def test_what_is_read_of_a_chatroom_is_not_for_those_who_came_later(registry):
    chatroom = Conversation.room("chatroom", "9", 9)
    log = Log([entry(seq, conversation=chatroom, created_ms=5000) for seq in (1, 2)])
    before, after = Listener("demo1", 1), Listener("demo2", 2, since_ms=9000)
    for one in (before, after):
        registry.add(one)
        registry.subscribe(one, "r.9")
    sequencer = Sequencer(registry, call, log)
    last = message(3, conversation=chatroom, created_ms=8000)
    sequencer.accept(last, Audience(("r.9",)))
    await heard(before, [1, 2, 3])
    assert after.seqs == [3]


@dataclass
class Known(Log):
    """A log of which devices have acknowledged something."""

    had: Received = field(default_factory=dict)

    def received(self, app_id: int, conversation: Conversation, seq: int) -> Received:
        return self.had


async def test_what_a_device_acknowledged_is_not_read_to_it_again(registry):
    log = Known([entry(seq) for seq in (1, 2, 3, 4)], had={(1, "phone"): 2, (2, "phone"): 4})
    phone, other = member(registry, "demo1", 1), member(registry, "demo2", 2)
    tablet = Listener("demo1", 1, "tablet")
    registry.add(tablet)
    registry.subscribe(tablet, f"r.{ROOM}")
    sequencer = Sequencer(registry, call, log)
    sequencer.accept(message(4), EVERYONE)
    await heard(tablet, [1, 2, 3, 4])
    assert phone.seqs == [3, 4]
    assert other.seqs == [4]  # as published: that was not read
    sequencer.accept(message(5), EVERYONE)
    assert (phone.seqs, other.seqs) == ([3, 4, 5], [4, 5])


async def test_what_was_not_relayed_is_read_from_there_whatever_its_time(sequencer, demo1, log):
    log.base, log.entries = 9, [entry(seq) for seq in range(1, 10)]
    sequencer.catch_up(APP, G, after=6)
    await heard(demo1, [7, 8, 9])
    assert not sequencer.is_behind(APP, G, 9)
