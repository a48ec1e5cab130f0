"""One connection: a wire session, who is behind it, its commands in order and its outbox.

Synchronous and transport-free: `feed` and `offer` never wait. States:

    pending  --log-in succeeds-->  active  --close-->  closing
    pending  --close-->  closing

*Pending* runs LogIn only. *Active* may be told events. In *closing* nothing is read or offered.

Sends are pipelined: up to SEND_WINDOW of them are in the writer at once, whose order is the order.
A send that is cold (its rights must be read first) holds back what comes after it. Every other
command runs alone, after the sends before it. When too many wait, the transport is told to pause: a
client that outruns the writer is read no faster than the writer writes.
"""

import itertools
import logging
import os
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from accounts.domain.actor import Actor
from chat.actions.refused_sends import note_refused
from chat.domain.commands import (
    CheckLogIn,
    ClientInfo,
    Command,
    LogIn,
    MarkReceived,
    SendMessage,
)
from chat.domain.errors import ImError, NotLoggedIn, TooManyRequests
from chat.domain.events import Closing, Event, Kicked, name_of
from chat.metrics import OUTBOX_DROPS
from chat.store import stages
from chat.store.clock import now_ms
from chat.wire.base import Close, FrameCache, Gather, Output, Run, SaysLastWord, Send, WireSession

logger = logging.getLogger(__name__)

PROCESS_NAME = os.urandom(6).hex()  # with which the names of its connections begin
SEND_WINDOW = 64
HOLD_ABOVE = 2 * SEND_WINDOW  # waiting commands: the socket is read no more
READ_ON_AT = SEND_WINDOW  # enough wait to fill the writer's window until there is more
MAX_WAITING = 1000  # for what comes all the same: one frame may hold any number of commands
MAX_OUTBOX_FRAMES = 4096
MAX_OUTBOX_BYTES = 4 * 1024 * 1024
OUTBOX_FULL = 1013

Then = Callable[[object], None]  # gets an outcome or an ImError, on the loop


class Transport(Protocol):
    def wake(self) -> None:
        """The outbox has frames, or the connection is closing: write soon (this loop turn)."""

    def pause(self) -> None:
        """The connection is held: feed it nothing more, and read nothing more for it."""

    def resume(self) -> None:
        """It takes frames again. Called inside of one of its methods: feed it later."""


class Services(Protocol):
    """What a connection needs from the process around it. Outcomes come back on the loop, never
    before the call returned."""

    def log_in(self, connection: "Connection", command: LogIn, then: Then) -> None: ...

    def send(self, actor: Actor, command: SendMessage, then: Then) -> bool:
        """Hand a message to the writer. False: it is cold, and is on its way by the pool."""

    def run(self, actor: Actor, command: Command, then: Then) -> None: ...

    def received(self, actor: Actor, command: MarkReceived) -> None:
        """Remember how far a device has a log; no query."""

    def gone(self, connection: "Connection") -> None:
        """The connection hears no more events."""


class State(Enum):
    PENDING = 1
    ACTIVE = 2
    CLOSING = 3


_ids = itertools.count(1)


