"""What this connection is told: first everything missed, in order of time, then what happens.

Source: specs/webim1-xmpp.md §3.3, §5.4, §5.5.
"""

from collections.abc import Callable

from chat.domain.answers import RosterItem, SyncPage
from chat.domain.commands import ListRoster, MarkReceived, Sync
from chat.domain.entries import Entry
from chat.domain.errors import ImError
from chat.domain.events import (
    GroupMessageRead,
    Logged,
    MessageEdited,
    MessagePosted,
    MessageRecalled,
    ReactionChanged,
    ReceiptGiven,
    RoomChanged,
    RosterChange,
    RosterChanged,
    logged,
)
from chat.domain.own_changes import OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.threads import ThreadChanged
from chat.wire.base import Close, FrameCache, Told
from chat.wire.xmpp.acks import Acks
from chat.wire.xmpp.addresses import Addresses
from chat.wire.xmpp.asks import Ask, Step
from chat.wire.xmpp.framing import escape
from chat.wire.xmpp.notices import contact_presence, room_notices, roster_notices
from chat.wire.xmpp.stanzas import delay, message_parts, receipt

# What is sorted by time at once; more than that is sent in such portions.
PORTION = 1000
PAGE = 200
MAX_HELD = 2000


class Delivery:
    """One connection's incoming side, from its first presence on."""

    def __init__(self, addresses: Addresses) -> None:
        self.acks = Acks()
        self._addresses = addresses
        self._me = addresses.username
        self._done: Callable[[], None] = lambda: None
        self._portion: list[Entry] = []
        self._reached: dict[str, int] = {}  # conversation key → seq that was read
        self._held: list[Logged] = []
        self._held_too_much = False
        self._askers: set[str] = set()  # friend requests that were shown at the start
        self._asked_since = False  # the log holds one that the roster did not, when it was read

    def start(self, done: Callable[[], None]) -> list[Step]:
        """Read what was missed; `done` is called when the client has all of it."""
        self._done = done
        return [Ask(ListRoster(), self._requests), Ask(Sync(limit=PAGE), self._page)]

    def _requests(self, outcome: object | ImError) -> list[Step]:
        """Friend requests wait until they are answered, however often they were told."""
        items = outcome if isinstance(outcome, list) else []
        told: list[Step] = []
        for item in reversed(items):
            if not isinstance(item, RosterItem) or item.username in self._askers:
                continue
            if item.state == "pending_in":
                self._askers.add(item.username)
                told.append(
                    contact_presence(self._addresses, item.username, "subscribe", item.message)
                )
        return told

    def _page(self, outcome: object | ImError) -> list[Step]:
        if not isinstance(outcome, SyncPage):
            return [Close(1011, "the log cannot be read")]
        self._portion += outcome.entries
        if outcome.more and len(self._portion) < PORTION:
            return [Ask(Sync(after=outcome.next, limit=PAGE), self._page)]
        steps = self._missed()
        if outcome.more:
            return [*steps, Ask(Sync(after=outcome.next, limit=PAGE), self._page)]
        return steps + self._finish()

    def _missed(self) -> list[Step]:
        portion, self._portion = sorted(self._portion, key=lambda entry: entry.id), []
        told: list[Step] = []
        new: list[Entry] = []
        for entry in portion:
            key = entry.conversation.key
            if entry.seq > self._reached.get(key, 0):
                self._reached[key] = entry.seq
                new.append(entry)
        for entry in new:
            stanzas, waits = self._late(entry)
            told += [*stanzas, *self._note(entry, waits=waits)]
            if stanzas and entry.is_recorded:
                told.append(Told((entry,)))
        return told

    def _finish(self) -> list[Step]:
        if self._held_too_much:
            self._held_too_much = False
            self._held.clear()
            return [Ask(Sync(limit=PAGE, again=True), self._page)]
        if self._asked_since:
            self._asked_since = False
            return [Ask(ListRoster(), lambda roster: self._requests(roster) + self._finish())]
        held, self._held = self._held, []
        self._done()
        steps: list[Step] = []
        for event in held:
            fact = event.fact
            if (
                isinstance(fact, RosterChanged)
                and fact.change is RosterChange.REQUEST
                and fact.username in self._askers
            ):
                continue
            steps += self.live(event, FrameCache())
        return steps

    def hold(self, event: Logged) -> None:
        """Something happened while what was missed is still being read."""
        if len(self._held) < MAX_HELD:
            self._held.append(event)
        else:
            self._held_too_much = True  # it is all in the logs: read them again

    def live(self, event: Logged, cache: FrameCache) -> list[Step]:
        entry = event.entry
        if entry.seq <= self._reached.get(entry.conversation.key, 0):
            return []
        stanzas, waits = self._stanzas(event, cache)
        told = [Told((entry,))] if stanzas and entry.is_recorded else []
        return [*stanzas, *self._note(entry, waits=waits), *told]

    def _note(self, entry: Entry, *, waits: bool) -> list[MarkReceived]:
        """Chatrooms have no cursors: nothing of theirs is kept for who is away."""
        if entry.conversation.kind == "chatroom":
            return []
        return self.acks.sent(entry, waits=waits)

    def _late(self, entry: Entry) -> tuple[list[str], bool]:
        """What a client that was away is told: not its own words, which it knows or wrote in
        another life, and no presences of rooms."""
        event = logged(entry)
        if _is_unknown_here(event):
            return [], False
        match event.fact:
            case MessagePosted() if entry.sender == self._me and entry.sender_device:
                return [], False
            case MessagePosted() as fact:
                return [self._message(entry, fact, FrameCache(), late=True)], True
            case RosterChanged() as fact:
                if fact.change is RosterChange.REQUEST:
                    # Answered long ago, or made after the roster was read: that is read again.
                    self._asked_since |= not fact.by_me and fact.username not in self._askers
                    return [], False
                return roster_notices(fact, self._addresses, late=True), False
            case RoomChanged() as fact:
                return room_notices(entry, fact, self._addresses, late=True)
            case _:
                return self._stanzas(event, FrameCache())

    def _stanzas(self, event: Logged, cache: FrameCache) -> tuple[list[str], bool]:
        """The stanzas of an entry, and whether the client will acknowledge them."""
        entry = event.entry
        if _is_unknown_here(event):
            return [], False
        match event.fact:
            case MessagePosted() as fact:
                return [self._message(entry, fact, cache)], True
            case ReceiptGiven(kind, up_to):
                if entry.sender == self._me:
                    return [], False
                return [receipt(kind, up_to, entry.sender, entry.id, self._addresses)], True
            case GroupMessageRead(_, message_id, username):
                return [receipt("read", message_id, username, entry.id, self._addresses)], True
            case MessageRecalled() | MessageEdited() | ReactionChanged():
                return [], False  # these clients know nothing of the kind
            case OwnChanged() | ThreadChanged() | MessagePinned():
                return [], False  # nor of what other devices do
            case RosterChanged() as fact:
                return roster_notices(fact, self._addresses, late=False), False
            case RoomChanged() as fact:
                return room_notices(entry, fact, self._addresses, late=False)

    def _message(
        self, entry: Entry, fact: MessagePosted, cache: FrameCache, *, late: bool = False
    ) -> str:
        head, middle, end = self._parts(entry, fact, cache)
        stamp = delay(entry.created_ms) if late else ""
        return f"{head}{escape(self._addresses.bare)}{middle}{stamp}{end}"

    def _parts(self, entry: Entry, fact: MessagePosted, cache: FrameCache) -> tuple[str, str, str]:
        """Encoded once for all receivers; NUL cannot be in XML, so it keeps the parts apart."""
        key = ("xmpp", self._addresses.appkey)
        joined = cache.frames.get(key)
        if not isinstance(joined, str):
            joined = "\0".join(message_parts(entry, fact, self._addresses))
            cache.frames[key] = joined
        head, middle, end = joined.split("\0")
        return head, middle, end


def _is_unknown_here(event: Logged) -> bool:
    """Whether it is about a thread: these clients would take its messages for a group's."""
    return event.entry.conversation.kind == "thread"
