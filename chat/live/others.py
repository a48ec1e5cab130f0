"""Which topics no other process follows: what is stored anyway need not be relayed to nobody.

Most topics are followed by one process, so most of what is relayed would come back to its sender
alone. Redis tells how many get a message; when that is nobody, or only ourselves (our own message
came back), the topic is *ours alone* until another process announces that it follows it, and for
ALONE_S at most: an announcement can be lost like anything else that is relayed.

An announcement may cross with a message that is not relayed because of what it announces. So it
says since when the topics are followed, and what was left out since is named to who announces, who
then reads it. What was left out before is among what a log-in reads.
"""

import time
from collections.abc import Collection, Mapping

from chat.domain.entries import EntryKind
from chat.domain.events import Event, Logged
from chat.live.packing import Moved

ALONE_S = 2.0
LATELY_S = 2.0
DOUBTED_S = 10.0  # longer than a command to the layer may take
# Their logs can be read by whoever is told that they moved. A change of membership concerns people
# who do not follow the log, and what is no entry is stored nowhere.
_READABLE = frozenset({EntryKind.MESSAGE, EntryKind.RECEIPT})


class Others:
    """Used on the loop only."""

    def __init__(self) -> None:
        self._number = 0
        self._alone: dict[str, float] = {}  # topic → until when, monotonic
        # Topic → the last message that may have been counted before it was followed, and when.
        self._doubted: dict[str, tuple[int, float]] = {}
        self._expected: dict[int, str] = {}  # message that one process got → its topic
        self._echoed: set[int] = set()  # came back before it was known how many got it
        # Topic → what was left out lately: when (Unix ms), and of which log.
        self._left_out: dict[str, list[tuple[int, Moved]]] = {}

    def topics_for(self, event: Event, topics: tuple[str, ...]) -> Collection[str]:
        """Those of the topics on which other processes are to hear the event."""
        if not self._alone or not (isinstance(event, Logged) and event.entry.kind in _READABLE):
            return topics
        now, entry = time.monotonic(), event.entry
        wanted = []
        for name in topics:
            if self._alone.get(name, 0.0) <= now:
                wanted.append(name)
                continue
            moved = entry.app_id, entry.conversation, entry.seq
            self._left_out.setdefault(name, []).append((_now_ms(), moved))
        return wanted

    def number(self) -> int:
        """Of the next message."""
        self._number += 1
        return self._number

    def sent(self, number: int, topic: str, receivers: int) -> None:
        """So many processes got the message."""
        if receivers == 0 or (receivers == 1 and number in self._echoed):
            self._is_alone(number, topic)
        else:
            self._alone.pop(topic, None)
            if receivers == 1:
                self._expected[number] = topic

    def came_back(self, number: int) -> None:
        """We heard our own message."""
        topic = self._expected.pop(number, None)
        if topic is None:
            self._echoed.add(number)
        else:
            self._is_alone(number, topic)

    def _is_alone(self, number: int, topic: str) -> None:
        """So it was when that message went out: an announcement may have come since."""
        if number > self._doubted.get(topic, (0, 0.0))[0]:
            self._alone[topic] = time.monotonic() + ALONE_S

    def followed(self, topics: Mapping[str, int]) -> list[Moved]:
        """Another process follows these since such times (Unix ms): the logs of which it may have
        missed something, and the first entry that it may have missed."""
        found: dict[tuple[int, str], Moved] = {}
        doubt = self._number, time.monotonic()
        for name, since_ms in topics.items():
            self._alone.pop(name, None)
            self._doubted[name] = doubt
            for at_ms, moved in self._left_out.get(name, ()):
                if at_ms >= since_ms:
                    log = moved[0], moved[1].key
                    found[log] = min(moved, found.get(log, moved), key=_seq_of)
        return list(found.values())

    def tidy(self) -> None:
        """About once a second: forget what is over."""
        now = time.monotonic()
        self._expected.clear()
        self._echoed.clear()
        self._alone = {name: until for name, until in self._alone.items() if until > now}
        self._doubted = {
            name: doubt for name, doubt in self._doubted.items() if doubt[1] > now - DOUBTED_S
        }
        since_ms = _now_ms() - int(LATELY_S * 1000)
        for name, left_out in list(self._left_out.items()):
            if young := [one for one in left_out if one[0] > since_ms]:
                self._left_out[name] = young
            else:
                del self._left_out[name]

    def forget(self) -> None:
        """The layer was silent: announcements may be lost."""
        self._alone.clear()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _seq_of(moved: Moved) -> int:
    return moved[2]