class Connection:
    """See the module. Used on the event loop only."""

    __slots__ = (
        "_busy",
        "_cold",
        "_gathers",
        "_kicked",
        "_outbox",
        "_outbox_bytes",
        "_sending",
        "_services",
        "_waiting",
        "actor",
        "address",
        "app_id",
        "bytes_in",
        "bytes_out",
        "client",
        "close_code",
        "close_reason",
        "device",
        "frames_in",
        "frames_out",
        "heard_ms",
        "id",
        "is_held",
        "opened_ms",
        "session",
        "signed_by",
        "since_ms",
        "state",
        "token_expires_ms",
        "transport",
        "user_id",
        "username",
        "was_kicked",
        "wire",
    )  # fmt: skip

    def __init__(
        self, session: WireSession, services: Services, *, wire: str, address: str
    ) -> None:
        self.id = next(_ids)
        self.session = session
        self.wire = wire
        self.address = address
        self.transport: Transport | None = None
        self.state = State.PENDING
        self.actor: Actor | None = None
        self.client = ClientInfo()
        self.app_id = self.user_id = 0
        self.username = self.device = ""
        self.signed_by = ""  # as LogIn.signed_by
        self.token_expires_ms = 0
        self.since_ms = self.heard_ms = self.opened_ms = 0
        self.frames_in = self.frames_out = self.bytes_in = self.bytes_out = 0
        self.close_code = 0
        self.close_reason = ""
        self._services = services
        self._outbox: list[str | bytes] = []
        self._outbox_bytes = 0
        self._gathers = False  # the session has more for the outbox once it is taken
        self._waiting: deque[Run] = deque()
        self._sending = 0
        self.is_held = False  # too many commands wait
        self._busy = False  # a command other than a send runs
        self._cold: Run | None = None  # a send that left the path
        self.was_kicked = False  # the server ended it: another log-in, a ban, an operator
        self._kicked: ImError | None = None

    def __str__(self) -> str:
        app = self.actor.app.appkey if self.actor else "?"
        return f"#{self.id} {self.wire} {app} {self.username or '?'}/{self.device or '?'}"

    # What comes from the socket

    def opened(self, now: float) -> None:
        self.heard_ms = self.opened_ms = now_ms()
        self._perform(self.session.opened(now))

    def feed(self, frame: str | bytes, now: float) -> None:
        if self.state is State.CLOSING:
            return
        self.frames_in += 1
        self.bytes_in += len(frame)
        self.heard_ms = now_ms()
        try:
            outputs = self.session.receive(frame, now)
        except Exception:
            logger.exception("%s: a frame of %d broke the session", self, len(frame))
            self.close(1011, "internal error")
            return
        self._perform(outputs)

    def unreadable(self, code: int, reason: str) -> None:
        """What came is no frame of WebSocket's, or too large for one: the end."""
        if self.state is not State.CLOSING and isinstance(self.session, SaysLastWord):
            self._put(self.session.last_word(code))
        self.close(code, reason)

    def tick(self, now: float) -> None:
        if self.state is not State.CLOSING:
            self._perform(self.session.tick(now))

    def lost(self, code: int) -> None:
        """The socket is gone; whatever is on its way for this connection is dropped."""
        self._outbox.clear()
        self.close(code, "")

    # What comes from inside

    def become(
        self, actor: Actor, command: LogIn, since_ms: int, token_expires_ms: int = 0
    ) -> None:
        """The log-in was good: from now on the registry may know the connection."""
        self.signed_by = command.signed_by
        self.token_expires_ms = token_expires_ms
        self.actor = actor
        self.client = command.client
        self.app_id, self.user_id = actor.app.id, actor.user_id
        self.username, self.device = actor.username, actor.device
        self.since_ms = since_ms

    def offer(self, event: Event, cache: FrameCache) -> None:
        """Tell the client. While the log-in is still being answered only its end counts: the
        client's first sync reads everything else."""
        if isinstance(event, Closing):
            self.say_goodbye(event)
            return
        if isinstance(event, Kicked):
            self.was_kicked = True
        if self.state is State.ACTIVE:
            self._tell(self.session.deliver, event, cache)
        elif self.state is State.PENDING and isinstance(event, Kicked):
            self._kicked = event.reason

    def _tell(self, work: Callable[..., list[Output]], *args: Any) -> None:
        try:
            outputs = work(*args)
        except Exception:
            what = name_of(args[0]) if args else "push"
            logger.exception("%s: a %s broke the session", self, what)
            self.close(1011, "internal error")
        else:
            self._perform(outputs)

    def say_goodbye(self, event: Closing) -> None:
        """The server goes away: say so on the wire, and close."""
        if self.state is State.ACTIVE:
            self._tell(self.session.deliver, event, FrameCache())
        self.close(1001, "going away")

    def close(self, code: int, reason: str = "") -> None:
        """End after what is in the outbox; twice is harmless."""
        if self.state is State.CLOSING:
            return
        self.state = State.CLOSING
        self.close_code, self.close_reason = code, reason
        self._waiting.clear()
        if self.is_held:
            self._hold(held=False)  # the peer's answer to the close is read
        self._services.gone(self)
        self._wake()

    def take(self) -> list[str | bytes]:
        """Everything in the outbox; the transport writes it now."""
        if self._gathers:
            self._gathers = False
            self._tell(self.session.gathered)
        frames, self._outbox = self._outbox, []
        self._outbox_bytes = 0
        return frames

    @property
    def name(self) -> str:
        """Unique over all processes."""
        return f"{PROCESS_NAME}.{self.id}"

    @property
    def is_idle(self) -> bool:
        """Nothing of it is being carried out or waits for it."""
        return not (self._waiting or self._sending or self._busy or self._cold)

    # Outputs

    def _perform(self, outputs: list[Output]) -> None:
        for output in outputs:
            # Not `match`, which takes three times as long: this runs three times a message.
            if isinstance(output, Send):
                self._put(output.frame)
            elif isinstance(output, Run):
                if not isinstance(output.command, MarkReceived):
                    self._ask(output)
                elif self.actor is not None:
                    self._services.received(self.actor, output.command)
            elif isinstance(output, Close):
                self.close(output.code, output.reason)
            elif isinstance(output, Gather):
                self._gathers = True
                self._wake()
            else:
                for entry in output.entries:
                    stages.written(entry, self.user_id, self.device)
        if self._waiting:
            self._pump()

    def _put(self, frame: str | bytes) -> None:
        if self.state is State.CLOSING:
            return
        self.frames_out += 1
        self.bytes_out += len(frame)
        self._outbox_bytes += len(frame)
        self._outbox.append(frame)
        if len(self._outbox) == 1:
            self._wake()
        elif len(self._outbox) > MAX_OUTBOX_FRAMES or self._outbox_bytes > MAX_OUTBOX_BYTES:
            self.overflow()

    def overflow(self) -> None:
        """The client does not read: let it come back and catch up."""
        logger.info("%s: closed, its outbox is full", self)
        OUTBOX_DROPS.inc()
        self._outbox.clear()
        self.close(OUTBOX_FULL, "outbox full")

    def _wake(self) -> None:
        if self.transport is not None:
            self.transport.wake()

    # Commands in order

    def _ask(self, run: Run) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._perform(self.session.answer(run.ref, TooManyRequests()))
        else:
            self._waiting.append(run)

    def _pump(self) -> None:
        """Start what may start, in order."""
        while self._waiting and not (self._busy or self._cold):
            is_send = isinstance(self._waiting[0].command, SendMessage)
            if self._sending >= (SEND_WINDOW if is_send else 1):
                break
            self._start(self._waiting.popleft())
        if self.is_held:
            if len(self._waiting) <= READ_ON_AT:
                self._hold(held=False)
        elif len(self._waiting) > HOLD_ABOVE:
            self._hold(held=True)

    def _hold(self, *, held: bool) -> None:
        self.is_held = held
        if self.transport is None:
            return
        if held:
            self.transport.pause()
        else:
            self.transport.resume()

    def _start(self, run: Run) -> None:
        command, actor = run.command, self.actor
        if isinstance(command, LogIn) and self.state is State.PENDING:
            self._busy = True
            self._services.log_in(self, command, lambda outcome: self._logged_in(run, outcome))
        elif actor is None or self.state is not State.ACTIVE:
            self._answer(run.ref, NotLoggedIn())
        elif isinstance(command, SendMessage):
            self._sending += 1
            if not self._services.send(actor, command, lambda outcome: self._sent(run, outcome)):
                self._cold = run
        else:
            self._busy = True
            self._services.run(actor, command, lambda outcome: self._ran(run, outcome))

    def _logged_in(self, run: Run, outcome: object) -> None:
        self._busy = False
        if self.state is State.CLOSING:
            return
        if self._kicked is not None:
            outcome = self._kicked
            self._services.gone(self)
        if isinstance(outcome, ImError):
            logger.info("? %s#%d: log-in refused: %s", self.wire, self.id, outcome.code)
        elif not isinstance(run.command, CheckLogIn):
            self.state = State.ACTIVE
            logger.info("%s: logged in from %s", self, self.address)
        self._answer(run.ref, outcome)

    def _sent(self, run: Run, outcome: object) -> None:
        self._sending -= 1
        if self._cold is run:
            self._cold = None
        if isinstance(outcome, ImError):
            note_refused(self.app_id, run.command, self.username, outcome, self.wire, self.address)
        self._answer(run.ref, outcome)

    def _ran(self, run: Run, outcome: object) -> None:
        self._busy = False
        self._answer(run.ref, outcome)

    def _answer(self, ref: str, outcome: object) -> None:
        if self.state is State.CLOSING:
            return
        if isinstance(outcome, ImError):
            logger.info("%s: refused: %s", self, outcome.code)
        self._perform(self.session.answer(ref, outcome))
