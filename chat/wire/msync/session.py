"""The MSYNC wire of one connection: protobuf frames in and out, whatever carries them.

States: *pending* (only PROVISION), *active*, *closed* (everything is ignored).

    pending  --provision accepted-->  active
    pending  --provision refused, another or a broken frame, or 15 s-->  closed
    active   --kicked, LOGOUT, a broken frame, 90 s of silence-->  closed

What was stored while the device was away is read by `Backlog`; what happens meanwhile waits there.
Source: specs/msync.md 3, 4, 5, 7.
"""

from collections.abc import Callable
from enum import Enum

from google.protobuf.message import DecodeError

from chat.domain.answers import LoggedIn, SyncPage
from chat.domain.commands import ClientInfo, Command, LogIn, MarkReceived, Sync
from chat.domain.errors import ImError
from chat.domain.events import Closing, Event, Kicked, Logged, PresenceChanged
from chat.domain.threads import ThreadMoved
from chat.wire.base import GATHER, Close, FrameCache, Output, Run, Send, Told
from chat.wire.msync import errors, frames, notify
from chat.wire.msync.backlog import Backlog
from chat.wire.msync.delivery import MAX_WAITING, Delivery, QueueKey, Received
from chat.wire.msync.metas import items_of
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.msync.upstream import Upstream

LOG_IN_DEADLINE_S = 15.0
SILENCE_LIMIT_S = 90.0
MAX_DEVICE = 128
MAX_NOTE = 1024
# Looked up in the enum, each would take as long as the rest of the decision.
_SYNC, _UNREAD, _LOGOUT = pb.MSync.SYNC, pb.MSync.UNREAD, pb.MSync.LOGOUT
TOKEN_PREFIX = "$t$"  # noqa: S105 (what stands before a token)
NORMAL, PROTOCOL_ERROR, TRY_AGAIN = 1000, 1002, 1013


class State(Enum):
    PENDING = 1
    ACTIVE = 2
    CLOSED = 3


Then = Callable[[object], list[Output]]


