"""A conversation's entries in `seq` order: what comes early waits, what is missing is read.

Two processes, or two threads of one, may publish 6 before 5. Clients drop an id below the last one
as a repeat, so 6 waits up to HOLD_S for 5; then the store is read. The same reading repairs a relay
that lost an event. A conversation seen for the first time has no last seq to compare with: the
entries of the last moments are read, as one of them may still be on its way. What is read is not
told to a device that acknowledged it: it came back, and had it before. While the database is away
it is asked again and again: nothing is passed over that it may hold.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from django.db import InterfaceError, OperationalError

from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.entries import Entry, EntryFlag
from chat.domain.events import ENTERING, Event, Logged, RoomChanged, logged
from chat.domain.targets import Conversation
from chat.live.registry import Received, Registry, Topic
from chat.live.tasks import spawn

logger = logging.getLogger(__name__)

HOLD_S = 0.05
RECENT_MS = 15_000
CLOCK_SLACK_MS = 1_000  # another process's clock gave the entry its time
PAGE = 200
AGAIN_S = 0.5
READ_FOR_S = 120.0  # then what has come goes on without what could not be read
MAX_LOGS = 100_000

Key = tuple[int, str]
# Runs a blocking read outside the loop.
Call = Callable[[Callable[[], object]], Awaitable[object]]


class Reader(Protocol):
    """Blocking reads of the entry store."""

    def entries_after(
        self, app_id: int, conversation: Conversation, seq: int, limit: int
    ) -> list[Entry]: ...

    def seq_before(self, app_id: int, conversation: Conversation, ms: int) -> int:
        """The seq of the last entry that is older than a Unix time in ms; 0 if there is none."""

    def received(self, app_id: int, conversation: Conversation, seq: int) -> Received:
        """The devices that acknowledged more of the log than `seq`, and up to where."""


@dataclass(slots=True)
class _Log:
    """What was delivered of one conversation. `seen` None: not known yet, but above `passed`.
    `anchors` are the topics through which it is heard: when all are gone, entries may have passed
    unheard, and `seen` is worth something only if what comes next follows it."""

    app_id: int
    conversation: Conversation
    seen: int | None
    passed: int = 0
    early: dict[int, tuple[Logged, Audience, Received | None]] = field(default_factory=dict)
    anchors: tuple[Topic, ...] = ()
    timer: asyncio.TimerHandle | None = None
    is_reading: bool = False


class Sequencer:
    """Between what is published and the registry. Used on the loop only."""

    def __init__(self, registry: Registry, call: Call, reader: Reader) -> None:
        self._registry = registry
        self._call = call
        self._reader = reader
        self._logs: dict[Key, _Log] = {}
        self._passed: dict[Key, int] = {}  # of logs to which nobody listens: the last seq heard
        self.on_first_member: Callable[[int, Conversation], None] = _ignore

    def accept(self, event: Event, audience: Audience) -> None:
        """Deliver the event now, or when its turn comes."""
        if not isinstance(event, Logged):
            self._registry.deliver(event, audience)
            return
        entry = event.entry
        key = entry.app_id, entry.conversation.key
        log = self._logs.get(key)
        if log is None or not self._is_current(log):
            if 1 < entry.seq <= self._last_of(key):
                return
            if not (
                self._registry.holds(audience) or self._is_heard(entry.app_id, entry.conversation)
            ):
                self._pass(key, entry.seq)
                self._registry.deliver(event, audience)  # a log-in on its way may be concerned
                return
            log = self._begin(key, entry)
        if log.seen is not None and entry.seq <= log.seen:
            return
        log.early[entry.seq] = event, audience, None
        self._drain(log)
        if log.early:
            self._await_missing(log)

    def is_behind(self, app_id: int, conversation: Conversation, last_seq: int) -> bool:
        """Whether somebody here should have been told of more than was delivered."""
        if not self._is_heard(app_id, conversation):
            return False
        key = app_id, conversation.key
        log = self._logs.get(key)
        if log is None:
            return self._passed.get(key, 0) < last_seq
        return not log.is_reading and (log.seen is None or log.seen < last_seq)

    def is_missed(self, app_id: int, conversation: Conversation, seq: int) -> bool:
        """Whether nobody here hears the log, and this entry of it did not pass either."""
        key = app_id, conversation.key
        return not self._is_heard(app_id, conversation) and self._last_of(key) < seq

    def catch_up(
        self,
        app_id: int,
        conversation: Conversation,
        recent_ms: int = RECENT_MS,
        after: int | None = None,
    ) -> None:
        """Read and deliver what this process has not seen of a conversation; of one that nobody
        here heard till now, what is `after` that seq, or else not older than `recent_ms`."""
        key = app_id, conversation.key
        log = self._logs.get(key)
        if log is None or not self._is_current(log):
            log = self._remember(key, _Log(app_id, conversation, after, self._last_of(key)))
        self._read(log, recent_ms)

    def _begin(self, key: Key, entry: Entry) -> _Log:
        """To somebody who listens now, and did not when something came last."""
        last = self._last_of(key) if entry.seq > 1 else 0
        # What follows the last one shows that nothing passed unheard between them.
        seen = last if entry.seq == last + 1 else None
        log = _Log(entry.app_id, entry.conversation, seen, last)
        if (old := self._logs.get(key)) is not None and entry.seq > 1:
            log.early |= {seq: due for seq, due in old.early.items() if seq > last}
        return self._remember(key, log)

    def _last_of(self, key: Key) -> int:
        """The last seq that was heard of a log to which nobody listens, or did not till now."""
        log = self._logs.get(key)
        return max((log and log.seen) or 0, self._passed.get(key, 0))

    def _pass(self, key: Key, seq: int) -> None:
        """Nobody listens: whoever comes later reads this one."""
        last = self._last_of(key)
        self._logs.pop(key, None)
        self._keep_seq(key, max(seq, last))

    def _keep_seq(self, key: Key, seq: int) -> None:
        self._passed.pop(key, None)
        if len(self._passed) >= MAX_LOGS:
            del self._passed[next(iter(self._passed))]
        self._passed[key] = seq

    def _remember(self, key: Key, log: _Log) -> _Log:
        old = self._logs.get(key)
        if old is not None and old.timer is not None:
            old.timer.cancel()  # what it waited for is read with the rest
        if old is None and len(self._logs) >= MAX_LOGS:
            longest = next(iter(self._logs))
            if (seen := self._logs.pop(longest).seen) is not None:
                self._keep_seq(longest, seen)
        self._logs[key] = log
        self._passed.pop(key, None)
        self._anchor(log)
        return log

    def _anchor(self, log: _Log) -> None:
        topics = self._registry.topics
        names = self._topics(log.app_id, log.conversation)
        log.anchors = tuple(topics[name] for name in names if name in topics)

    def _is_current(self, log: _Log) -> bool:
        topics = self._registry.topics
        for topic in log.anchors:  # a third of any()'s time
            if topics.get(topic.name) is topic:
                return True
        return log.is_reading

    def _is_heard(self, app_id: int, conversation: Conversation) -> bool:
        names = self._topics(app_id, conversation)
        return any(name in self._registry.topics for name in names)

    def _topics(self, app_id: int, conversation: Conversation) -> list[str]:
        if conversation.kind == "personal":
            return [user_topic(conversation.row_id)]
        if conversation.kind != "pair":
            return [room_topic(conversation.row_id)]
        ids = (self._registry.user_id_of(app_id, name) for name in conversation.names)
        return [user_topic(user_id) for user_id in ids if user_id]

    def _drain(self, log: _Log) -> None:
        """Deliver all that is next in order."""
        while log.seen is not None and (due := log.early.pop(log.seen + 1, None)) is not None:
            log.seen += 1
            self._registry.deliver(*due)
            if not log.anchors:
                self._anchor(log)
                if log.anchors:  # the delivery brought the first member in
                    self.on_first_member(log.app_id, log.conversation)
        if not log.early and log.timer is not None:
            log.timer.cancel()
            log.timer = None

    def _await_missing(self, log: _Log) -> None:
        if log.seen is None:
            self._read(log, RECENT_MS)
        elif log.timer is None and not log.is_reading:
            loop = asyncio.get_running_loop()
            log.timer = loop.call_later(HOLD_S, self._read, log, RECENT_MS)

    def _read(self, log: _Log, recent_ms: int) -> None:
        if log.timer is not None:
            log.timer.cancel()
            log.timer = None
        if not log.is_reading:
            log.is_reading = True
            spawn(self._fill(log, recent_ms), f"reading {log.conversation.key}")

    async def _fill(self, log: _Log, recent_ms: int) -> None:
        try:
            await self._read_stubbornly(log, recent_ms)
        except Exception:
            logger.exception("%s could not be read", log.conversation.key)
        finally:
            log.is_reading = False
        if log.early:  # pruned, or unreadable: go on with what there is
            log.seen = min(log.early) - 1
            self._drain(log)
            if log.early:
                self._await_missing(log)

    async def _read_stubbornly(self, log: _Log, recent_ms: int) -> None:
        """All pages; after a lost database again, back to the same moment.

        Raises:
            OperationalError, InterfaceError: it stayed away.
        """
        began = time.monotonic()
        while True:
            away_s = time.monotonic() - began
            try:
                while await self._read_page(log, recent_ms + int(away_s * 1000)):
                    pass
            except (OperationalError, InterfaceError) as exc:
                if away_s > READ_FOR_S:
                    raise
                logger.info("%s: read again, as %s", log.conversation.key, exc)
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _read_page(self, log: _Log, recent_ms: int) -> bool:
        """Deliver up to a page of what is missing; whether there may be more."""
        since_ms = min((topic.since_ms for topic in log.anchors), default=_now_ms())
        floor_ms = max(since_ms - CLOCK_SLACK_MS, _now_ms() - recent_ms)
        before, first = log.seen, min(log.early, default=None)
        place = _Place(log.app_id, log.conversation, log.seen, log.passed, floor_ms, first)
        found = await self._call(partial(_read_blocking, self._reader, place))
        assert isinstance(found, _Found)
        if log.seen is None:
            log.seen = found.base
            log.early = {seq: due for seq, due in log.early.items() if seq > found.base}
        for entry in found.entries:
            if entry.seq > log.seen:
                read = logged(entry), self.audience_of(entry), found.had
                log.early.setdefault(entry.seq, read)
        self._drain(log)
        return len(found.entries) == PAGE and log.seen != before  # else what is next is gone

    def audience_of(self, entry: Entry) -> Audience:
        """Who here is told of an entry that was read, not published."""
        if entry.flags & EntryFlag.HISTORY_ONLY:
            return Audience(())
        sender_id = self._registry.user_id_of(entry.app_id, entry.sender)
        topics = self._topics(entry.app_id, entry.conversation)
        fact = logged(entry).fact
        if isinstance(fact, RoomChanged) and fact.change in ENTERING:
            ids = (self._registry.user_id_of(entry.app_id, name) for name in fact.users)
            topics += [user_topic(user_id) for user_id in ids if user_id]
        return Audience(
            tuple(topics),
            skip_device=(sender_id, entry.sender_device) if entry.sender_device else None,
            skip_user=sender_id if entry.flags & EntryFlag.NOT_FOR_SENDER else 0,
        )


@dataclass(frozen=True, slots=True)
class _Found:
    base: int
    entries: list[Entry]
    had: Received


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reading begins: behind `seen`, or else at a time, but behind `passed` and not behind
    the `first` one that waits: it came now, whatever its time."""

    app_id: int
    conversation: Conversation
    seen: int | None
    passed: int
    floor_ms: int
    first: int | None


def _read_blocking(reader: Reader, at: _Place) -> _Found:
    base = at.seen
    if base is None:
        base = reader.seq_before(at.app_id, at.conversation, at.floor_ms)
        base = max(at.passed, base if at.first is None else min(base, at.first - 1))
    entries = reader.entries_after(at.app_id, at.conversation, base, PAGE)
    had = reader.received(at.app_id, at.conversation, base) if entries else {}
    return _Found(base, entries, had)


def _ignore(_app_id: int, _conversation: Conversation) -> None:
    """One process hears everything."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
