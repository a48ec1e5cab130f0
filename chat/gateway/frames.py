"""WebSocket frames of a server: bytes in, messages out (RFC 6455, section 5). No socket, no loop.

reading  --violation, or a close frame-->  ended (whatever comes is ignored)
"""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_CONTROL_BYTES = 125
PROTOCOL_ERROR, NOT_UTF8, TOO_LARGE = 1002, 1007, 1009
NO_STATUS = 1005

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FIN, _RESERVED, _IS_CONTROL = 0x80, 0x70, 0x08  # of a frame's first byte
_MASKED, _SIZE = 0x80, 0x7F  # of its second
# Codes that may stand in a frame: RFC 6455 7.4, and those registered with IANA since.
_NAMED_CODES = frozenset({*range(1000, 1004), *range(1007, 1015)})


@dataclass(frozen=True, slots=True)
class Ping:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer closes; `code` is NO_STATUS where it said none."""

    code: int


@dataclass(frozen=True, slots=True)
class Violation:
    """The peer broke the protocol: close with this code."""

    code: int
    reason: str


Heard = str | bytes | Ping | Closed | Violation


class FrameReader:
    """Frames of one client. After Closed or Violation it hears nothing more."""

    __slots__ = ("_max", "_message", "_opcode", "_rest", "_wanted", "is_ended")

    def __init__(self, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.is_ended = False
        self._max = max_message_bytes
        self._rest = bytearray()  # a frame that is not whole yet
        self._wanted = 0  # bytes below which another look at the rest is in vain
        self._message = bytearray()  # the fragments so far
        self._opcode = 0  # of the fragmented message; 0: none

    def feed(self, data: bytes) -> list[Heard]:
        """What these bytes complete, in order."""
        if self.is_ended:
            return []
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return []
            data, self._rest = bytes(self._rest), bytearray()
        heard: list[Heard] = []
        pos = self._read(data, heard)
        if pos < len(data) and not self.is_ended:
            self._rest += data[pos:]
        return heard

    def _read(self, data: bytes, heard: list[Heard]) -> int:
        """Take whole frames; where the first cut one begins."""
        pos, end = 0, len(data)
        while end - pos >= 2:
            first, second, at = data[pos], data[pos + 1], pos + 2
            size = second & _SIZE
            if size > MAX_CONTROL_BYTES:
                at += 2 if size == 126 else 8
                if end < at:
                    return self._cut(pos, at)
                size = int.from_bytes(data[pos + 2 : at], "big")
            if wrong := self._wrong(first, second, size):
                return self._end(heard, wrong, pos)
            done = at + 4 + size
            if end < done:
                return self._cut(pos, done)
            self._frame(first, unmasked(data[at + 4 : done], data[at : at + 4]), heard)
            if self.is_ended:
                return end
            pos = done
        return self._cut(pos, pos + 2)

    def _wrong(self, first: int, second: int, size: int) -> Violation | None:
        """What is wrong with a frame's head, known before its payload came."""
        if first & _RESERVED:
            return _RESERVED_BITS
        if not second & _MASKED:
            return _UNMASKED
        if first & _IS_CONTROL:
            return _wrong_control(first, size)
        if second & _SIZE != (size if size < 126 else 126 if size < 65536 else 127):
            return _LENGTH
        if size + len(self._message) > self._max:
            return Violation(TOO_LARGE, "message too large")
        return None

    def _cut(self, pos: int, wanted: int) -> int:
        self._wanted = wanted - pos
        return pos

    def _end(self, heard: list[Heard], last: Heard, pos: int) -> int:
        self.is_ended = True
        self._message.clear()
        heard.append(last)
        return pos

    def _frame(self, first: int, payload: bytes, heard: list[Heard]) -> None:
        opcode = first & 0x0F
        if opcode & _IS_CONTROL:
            self._control(opcode, payload, heard)
        elif opcode > _BINARY:
            self._end(heard, Violation(PROTOCOL_ERROR, "unknown opcode"), 0)
        elif (opcode == _CONTINUATION) != bool(self._opcode):
            what = "a fragment of nothing" if not opcode else "a message inside another"
            self._end(heard, Violation(PROTOCOL_ERROR, what), 0)
        elif first & _FIN and opcode:
            self._whole(opcode, payload, heard)
        else:
            self._message += payload
            self._opcode = self._opcode or opcode
            if first & _FIN:
                opcode, self._opcode = self._opcode, 0
                message, self._message = bytes(self._message), bytearray()
                self._whole(opcode, message, heard)

    def _whole(self, opcode: int, payload: bytes, heard: list[Heard]) -> None:
        if opcode == _BINARY:
            heard.append(payload)
            return
        try:
            heard.append(payload.decode())
        except UnicodeDecodeError:
            self._end(heard, Violation(NOT_UTF8, "text is not UTF-8"), 0)

    def _control(self, opcode: int, payload: bytes, heard: list[Heard]) -> None:
        if opcode == _PING:
            heard.append(Ping(payload))
        elif opcode == _CLOSE:
            self._end(heard, _closed(payload), 0)


_LENGTH = Violation(PROTOCOL_ERROR, "a length is not in its shortest form")
_RESERVED_BITS = Violation(PROTOCOL_ERROR, "reserved bits are set")
_UNMASKED = Violation(PROTOCOL_ERROR, "frames of a client are masked")


def _wrong_control(first: int, size: int) -> Violation | None:
    if not _CLOSE <= first & 0x0F <= _PONG:
        return Violation(PROTOCOL_ERROR, "unknown opcode")
    if not first & _FIN or size > MAX_CONTROL_BYTES:
        return Violation(PROTOCOL_ERROR, "a control frame is short and whole")
    return None


def _closed(payload: bytes) -> Closed | Violation:
    if not payload:
        return Closed(NO_STATUS)
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _NAMED_CODES or 3000 <= code < 5000):
        return Violation(PROTOCOL_ERROR, "no such close code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return Violation(NOT_UTF8, "the reason is not UTF-8")
    return Closed(code)


def xor(payload: bytes, mask: bytes) -> bytes:
    """XOR with the mask repeated: as one long integer, which is ten times faster than a loop."""
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")


unmasked: Callable[[bytes, bytes], bytes] = xor
with suppress(ImportError):  # eight times faster again, where websockets has its C part
    from websockets.speedups import apply_mask

    unmasked = apply_mask


@lru_cache(maxsize=64)
def ready_frame(frame: str | bytes) -> bytes:
    """A whole WebSocket frame, unmasked as a server's are."""
    if isinstance(frame, str):
        return _frame(_TEXT, frame.encode())
    return _frame(_BINARY, frame)


def pong(payload: bytes) -> bytes:
    return _frame(_PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """NO_STATUS: without a code."""
    if code == NO_STATUS:
        return _frame(_CLOSE, b"")
    said = reason.encode()[: MAX_CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return _frame(_CLOSE, code.to_bytes(2, "big") + said)


def _frame(opcode: int, payload: bytes) -> bytes:
    first, size = _FIN | opcode, len(payload)
    if size < 126:
        return struct.pack("!BB", first, size) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload
