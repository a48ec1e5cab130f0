"""Who is told what: topics, exclusions, and the order of a removal."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat.domain.audience import Audience, user_topic
from chat.domain.bodies import Body
from chat.domain.entries import Entry, EntryFlag, EntryKind
from chat.domain.errors import DeviceReplaced
from chat.domain.events import (
    Event,
    Kicked,
    Logged,
    MessagePosted,
    RoomChange,
    RoomChanged,
    Typing,
)
from chat.domain.targets import Conversation
from chat.live.registry import Registry

APP, ROOM = 1, 42
G = Conversation.room("group", "100000000000001", ROOM)


@dataclass(eq=False)
class Listener:
    username: str
    user_id: int
    device: str = "phone"
    app_id: int = APP
    since_ms: int = 1000
    name: str = "p.1"
    heard: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seqs(self) -> list[int]:
        return [event.entry.seq for event in self.heard if isinstance(event, Logged)]

    def offer(self, event: Event, cache: Any) -> None:
        self.heard.append(event)
        self.changed.set()


def entry(seq: int, **more: Any) -> Entry:
    values: dict[str, Any] = {
        "id": 1000 + seq,
        "app_id": APP,
        "conversation": G,
        "seq": seq,
        "kind": EntryKind.MESSAGE,
        "type": "txt",
        "sender": "demo1",
        "payload": {"body": {"msg": str(seq)}},
        "created_ms": 1,
    }
    return Entry(**(values | more))


def message(seq: int, **more: Any) -> Logged:
    return Logged(entry(seq, **more), MessagePosted(Body("txt", {"msg": str(seq)})))


def change(seq: int, what: RoomChange, *users: str) -> Logged:
    fact = RoomChanged(what, "group", G.room_id, users)
    return Logged(entry(seq, kind=EntryKind.ROOM, type=what.value), fact)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def demo1(registry: Registry) -> Listener:
    return joined(registry, "demo1", 1)


@pytest.fixture
def demo2(registry: Registry) -> Listener:
    return joined(registry, "demo2", 2)


def joined(registry: Registry, name: str, user_id: int, device: str = "phone") -> Listener:
    listener = Listener(name, user_id, device)
    registry.add(listener)
    registry.subscribe(listener, f"r.{ROOM}")
    return listener


def test_a_connection_named_by_two_topics_is_told_once(registry, demo1):
    told = registry.deliver(message(1), Audience(("r.42", "u.1")))
    assert told == 1
    assert len(demo1.heard) == 1


def test_a_user_topic_reaches_every_device_of_the_user_and_nobody_else(registry, demo1, demo2):
    tablet = joined(registry, "demo1", 1, "tablet")
    registry.deliver(Typing(Conversation.pair("demo1", "demo2"), "demo2"), Audience.users(1))
    assert (len(demo1.heard), len(tablet.heard), len(demo2.heard)) == (1, 1, 0)


def test_the_device_that_did_it_gets_no_echo_but_its_owner_s_other_device_does(registry, demo1):
    tablet = joined(registry, "demo1", 1, "tablet")
    registry.deliver(message(1), Audience.room(ROOM, skip_device=(1, "phone")))
    assert (len(demo1.heard), len(tablet.heard)) == (0, 1)


def test_a_skipped_user_hears_on_no_device(registry, demo1, demo2):
    registry.deliver(message(1), Audience(("r.42",), skip_user=1))
    assert (len(demo1.heard), len(demo2.heard)) == (0, 1)


def test_one_device_of_a_user_can_be_meant(registry, demo1):
    tablet = joined(registry, "demo1", 1, "tablet")
    registry.deliver(Kicked(DeviceReplaced()), Audience(("u.1",), device="tablet"))
    assert (len(demo1.heard), len(tablet.heard)) == (0, 1)


def test_a_log_in_displaces_only_those_before_it(registry, demo1):
    newer = Listener("demo1", 1, "phone", since_ms=2000)
    registry.add(newer)
    registry.deliver(Kicked(DeviceReplaced(), before_ms=2000), Audience(("u.1",), device="phone"))
    assert (len(demo1.heard), len(newer.heard)) == (1, 0)


def test_one_connection_of_a_device_can_be_meant(registry, demo1):
    other = Listener("demo1", 1, "phone", name="p.2")
    registry.add(other)
    registry.deliver(Kicked(DeviceReplaced(), "p.2"), Audience(("u.1",), device="phone"))
    assert (len(demo1.heard), len(other.heard)) == (0, 1)


def test_a_directed_message_reaches_those_it_names_and_its_sender(registry, demo1, demo2):
    demo3 = joined(registry, "demo3", 3)
    registry.deliver(message(1, only=("demo2",)), Audience.room(ROOM))
    assert (len(demo1.heard), len(demo2.heard), len(demo3.heard)) == (1, 1, 0)


@pytest.mark.parametrize(
    "what", [RoomChange.MEMBERS_REMOVED, RoomChange.MEMBERS_BLOCKED, RoomChange.MEMBER_LEFT]
)
def test_who_goes_out_hears_of_it_and_of_nothing_later(registry, demo1, demo2, what):
    registry.deliver(message(1), Audience.room(ROOM))
    registry.deliver(change(2, what, "demo2"), Audience.room(ROOM))
    registry.deliver(message(3), Audience.room(ROOM))
    assert demo2.seqs == [1, 2]
    assert demo1.seqs == [1, 2, 3]


@pytest.mark.parametrize("what", [RoomChange.MEMBERS_ADDED, RoomChange.MEMBER_JOINED])
def test_who_comes_in_hears_of_it_once_and_of_what_follows(registry, demo1, what):
    demo2 = Listener("demo2", 2)
    registry.add(demo2)
    registry.deliver(change(1, what, "demo2"), Audience(("r.42", "u.2")))
    registry.deliver(message(2), Audience.room(ROOM))
    assert demo2.seqs == [1, 2]


def test_a_destroyed_room_tells_its_members_and_is_heard_no_more(registry, demo1):
    registry.deliver(change(1, RoomChange.DESTROYED), Audience.room(ROOM))
    registry.deliver(message(2), Audience.room(ROOM))
    assert demo1.seqs == [1]
    assert "r.42" not in registry.topics


def test_topics_are_held_from_the_first_connection_to_the_last(registry):
    held: list[str] = []
    dropped: list[str] = []
    registry.on_held, registry.on_dropped = held.append, dropped.append
    phone, tablet = joined(registry, "demo1", 1), joined(registry, "demo1", 1, "tablet")
    registry.remove(phone)
    assert (held, dropped) == (["u.1", "r.42"], [])
    registry.remove(tablet)
    registry.remove(tablet)
    assert sorted(dropped) == ["r.42", "u.1"]
    assert (len(registry), registry.user_id_of(APP, "demo1")) == (0, 0)


def test_users_of_another_app_with_the_same_name_stay_where_they_are(registry, demo1):
    twin = Listener("demo1", 9, app_id=2)
    registry.add(twin)
    registry.subscribe(twin, f"r.{ROOM}")  # cannot happen; shows that names are looked up by app
    registry.deliver(change(1, RoomChange.MEMBERS_REMOVED, "demo1"), Audience.room(ROOM))
    registry.deliver(message(2), Audience.room(ROOM))
    assert len(demo1.heard) == 1
    assert len(twin.heard) == 2


def test_message_for_those_online_is_not_for_who_logged_in_after_it(registry):
    topic = user_topic(9)
    early, late = (Listener("demo9", 9, device, since_ms=ms) for device, ms in (("a", 5), ("b", 6)))
    for one in (early, late):
        registry.add(one)
    kept = message(1, created_ms=5)
    passing = message(2, created_ms=5, flags=EntryFlag.ONLINE_ONLY)
    assert registry.deliver(kept, Audience((topic,))) == 2
    assert registry.deliver(passing, Audience((topic,))) == 1
    assert (early.seqs, late.seqs) == ([1, 2], [1])


def test_rooms_that_the_layer_may_not_follow_yet_are_to_be_read_again(registry, demo1):
    demo2 = Listener("demo2", 2)
    registry.add(demo2)
    registry.unsure.add(f"r.{ROOM}")  # demo1 brought it, a moment ago
    assert registry.set_rooms(demo2, [f"r.{ROOM}"])
    registry.unsure.clear()
    demo3 = Listener("demo3", 3)
    registry.add(demo3)
    assert not registry.set_rooms(demo3, [f"r.{ROOM}"])
