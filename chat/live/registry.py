"""This process's connections by topic. Used on its event loop only, so it needs no locks."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.entries import EntryFlag, EntryKind
from chat.domain.events import (
    ANY_TIME_MS,
    ENTERING,
    LEAVING,
    Event,
    Kicked,
    Logged,
    RoomChange,
    RoomChanged,
)
from chat.store import observed

logger = logging.getLogger(__name__)

Received = Mapping[tuple[int, str], int]  # (user row, device) → seq that it has of a log

_ENTERS = frozenset({RoomChange.MEMBERS_ADDED, RoomChange.MEMBER_JOINED})
_EXITS = frozenset({RoomChange.MEMBERS_REMOVED, RoomChange.MEMBERS_BLOCKED, RoomChange.MEMBER_LEFT})


class Subscriber(Protocol):
    """What the registry knows of a connection. `since_ms` is when it logged in."""

    app_id: int
    user_id: int
    username: str
    device: str
    since_ms: int

    @property
    def name(self) -> str:
        """Unique over all processes: DeviceOnline.connection."""

    def offer(self, event: Event, cache: Any) -> None:
        """Put the event into the outbox; never waits, never raises. `cache` is shared by all who
        are told of this event."""


class Topic:
    """Who holds a topic here, and since when the process hears it."""

    __slots__ = ("members", "name", "since_ms")

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[Subscriber, None] = {}  # ordered: the longest there is told first
        self.since_ms = time.time_ns() // 1_000_000


class Registry:
    """Topic → connections. `on_held` and `on_dropped` hear of topics that got their first, or
    lost their last, connection of this process; `unsure` are those of which the layer does not know
    yet that they are held; `new_cache` makes what one delivery shares."""

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self._held_by: dict[Subscriber, set[str]] = {}
        self._user_ids: dict[tuple[int, str], int] = {}
        self._moves: dict[Subscriber, dict[str, bool]] = {}  # while its rooms are being read
        self.unsure: set[str] = set()
        self.on_held: Callable[[str], None] = _ignore
        self.on_dropped: Callable[[str], None] = _ignore
        self.new_cache: Callable[[], Any] = dict

    def __len__(self) -> int:
        return len(self._held_by)

    def __contains__(self, connection: Subscriber) -> bool:
        return connection in self._held_by

    def add(self, connection: Subscriber) -> None:
        """Let a connection hear its user's topic. From now on it is told."""
        self._held_by[connection] = set()
        self._user_ids[connection.app_id, connection.username] = connection.user_id
        self.subscribe(connection, user_topic(connection.user_id))

    def remove(self, connection: Subscriber) -> None:
        """Forget a connection; twice is harmless."""
        self._moves.pop(connection, None)
        for name in tuple(self._held_by.get(connection, ())):
            self.unsubscribe(connection, name)
        if self._held_by.pop(connection, None) is None:
            return
        if user_topic(connection.user_id) not in self.topics:
            self._user_ids.pop((connection.app_id, connection.username), None)

    def subscribe(self, connection: Subscriber, name: str) -> None:
        held = self._held_by.get(connection)
        if held is None or name in held:
            return
        held.add(name)
        topic = self.topics.get(name)
        if topic is None:
            topic = self.topics[name] = Topic(name)
            self.on_held(name)
        topic.members[connection] = None

    def expect_rooms(self, connection: Subscriber) -> None:
        """The connection's rooms are about to be read from the database: remember what changes."""
        self._moves[connection] = {}

    def set_rooms(self, connection: Subscriber, rooms: list[str]) -> bool:
        """The room topics as they were read; what was heard since `expect_rooms` is newer.

        True: some of them nobody held here before, or the layer does not know it yet.
        """
        moves = self._moves.pop(connection, {})
        held = self._held_by.get(connection)
        if held is None:
            return False
        wanted = {name for name in rooms if moves.get(name, True)}
        wanted |= {name for name, inside in moves.items() if inside}
        new = any(name not in self.topics or name in self.unsure for name in wanted)
        for name in [name for name in held if name.startswith("r.") and name not in wanted]:
            self.unsubscribe(connection, name)
        for name in sorted(wanted):
            self.subscribe(connection, name)
        return new

    def unsubscribe(self, connection: Subscriber, name: str) -> None:
        self._held_by.get(connection, set()).discard(name)
        topic = self.topics.get(name)
        if topic is None:
            return
        topic.members.pop(connection, None)
        if not topic.members:
            del self.topics[name]
            self.on_dropped(name)

    def connections_of(self, user_id: int) -> list[Subscriber]:
        topic = self.topics.get(user_topic(user_id))
        return list(topic.members) if topic else []

    def everyone(self) -> list[Subscriber]:
        return list(self._held_by)

    def user_id_of(self, app_id: int, username: str) -> int:
        """The row of a user who is connected here; 0 for anyone else."""
        return self._user_ids.get((app_id, username), 0)

    def holds(self, audience: Audience) -> bool:
        for name in audience.topics:  # noqa: SIM110 (a third of any()'s time)
            if name in self.topics:
                return True
        return False

    def deliver(self, event: Event, audience: Audience, had: Received | None = None) -> int:
        """Tell every connection of the audience once; return how many were told. `had`: who has
        it already, of what was read and not published.

        A change of membership moves the room's topic with it: who comes in is subscribed before
        the delivery, who goes out after it, so that nothing later on the topic reaches them.
        """
        change = _membership_change(event)
        if change is None:
            return self._tell(event, audience, had)
        name, fact, user_ids = change
        if user_ids is None:
            app_id = event.entry.app_id if isinstance(event, Logged) else 0
            user_ids = [self.user_id_of(app_id, username) for username in fact.users]
        members = [one for user_id in user_ids for one in self.connections_of(user_id)]
        if fact.change in ENTERING:
            self._move(members, name, inside=True)
        told = self._tell(event, audience, had)
        if fact.change in LEAVING:
            self._move(members, name, inside=False)
        elif fact.change is RoomChange.DESTROYED and (topic := self.topics.get(name)):
            self._move(list(topic.members), name, inside=False)
        return told

    def _move(self, members: Iterable[Subscriber], name: str, *, inside: bool) -> None:
        for connection in members:
            if (moves := self._moves.get(connection)) is not None:
                moves[name] = inside
            if inside:
                self.subscribe(connection, name)
            else:
                self.unsubscribe(connection, name)

    def _tell(self, event: Event, audience: Audience, had: Received | None) -> int:
        told: dict[Subscriber, None] = {}
        for name in audience.topics:
            if topic := self.topics.get(name):
                told.update(topic.members)
        if had and isinstance(event, Logged):
            seq = event.entry.seq
            told = {one: None for one in told if had.get((one.user_id, one.device), 0) < seq}
        if not told:
            return 0
        cache = self.new_cache()
        count = 0
        until_ms = _told_until_ms(event, is_read=had is not None)
        for connection in told:
            if connection.since_ms <= until_ms and _is_meant(connection, event, audience):
                connection.offer(event, cache)
                count += 1
        if count and isinstance(event, Logged) and event.entry.kind is EntryKind.MESSAGE:
            observed.count(event.entry.app_id, "down", count)
        return count


def _ignore(_name: str) -> None:
    pass


def _membership_change(event: Event) -> tuple[str, RoomChanged, list[int] | None] | None:
    """(room topic, fact, user rows) of an event that changes who is in a room.

    The rows are None where the fact names the users. In a large chatroom the fact is in the
    personal log of the one who came or went, and `detail` has the room's row (design.md §5).
    """
    if not isinstance(event, Logged) or not isinstance(event.fact, RoomChanged):
        return None
    where, fact = event.entry.conversation, event.fact
    if fact.change not in ENTERING | LEAVING and fact.change is not RoomChange.DESTROYED:
        return None
    if where.kind != "personal":
        return room_topic(where.row_id), fact, None
    row_id = fact.detail.get("row")
    return (room_topic(row_id), fact, [where.row_id]) if isinstance(row_id, int) else None


def _told_until_ms(event: Event, *, is_read: bool) -> int:
    """Whoever logged in later is not told: the repair of a relay reads entries of the last moments,
    and one for those who are online is not for those who came after it. Nor is what is read of a
    chatroom: nobody acknowledges that, so who had it cannot be known."""
    if isinstance(event, Logged):
        is_from_room = is_read and event.entry.conversation.kind == "chatroom"
        if is_from_room or event.entry.flags & EntryFlag.ONLINE_ONLY:
            return event.entry.created_ms
    return ANY_TIME_MS


def _is_meant(connection: Subscriber, event: Event, audience: Audience) -> bool:
    if audience.only and connection.username not in audience.only:
        return False
    if audience.device and connection.device != audience.device:
        return False
    if audience.skip_user and connection.user_id == audience.skip_user:
        return False
    if audience.skip_device == (connection.user_id, connection.device):
        return False
    if isinstance(event, Logged):
        return event.entry.may_see(connection.username)
    if isinstance(event, Kicked):
        return event.connection in ("", connection.name) and connection.since_ms < event.before_ms
    return True


registry = Registry()
