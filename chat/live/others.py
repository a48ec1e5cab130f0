"""Which topics no other process follows: what is stored anyway need not be relayed to nobody.

Most topics are followed by one process, so most of what is relayed would come back to its sender
alone. Redis tells how many get a message; when that is nobody, or only ourselves (our own message
came back), the topic is *ours alone* until another process announces that it follows it, and for
ALONE_S at most: an announcement can be lost like anything else that is relayed.

An announcement may cross with a message that is not relayed because of what it announces. So what
was left out lately is named to who announces, who then reads it if it has not seen it.
"""

import time
from collections import deque
from collections.abc import Collection, Iterable

from chat.domain.entries import Entry, EntryKind
from chat.domain.events import Event, Logged
from chat.live.packing import Moved

ALONE_S = 2.0
LATELY_S = 2.0
MAX_LEFT_OUT = 20_000
# Their logs can be read by whoever is told that they moved. A change of membership concerns people
# who do not follow the log, and what is no entry is stored nowhere.
_READABLE = frozenset({EntryKind.MESSAGE, EntryKind.RECEIPT})


class Others:
    """Used on the loop only. Messages are numbered by who sends them."""

    def __init__(self) -> None:
        self._alone: dict[str, float] = {}  # topic → until when, monotonic
        self._expected: dict[int, str] = {}  # message that one process got → its topic
        self._echoed: set[int] = set()  # came back before it was known how many got it
        self._left_out: deque[tuple[float, str, Entry]] = deque(maxlen=MAX_LEFT_OUT)

    def topics_for(self, event: Event, topics: tuple[str, ...]) -> Collection[str]:
        """Those of the topics on which other processes are to hear the event."""
        if not self._alone or not (isinstance(event, Logged) and event.entry.kind in _READABLE):
            return topics
        now = time.monotonic()
        wanted = []
        for name in topics:
            until = self._alone.get(name, 0.0)
            if until > now:
                self._left_out.append((now, name, event.entry))
            else:
                wanted.append(name)
        return wanted

    def sent(self, number: int, topic: str, receivers: int) -> None:
        """So many processes got the message."""
        if receivers == 0 or (receivers == 1 and number in self._echoed):
            self._alone[topic] = time.monotonic() + ALONE_S
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
            self._alone[topic] = time.monotonic() + ALONE_S

    def followed(self, topics: Iterable[str]) -> list[Moved]:
        """Another process follows these now: the logs of which it may have missed something."""
        names = set(topics)
        for name in names:
            self._alone.pop(name, None)
        since = time.monotonic() - LATELY_S
        moved: dict[tuple[int, str], Moved] = {}
        for at, name, entry in reversed(self._left_out):
            if at < since:
                break
            if name in names:
                key = entry.app_id, entry.conversation.key
                moved.setdefault(key, (entry.app_id, entry.conversation, entry.seq))
        return list(moved.values())

    def tidy(self) -> None:
        """About once a second: forget what is over."""
        now = time.monotonic()
        self._expected.clear()
        self._echoed.clear()
        self._alone = {name: until for name, until in self._alone.items() if until > now}
        while self._left_out and self._left_out[0][0] < now - LATELY_S:
            self._left_out.popleft()

    def forget(self) -> None:
        """The layer was silent: announcements may be lost."""
        self._alone.clear()
