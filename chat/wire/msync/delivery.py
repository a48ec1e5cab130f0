"""Queues: what a device is handed, under which key, and how far it has each log.

Direct push (specs/msync.md 4.3 A). A queue holds items that the device has not acknowledged. One
batch of a queue is out at a time; its key acknowledges it and everything before it. Keys rise over
all queues of the connection, and never repeat (R11).

    nothing out  --items come, or the client asks-->  out (key k)
    out          --key k or a later one-->            acknowledged; next batch, or "nothing left"
    out          --10 s without a key-->              nothing out: handed out again under a new key

A log's entries may lie in several queues (roster events of the personal log), so a log is received
up to the last entry before the first that has an item left.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chat.domain.entries import Entry
from chat.domain.targets import Conversation
from chat.wire.msync import frames
from chat.wire.msync.pb import msync_pb2 as pb

BATCH = 20
ACK_DEADLINE_S = 10.0
FIRST_READ_S = 1.5
MAX_WAITING = 5000

QueueKey = tuple[str, str, str]  # name, domain, resource of the queue's Jid


@dataclass(slots=True)
class _Entry:
    """An entry of a log on its way, and how many of its items are not acknowledged."""

    seq: int
    left: int


@dataclass(slots=True, eq=False)  # each is itself: looked for in a list
class _Log:
    conversation: Conversation
    entries: deque[_Entry] = field(default_factory=deque)
    last: int = 0  # the seq of the last one that came

    def received(self) -> int:
        """The seq up to which everything is acknowledged now; 0 if that did not move."""
        seq = 0
        while self.entries and self.entries[0].left == 0:
            seq = self.entries.popleft().seq
        return seq


@dataclass(slots=True)
class _Item:
    place: int
    meta: bytes
    entry: _Entry | None
    log: _Log | None
    untold: Entry | None  # a recorded one that did not go out yet


@dataclass(slots=True)
class _Queue:
    name: bytes  # its encoded Jid
    items: deque[_Item] = field(default_factory=deque)
    handed: int = 0  # the place of the last item handed out
    due: float = 0.0  # when an answer is overdue; 0: nothing is out


Received = tuple[Conversation, int]


class Delivery:
    """One device's queues. `wall_ms` tells the time of day; `first_key` is above every key that
    the device was given before."""

    def __init__(self, appkey: str, wall_ms: Callable[[], int]) -> None:
        self._appkey = appkey
        self._wall_ms = wall_ms
        self._queues: dict[QueueKey, _Queue] = {}
        self._logs: dict[str, _Log] = {}
        self._keys: dict[int, tuple[QueueKey, int]] = {}
        # Above the keys of earlier connections, whose clients still compare (R11, 4.8.1).
        self._next_key = wall_ms() << 10
        self._place = 0
        self._count = 0
        self._told: list[Entry] = []
        self._is_ready = False
        self._first_read_at = 0.0
        self._listed: set[QueueKey] = set()  # told in the first answer, not asked for yet

    @property
    def waiting(self) -> int:
        return self._count

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    def put(
        self,
        items: Sequence[tuple[QueueKey, bytes]],
        conversation: Conversation | None,
        seq: int,
        recorded: Entry | None = None,
    ) -> list[QueueKey]:
        """Add an entry's items; the queue of each. Without `conversation` nothing is
        remembered of how far a log was received. `recorded`: the entry, for `take_told`.

        What came before is left out, and so is what lies before it: a repair of the relay may tell
        again what was read at the log-in, and SDKs 3.6.3 and 4.21.1 show twice what comes twice.
        """
        log = entry = None
        if conversation is not None:
            log = self._logs.get(conversation.key)
            if log is None:
                log = self._logs[conversation.key] = _Log(conversation)
            if seq <= log.last:
                return []
            entry = _Entry(seq, len(items))
            log.entries.append(entry)
            log.last = seq
        for key, meta in items:
            queue = self._queues.get(key)
            if queue is None:
                queue = self._queues[key] = _Queue(frames.encoded_jid(self._appkey, *key))
            self._place += 1
            self._count += 1
            queue.items.append(_Item(self._place, meta, entry, log, recorded))
        return [key for key, _ in items]

    def moved(self, conversation: Conversation) -> list[Received]:
        """How far a log is received after an entry without items came."""
        log = self._logs.get(conversation.key)
        return self._moves([log]) if log else []

    # What the client says

    def unread(self, now: float) -> bytes:
        """The answer to UNREAD. After the first one the device is pushed to."""
        if not self._is_ready:
            self._is_ready = True
            self._first_read_at = now + FIRST_READ_S
            self._listed = {key for key, queue in self._queues.items() if queue.items}
        pending = [(q.name, len(q.items)) for q in self._queues.values() if q.items]
        return frames.unread(pending, self._wall_ms())

    def read(self, jid: pb.Jid, now: float) -> bytes:
        """SYNC with a queue: start again at the oldest item."""
        key = _key_of(jid)
        self._listed.discard(key)
        queue = self._queues.get(key)
        if queue is None:
            return frames.drained(jid.SerializeToString(), self._wall_ms())
        queue.handed = 0
        return self._serve(key, queue, now)

    def acknowledge(self, jid: pb.Jid, key: int, now: float) -> tuple[bytes, list[Received]]:
        """SYNC with a queue and a key: the next batch, and how far logs are received now."""
        where = _key_of(jid)
        queue = self._queues.get(where)
        known = self._keys.get(key)
        if queue is None:
            return frames.drained(jid.SerializeToString(), self._wall_ms()), []
        touched: list[_Log] = []
        if known is not None and known[0] == where:
            touched = self._drop(queue, known[1])
            if len(self._keys) == 1:  # as almost always: it is this one
                self._keys.clear()
            else:
                for old in [k for k, (q, p) in self._keys.items() if q == where and p <= known[1]]:
                    del self._keys[old]
        return self._serve(where, queue, now), self._moves(touched)

    def _drop(self, queue: _Queue, up_to: int) -> list[_Log]:
        touched: list[_Log] = []
        items = queue.items
        while items and items[0].place <= up_to:
            item = items.popleft()
            self._count -= 1
            if item.entry is not None and item.log is not None:
                item.entry.left -= 1
                if item.log not in touched:
                    touched.append(item.log)
        return touched

    @staticmethod
    def _moves(logs: Iterable[_Log]) -> list[Received]:
        moves = [(log.conversation, log.received()) for log in logs]
        return [(conversation, seq) for conversation, seq in moves if seq]

    # What goes out

    def push(self, keys: Iterable[QueueKey], now: float) -> list[bytes]:
        """Batches of queues that just got items, unless one of theirs is out."""
        if not self._is_ready:
            return []
        pushed = []
        for key in keys:
            queue = self._queues.get(key)
            if queue and queue.items and not queue.due and key not in self._listed:
                pushed.append(self._serve(key, queue, now))
        return pushed

    def tick(self, now: float) -> list[bytes]:
        """What is overdue is handed out again; queues that nobody asked for are pushed."""
        if not self._is_ready:
            return []
        if self._first_read_at and now >= self._first_read_at:
            self._first_read_at = 0.0
            self._listed.clear()
            return [*self._overdue(now), *self.push(list(self._queues), now)]
        return self._overdue(now)

    def _overdue(self, now: float) -> list[bytes]:
        late = [(k, q) for k, q in self._queues.items() if q.items and 0 < q.due <= now]
        for _, queue in late:
            queue.handed = 0
        return [self._serve(key, queue, now) for key, queue in late]

    def take_told(self) -> list[Entry]:
        """The recorded entries in the batches since the last call, each at its first time."""
        told = self._told
        if told:
            self._told = []
        return told

    def _serve(self, key: QueueKey, queue: _Queue, now: float) -> bytes:
        if not queue.items:
            del self._queues[key]
            return frames.drained(queue.name, self._wall_ms())
        batch = [item for item in queue.items if item.place > queue.handed][:BATCH]
        if not batch:
            queue.due = 0.0
            return frames.drained(queue.name, self._wall_ms())
        self._next_key += 1
        queue.handed = batch[-1].place
        self._keys[self._next_key] = key, queue.handed
        queue.due = now + ACK_DEADLINE_S
        for item in batch:
            if item.untold is not None:
                self._told.append(item.untold)
                item.untold = None
        metas = [item.meta for item in batch]
        return frames.batch(queue.name, metas, self._next_key, self._wall_ms())


def _key_of(jid: pb.Jid) -> QueueKey:
    return jid.name, jid.domain, jid.client_resource