class MsyncSession:
    """One connection's state. `wall_ms` tells the time of day in ms."""

    __slots__ = ("_appkey", "_asked", "_backlog", "_delivery", "_grown", "_heard_at", "_next",
                 "_now", "_opened_at", "_owes_unread", "_reader", "_resource", "_typed", "_up",
                 "state", "wall_ms")  # fmt: skip

    name = "msync"

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.wall_ms = wall_ms
        self.state = State.PENDING
        self._opened_at = self._heard_at = self._now = 0.0
        self._next = 0
        self._asked: dict[str, Then] = {}
        self._resource = self._typed = self._appkey = ""
        self._owes_unread = False
        self._grown: dict[QueueKey, None] = {}  # queues that got something in this turn
        self._reader = Reader("", "", "")
        self._delivery = Delivery("", wall_ms)
        self._backlog = Backlog()
        self._up = Upstream(self)

    @property
    def unacked(self) -> int:
        return self._delivery.waiting

    def opened(self, now: float) -> list[Output]:
        self._opened_at = self._heard_at = self._now = now
        return []

    # Up

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        if self.state is State.CLOSED:
            return []
        self._heard_at = self._now = now
        message = frames.decode(frame) if isinstance(frame, bytes) else None
        if message is None:
            return self._close(PROTOCOL_ERROR, "not an MSync message")
        try:
            if self.state is State.PENDING:
                return self._pending(message)
            return self._active(message)
        except DecodeError:
            return self._close(PROTOCOL_ERROR, "a broken payload")

    def _pending(self, message: pb.MSync) -> list[Output]:
        if message.command != pb.MSync.PROVISION or self._resource:
            return self._close(PROTOCOL_ERROR, "provision first")
        asked = pb.Provision.FromString(message.payload)
        guid = message.guid
        named = (guid.name, guid.app_key, asked.resource, asked.device_uuid)
        said = (*named, message.auth, asked.auth, asked.version, asked.reason)
        if any(isinstance(text, bytes) for text in said):  # the parser's answer to bad UTF-8
            return self._close(PROTOCOL_ERROR, "a broken payload")
        self._resource = asked.resource or asked.device_uuid or f"msync_{self.wall_ms()}"
        if len(self._resource) > MAX_DEVICE or not self._resource.isprintable():
            return self._refuse(errors.Reply(pb.Status.WRONG_PARAMETER))
        self._typed, self._appkey = message.guid.name, message.guid.app_key
        token = message.auth or asked.auth
        log_in = LogIn(
            appkey=message.guid.app_key,
            username=message.guid.name.lower(),
            token=token.removeprefix(TOKEN_PREFIX),
            device=self._resource,
            client=ClientInfo("web", "easemob-websdk", asked.version[:32]),
            note=asked.reason[:MAX_NOTE],
        )
        return self.ask(log_in, self._logged_in)

    def _logged_in(self, outcome: object) -> list[Output]:
        if not isinstance(outcome, LoggedIn):
            refusal = outcome if isinstance(outcome, ImError) else ImError()
            return self._refuse(errors.log_in_reply(refusal))
        self.state = State.ACTIVE
        self._reader = Reader(self._appkey, outcome.username, self._resource)
        self._delivery = Delivery(self._appkey, self.wall_ms)
        accepted = frames.provision(
            self._resource, pb.Status.OK, expires_ms=outcome.token_expires_ms
        )
        return [Send(accepted), *self._read_more("")]

    def _refuse(self, reply: errors.Reply) -> list[Output]:
        """Say why, then close: a bare close makes clients try again (3.3)."""
        told = Send(frames.provision(self._resource, reply.code, reply.reason))
        return [told, *self._close(NORMAL, "log-in refused")]

    def _active(self, message: pb.MSync) -> list[Output]:
        command = message.command
        if command == _SYNC:
            return self._sync(pb.CommSyncUL.FromString(message.payload))
        if command == _UNREAD:
            return self._unread()
        if command == _LOGOUT:
            return [Send(frames.logged_out()), *self._close(NORMAL, "logged out")]
        return []

    def _unread(self) -> list[Output]:
        if not self._backlog.is_known:  # what is unread is still being read
            self._owes_unread = True
            return []
        self._owes_unread = False
        return [Send(self._delivery.unread(self._now))]

    def _sync(self, asked: pb.CommSyncUL) -> list[Output]:
        if asked.HasField("meta"):
            return self._up.receive(asked.meta)
        if not asked.HasField("queue"):
            return []
        if not asked.HasField("key"):
            return self._batches([self._delivery.read(asked.queue, self._now)])
        batch, received = self._delivery.acknowledge(asked.queue, asked.key, self._now)
        return [*self._batches([batch]), *_marks(received), *self._refill()]

    # Commands

    def ask(self, command: Command, then: Then) -> list[Output]:
        """Run a command; `then` gets its outcome or refusal."""
        self._next += 1
        self._asked[str(self._next)] = then
        return [Run(command, str(self._next))]

    def answer(self, ref: str, outcome: object | ImError) -> list[Output]:
        then = self._asked.pop(ref, None)
        return then(outcome) if then is not None and self.state is not State.CLOSED else []

    @property
    def reader(self) -> Reader:
        return self._reader

    @property
    def typed_name(self) -> str:
        """The user as the client wrote the name."""
        return self._typed

    # What was stored while the device was away

    def _read_more(self, after: str, *, again: bool = False) -> list[Output]:
        self._backlog.begin()
        return self.ask(Sync(after=after, again=again), self._page_read)

    def _page_read(self, outcome: object) -> list[Output]:
        if not isinstance(outcome, SyncPage):
            # Without it the device would miss what it has not got: let it come again.
            return self._close(TRY_AGAIN, "could not be read")
        outputs: list[Output] = []
        for event in self._backlog.page(outcome):
            outputs += self._put(event, None)
        if self._backlog.wants_again:
            outputs += self._read_more("", again=True)
        else:
            outputs += self._refill()
        if self._owes_unread:
            outputs = [*self._unread(), *outputs]
        return outputs

    def _refill(self) -> list[Output]:
        after = self._backlog.next_page(self._delivery.waiting)
        return self._read_more(after) if after is not None else []

    # Down

    def deliver(self, event: Event, cache: FrameCache) -> list[Output]:
        if self.state is not State.ACTIVE:
            return []
        match event:
            case Logged():
                return self._put(event, cache) if self._backlog.is_next(event) else []
            case Kicked(reason):
                return [*self.gathered(), *self._kicked(reason)]
            case Closing():
                return self.gathered()  # the socket ends with this turn
            case PresenceChanged():
                return self._put_notice(notify.presence(event, self.wall_ms()))
            case ThreadMoved():
                return self._put_notice(self._thread_notice(event, cache))
            case _:
                return []  # nobody is told of typing here

    def _put(self, event: Logged, cache: FrameCache | None) -> list[Output]:
        """Hand an entry's items to their queues."""
        entry = event.entry
        talk = entry.conversation
        tracked = None if talk.kind == "chatroom" else talk
        items = items_of(event, self._reader, cache)
        recorded = entry if entry.is_recorded else None
        keys = self._delivery.put(items, tracked, entry.seq, recorded)
        if self._delivery.waiting > MAX_WAITING:
            return self._close(TRY_AGAIN, "too much waits")
        outputs = self._gather(keys)
        if not items and tracked is not None:
            outputs += _marks(self._delivery.moved(tracked))
        return outputs

    def _batches(self, batches: list[bytes]) -> list[Output]:
        outputs: list[Output] = [Send(batch) for batch in batches]
        if told := self._delivery.take_told():
            outputs.append(Told(tuple(told)))
        return outputs

    def _thread_notice(self, event: ThreadMoved, cache: FrameCache) -> bytes:
        """Encoded once for all of the group."""
        text = cache.frames.get("msync")
        if not isinstance(text, bytes):
            text = cache.frames["msync"] = notify.thread_moved(event, self._reader.appkey)
        return text

    def _put_notice(self, text: bytes) -> list[Output]:
        meta = notify.meta(self._up.new_id(), self.wall_ms(), self._reader, text)
        key = (self._reader.name, frames.USER_DOMAIN, "")
        return self._gather(self._delivery.put([(key, meta)], None, 0))

    def _gather(self, keys: list[QueueKey]) -> list[Output]:
        """Push the queues when the turn ends: what comes meanwhile is in the same batch, and each
        batch costs the client an acknowledgement and us an answer."""
        is_first = not self._grown
        for key in keys:
            self._grown[key] = None
        return [GATHER] if is_first and keys else []

    def gathered(self) -> list[Output]:
        grown, self._grown = self._grown, {}
        if self.state is not State.ACTIVE:
            return []
        return self._batches(self._delivery.push(grown, self._now))

    def put_own(self, queue: str, meta: bytes) -> list[Output]:
        """Tell this device alone, of what is stored nowhere."""
        keys = self._delivery.put([((queue, frames.USER_DOMAIN, ""), meta)], None, 0)
        return self._batches(self._delivery.push(keys, self._now))

    def _kicked(self, reason: ImError) -> list[Output]:
        """Say so first: a bare close makes the client come back (R18)."""
        frame = frames.kicked(
            self._reader.appkey,
            self._reader.name,
            self._up.new_id(),
            errors.kick_of(reason),
            self.wall_ms(),
            str(reason.params.get("note", "")),
        )
        return [Send(frame), *self._close(NORMAL, reason.code)]

    def tick(self, now: float) -> list[Output]:
        self._now = now
        if self.state is State.PENDING and now - self._opened_at > LOG_IN_DEADLINE_S:
            return self._close(PROTOCOL_ERROR, "not logged in")
        if self.state is not State.ACTIVE:
            return []
        if now - self._heard_at > SILENCE_LIMIT_S:
            return self._close(NORMAL, "silent")
        return self._batches(self._delivery.tick(now))

    def _close(self, code: int, reason: str) -> list[Output]:
        self.state = State.CLOSED
        return [Close(code, reason)]


def _marks(received: list[Received]) -> list[Output]:
    return [Run(MarkReceived(conversation, seq), "") for conversation, seq in received]
