"""What this connection was sent and has not acknowledged, so that the device's cursors follow.

A cursor says "everything up to here", the client acknowledges stanza by stanza, and many entries
of a log have no stanza that is acknowledged. So a cursor moves to the last entry before the first
one that still waits.

Source: specs/webim1-xmpp.md §5.5.
"""

from collections import OrderedDict, deque

from chat.domain.commands import MarkReceived
from chat.domain.entries import Entry
from chat.domain.targets import Conversation

MAX_WAITING = 5000


class Acks:
    """Entries by conversation, in the order in which they were sent."""

    __slots__ = ("_queues", "_waiting")

    def __init__(self) -> None:
        self._waiting: OrderedDict[int, Conversation] = OrderedDict()  # entry id → its log
        self._queues: dict[str, deque[tuple[int, int]]] = {}  # log → (entry id, seq)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def sent(self, entry: Entry, *, waits: bool) -> list[MarkReceived]:
        """Note an entry, and how far its log's cursor may move now."""
        moves: list[MarkReceived] = []
        conversation = entry.conversation
        if waits:
            if len(self._waiting) >= MAX_WAITING:  # it never acknowledges: stop counting on it
                moves += self.got(next(iter(self._waiting)))
            self._waiting[entry.id] = conversation
        self._queues.setdefault(conversation.key, deque()).append((entry.id, entry.seq))
        return moves if waits else moves + self._settle(conversation)

    def conversation_of(self, entry_id: int) -> Conversation | None:
        """Where an entry that still waits is."""
        return self._waiting.get(entry_id)

    def got(self, entry_id: int) -> list[MarkReceived]:
        """The client has it: how far the log's cursor may move."""
        conversation = self._waiting.pop(entry_id, None)
        return [] if conversation is None else self._settle(conversation)

    def _settle(self, conversation: Conversation) -> list[MarkReceived]:
        queue = self._queues.get(conversation.key)
        seq = 0
        while queue and queue[0][0] not in self._waiting:
            seq = queue.popleft()[1]
        if queue is not None and not queue:
            del self._queues[conversation.key]
        return [MarkReceived(conversation, seq)] if seq else []
