"""What a device missed, read in pages; what happens while they are read waits its turn.

States: *unread* (no page came), *reading* (a page is on its way), *resting* (there are more, the
device has enough to do), *done* (live events go straight through).

Chatroom events are in no page, so they never wait. What waits and was in a page as well goes out
once. More than MAX_HELD waiting events are dropped: then everything is read again from the
device's cursors, and what was handed out before is left out.
"""

from chat.domain.answers import SyncPage
from chat.domain.events import Logged, logged

PAGE_BELOW = 200
MAX_HELD = 2000


class Backlog:
    """See the module. `is_known`: the first page is there, so that queues can be listed."""

    def __init__(self) -> None:
        self.is_known = False
        self.wants_again = False
        self._is_done = False
        self._is_reading = False
        self._after = ""
        self._held: list[Logged] = []
        self._is_lossy = False
        self._ids: set[int] = set()

    def begin(self) -> None:
        self._is_reading = True
        self.wants_again = False

    def is_next(self, event: Logged) -> bool:
        """Whether a live event is due now; else it is kept."""
        if self._is_done or event.entry.conversation.kind == "chatroom":
            return True
        if len(self._held) >= MAX_HELD:
            self._held.clear()
            self._is_lossy = True
        if not self._is_lossy:
            self._held.append(event)
        return False

    def page(self, page: SyncPage) -> list[Logged]:
        """The events of a page, and after the last one what waited, in order."""
        self._is_reading = False
        self.is_known = True
        self._after = page.next
        events = [event for event in map(logged, page.entries) if self._is_new(event)]
        if page.more:
            return events
        if self._is_lossy:
            self._is_lossy = False
            self.wants_again = True
            return events
        events += [event for event in self._held if self._is_new(event)]
        self._is_done = True
        self._held.clear()
        self._ids.clear()
        return events

    def _is_new(self, event: Logged) -> bool:
        if event.entry.id in self._ids:
            return False
        self._ids.add(event.entry.id)
        return True

    def next_page(self, waiting: int) -> str | None:
        """The place of the page to read now, while little waits to be handed out."""
        if self._is_done or self._is_reading or not self.is_known or waiting >= PAGE_BELOW:
            return None
        return self._after
