"""Who came into a room that nobody here heard, when the word of it was lost."""

import pytest
from msgspec.structs import replace

from chat.domain.audience import Audience, user_topic
from chat.domain.entries import Entry
from chat.domain.events import Logged, RoomChange, to_entry_parts
from chat.live import listener
from chat.live.ordering import Sequencer
from chat.live.registry import Registry
from tests.live.test_ordering import Log, call, heard
from tests.live.test_registry import APP, G, Listener, change, entry, message


def stored(told: Logged, created_ms: int = 5000) -> Entry:
    """The entry of a change as it is read."""
    _, _, payload = to_entry_parts(told.fact)
    return replace(told.entry, payload=payload, created_ms=created_ms)


ADDED = stored(change(2, RoomChange.MEMBERS_ADDED, "demo3"))


class Moved(Log):
    """A log of which somebody asks what moved and who came."""

    def recent_moves(self, ms):
        return [(APP, G, self.entries[-1].seq)]

    def arrivals(self, ms, logs):
        assert logs == [(APP, G)]
        return [one for one in self.entries if one.type == RoomChange.MEMBERS_ADDED]


@pytest.fixture
def log() -> Moved:
    return Moved([entry(1), ADDED, entry(3)])


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def live(log, registry, monkeypatch):
    monkeypatch.setattr(listener, "registry", registry)
    monkeypatch.setattr(listener, "IN_FLIGHT_S", 0)
    return listener.Listener(call, log, None)  # type: ignore[arg-type]  # nothing is handed over


def connected(registry: Registry, name: str, user_id: int, since_ms: int = 1000) -> Listener:
    made = Listener(name, user_id, since_ms=since_ms)
    registry.add(made)
    return made


async def test_who_came_in_is_told_and_hears_what_follows(live, registry, log):
    demo3, demo2 = connected(registry, "demo3", 3), connected(registry, "demo2", 2)
    await live.catch_up(15_000)
    await heard(demo3, [2, 3])
    live.publish(message(4), Audience.room(G.row_id))
    assert demo3.seqs == [2, 3, 4]
    await live.catch_up(15_000)
    assert (demo3.seqs, demo2.seqs) == ([2, 3, 4], [])


async def test_who_logged_in_since_has_read_its_rooms(live, registry):
    demo3 = connected(registry, "demo3", 3, since_ms=6000)
    await live.catch_up(15_000)
    assert demo3.seqs == []


async def test_who_heard_of_it_and_has_left_since_is_not_told_again(live, registry, log):
    demo3 = connected(registry, "demo3", 3)
    live.publish(message(1), Audience(()))
    live.publish(change(2, RoomChange.MEMBERS_ADDED, "demo3"), Audience((user_topic(3),)))
    left = change(3, RoomChange.MEMBER_LEFT, "demo3")
    live.publish(left, Audience.room(G.row_id))
    await heard(demo3, [2, 3])
    log.entries = [entry(1), ADDED, stored(left), entry(4)]
    await live.catch_up(15_000)
    assert demo3.seqs == [2, 3]


async def test_a_room_of_strangers_is_left_alone(live, registry, log):
    connected(registry, "demo9", 9)
    await live.catch_up(15_000)
    assert log.reads == 0


def test_a_room_that_is_heard_has_missed_nobody(registry, log):
    registry.add(member := Listener("demo1", 1))
    registry.subscribe(member, f"r.{G.row_id}")
    assert not Sequencer(registry, call, log).is_missed(APP, G, 3)
