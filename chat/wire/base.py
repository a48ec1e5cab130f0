"""What a wire is: a state machine that turns frames into commands and events into frames.

It never queries, sends or waits; time is an argument; bad input gives Close or an error frame,
never an exception.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from msgspec import Struct

from chat.domain.commands import Command
from chat.domain.entries import Entry
from chat.domain.errors import ImError
from chat.domain.events import Event


class Send(Struct, frozen=True):
    """A frame for this connection; bytes are a binary WebSocket message."""

    frame: str | bytes


class Run(Struct, frozen=True):
    """A command to carry out. The outcome comes back through `answer` under the same `ref`."""

    command: Command
    ref: str


class Close(Struct, frozen=True):
    """End the connection after what was sent before."""

    code: int
    reason: str = ""


class Told(Struct, frozen=True):
    """The frames before this hold these entries, which the console wants to know of
    (`Entry.is_recorded`). A wire that queues says so when they go out."""

    entries: tuple[Entry, ...]


class Gather(Struct, frozen=True):
    """There is something to tell, and more of it may come in this turn of the loop: call `gathered`
    before the frames are written."""


GATHER = Gather()
Output = Send | Run | Close | Told | Gather


def told_of(entries: Iterable[Entry]) -> list[Output]:
    """Nothing, or what `Told` says of those that are recorded."""
    recorded = tuple(entry for entry in entries if entry.is_recorded)
    return [Told(recorded)] if recorded else []


@dataclass(slots=True)
class FrameCache:
    """Frames of one event, so that it is encoded once per wire and view, not once per recipient.

    A wire's `deliver` looks its frame up under a key of its own: (wire name, what differs between
    receivers, such as the peer that a pair's two sides see).
    """

    frames: dict[object, str | bytes] = field(default_factory=dict)


class WireSession(Protocol):
    """One connection's protocol state."""

    @property
    def unacked(self) -> int:
        """What was told and not acknowledged yet; -1 where the wire does not say."""

    def opened(self, now: float) -> list[Output]:
        """The socket is open; a wire that greets sends its greeting."""

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        """A frame came. `now` is monotonic seconds, as everywhere here."""

    def answer(self, ref: str, outcome: object | ImError) -> list[Output]:
        """A command's outcome (chat.domain.answers, or None) or its refusal."""

    def deliver(self, event: Event, cache: FrameCache) -> list[Output]:
        """Tell the client. Called only between log-in and close; [] where the wire has no such
        thing, or its client must not see it."""

    def gathered(self) -> list[Output]:
        """What `Gather` announced."""

    def tick(self, now: float) -> list[Output]:
        """Called about once a second: heartbeats and deadlines."""


@runtime_checkable
class SaysLastWord(Protocol):
    """A session whose wire has a word for a frame that could not be read as one."""

    def last_word(self, code: int) -> str:
        """Before the socket closes with `code` (RFC 6455): 1007 not UTF-8, 1009 too large, 1002."""
