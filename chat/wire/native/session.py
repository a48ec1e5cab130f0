"""The native wire: JSON objects in text frames.

States: *pending* (only login and ping), *active*, *closed* (everything is ignored).

    pending  --login answered-->  active
    pending  --login refused, or 15 s-->  closed (4401, 4403)
    active   --kicked-->  closed (4403, 4409, 4410, 4411)
    any      --third bad frame 1007, binary 1003, too large 1009, 90 s of silence 1000-->  closed

Source: specs/native.md §1.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from chat.domain.answers import LoggedIn, SyncPage
from chat.domain.commands import Command, LogIn
from chat.domain.errors import (
    AlreadyLoggedIn,
    BadFrame,
    ImError,
    NotLoggedIn,
    UnknownOperation,
)
from chat.domain.events import Closing, Event, Kicked, Logged, Typing
from chat.wire.base import Close, FrameCache, Output, Run, Send, Told, told_of
from chat.wire.native import errors
from chat.wire.native.answers import answer_json
from chat.wire.native.events import event_json
from chat.wire.native.fields import Fields
from chat.wire.native.requests import PARSERS

MAX_FRAME_BYTES = 64 * 1024
MAX_REF = 128
LOG_IN_DEADLINE_S = 15.0
SILENCE_LIMIT_S = 90.0
MAX_BAD_FRAMES = 3

Json = dict[str, Any]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class State(Enum):
    PENDING = 1
    ACTIVE = 2
    CLOSED = 3


class NativeSession:
    """One connection's state. `wall_ms` tells the time of day in ms."""

    __slots__ = ("_bad", "_heard_at", "_logging_in", "_me", "_next", "_opened_at", "_refs", "state",
                 "wall_ms")  # fmt: skip

    name = "native"

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.wall_ms = wall_ms
        self.state = State.PENDING
        self._me = ""
        self._bad = 0
        self._next = 0
        self._refs: dict[str, tuple[str | None, Command]] = {}  # run ref → client's ref, command
        self._logging_in = False
        self._opened_at = 0.0
        self._heard_at = 0.0

    @property
    def unacked(self) -> int:
        return -1  # clients acknowledge when they like, or never

    def opened(self, now: float) -> list[Output]:
        self._opened_at = self._heard_at = now
        return []

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        if self.state is State.CLOSED:
            return []
        self._heard_at = now
        if isinstance(frame, bytes):
            return self._close(1003, "text frames only")
        if len(frame) > MAX_FRAME_BYTES or len(frame.encode(errors="replace")) > MAX_FRAME_BYTES:
            return self._close(1009, "frame too large")
        request = _parse(frame)
        if request is None:
            return self._bad_frame("The frame is not a JSON object with op and ref.")
        ref, op = request.get("ref"), request.get("op")
        if not isinstance(op, str) or not _is_ref(ref):
            return self._bad_frame("op and ref must be short strings.")
        return self._request(op, ref, request)

    def _request(self, op: str, ref: str | None, request: Json) -> list[Output]:
        if op == "ping":
            return [_ok(ref, {"server_time": self.wall_ms()})]
        try:
            command = self._command(op, request)
        except ImError as refusal:
            return [_refused(ref, refusal)]
        self._next += 1
        run = str(self._next)
        self._refs[run] = ref, command
        return [Run(command, run)]

    def _command(self, op: str, request: Json) -> Command:
        parser = PARSERS.get(op)
        if parser is None:
            raise UnknownOperation(op=op[:64])
        if op == "login":
            if self._logging_in or self.state is State.ACTIVE:
                raise AlreadyLoggedIn
            command = parser(Fields(request))
            self._logging_in = True
            return command
        if self.state is State.PENDING:
            raise NotLoggedIn
        return parser(Fields(request))

    def answer(self, ref: str, outcome: object | ImError) -> list[Output]:
        asked = self._refs.pop(ref, None)
        if asked is None or self.state is State.CLOSED:
            return []
        client_ref, command = asked
        if isinstance(outcome, ImError):
            refused: list[Output] = [_refused(client_ref, outcome)]
            return (
                refused + self._log_in_refused(outcome) if isinstance(command, LogIn) else refused
            )
        if isinstance(outcome, LoggedIn):
            self._me, self.state, self._logging_in = outcome.username, State.ACTIVE, False
        told = told_of(outcome.entries) if isinstance(outcome, SyncPage) else []
        return [_ok(client_ref, answer_json(command, outcome, self._me)), *told]

    def _log_in_refused(self, refusal: ImError) -> list[Output]:
        """A refused proof ends the connection; anything else (a wrong field, a server in trouble)
        may be tried again."""
        self._logging_in = False
        code = errors.reply_to(refusal).close
        return self._close(code, refusal.code) if code else []

    def deliver(self, event: Event, cache: FrameCache) -> list[Output]:
        if self.state is not State.ACTIVE:
            return []
        key = ("native", self._view_of(event))
        frame = cache.frames.get(key)
        if frame is None:
            frame = cache.frames[key] = _encode(event_json(event, self._me)).decode()
        told: list[Output] = [Send(frame)]
        if isinstance(event, Logged):
            if event.entry.is_recorded:
                told.append(Told((event.entry,)))
            return told
        if isinstance(event, Kicked):
            return told + self._close(errors.reply_to(event.reason).close, event.reason.code)
        if isinstance(event, Closing):
            return told + self._close(errors.GOING_AWAY, "going away")
        return told

    def _view_of(self, event: Event) -> str:
        """What makes one receiver's frame differ from another's: in a pair, and in a personal log,
        the receiver; in a room nothing."""
        match event:
            case Logged(entry):
                return "" if entry.conversation.room_id else self._me
            case Typing(conversation):
                return "" if conversation.room_id else self._me
            case _:
                return ""

    def gathered(self) -> list[Output]:
        return []  # every event has a frame of its own

    def tick(self, now: float) -> list[Output]:
        if self.state is State.PENDING and now - self._opened_at > LOG_IN_DEADLINE_S:
            return self._close(errors.NOT_LOGGED_IN, "not logged in")
        if self.state is State.ACTIVE and now - self._heard_at > SILENCE_LIMIT_S:
            return self._close(1000, "silent")
        return []

    def _bad_frame(self, detail: str) -> list[Output]:
        self._bad += 1
        told: list[Output] = [_refused(None, BadFrame(detail=detail))]
        return told + self._close(1007, "bad frames") if self._bad >= MAX_BAD_FRAMES else told

    def _close(self, code: int, reason: str) -> list[Output]:
        self.state = State.CLOSED
        return [Close(code, reason)]


def _parse(frame: str) -> Json | None:
    try:
        request = _decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return request if isinstance(request, dict) else None


def _is_ref(ref: object) -> bool:
    return ref is None or (isinstance(ref, str) and len(ref) <= MAX_REF)


def _ok(ref: str | None, fields: Json) -> Send:
    return Send(_encode({"re": ref, "ok": True} | fields).decode())


def _refused(ref: str | None, refusal: ImError) -> Send:
    return Send(_encode({"re": ref, "ok": False, "error": errors.error_json(refusal)}).decode())
