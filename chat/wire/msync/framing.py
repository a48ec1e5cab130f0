"""How MSync messages travel: binary or base64 WebSocket messages, or the SockJS subset.

Each framing is a wire session around the one that speaks MSYNC.
Source: specs/msync.md 2.3, 2.4.
"""

import base64
import binascii
import json

from chat.domain.errors import ImError
from chat.domain.events import Event
from chat.wire.base import Close, FrameCache, Output, Send, WireSession

SOCKJS_BEAT_S = 25.0
MAX_FRAME_BYTES = 256 * 1024
MAX_SOCKJS_FRAMES = 100
PROTOCOL_ERROR = 1002
TOO_LARGE = 1009


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


class PlainFraming:
    """`/websocket`: binary messages, or, when the first one is a text, base64 both ways."""

    __slots__ = ("_inner", "_is_text")

    def __init__(self, inner: WireSession) -> None:
        self._inner = inner
        self._is_text: bool | None = None

    @property
    def unacked(self) -> int:
        return self._inner.unacked

    def opened(self, now: float) -> list[Output]:
        return self._framed(self._inner.opened(now))

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        if self._is_text is None:
            self._is_text = isinstance(frame, str)
        if len(frame) > MAX_FRAME_BYTES:
            return [Close(TOO_LARGE, "frame too large")]
        message = _from_base64(frame) if isinstance(frame, str) else frame
        if message is None:
            return [Close(PROTOCOL_ERROR, "not base64")]
        return self._framed(self._inner.receive(message, now))

    def answer(self, ref: str, outcome: object | ImError) -> list[Output]:
        return self._framed(self._inner.answer(ref, outcome))

    def deliver(self, event: Event, cache: FrameCache) -> list[Output]:
        return self._framed(self._inner.deliver(event, cache))

    def gathered(self) -> list[Output]:
        return self._framed(self._inner.gathered())

    def tick(self, now: float) -> list[Output]:
        return self._framed(self._inner.tick(now))

    def _framed(self, outputs: list[Output]) -> list[Output]:
        if not self._is_text:
            return outputs
        return [
            Send(base64.b64encode(out.frame).decode())
            if isinstance(out, Send) and isinstance(out.frame, bytes)
            else out
            for out in outputs
        ]


class SockJsFraming:
    """`/ws/<3>/<8>/websocket`: `o`, arrays of base64 both ways, `h` every 25 s, `c` at the end."""

    __slots__ = ("_beat_at", "_inner")

    def __init__(self, inner: WireSession) -> None:
        self._inner = inner
        self._beat_at = 0.0

    @property
    def unacked(self) -> int:
        return self._inner.unacked

    def opened(self, now: float) -> list[Output]:
        self._beat_at = now + SOCKJS_BEAT_S
        return [Send("o"), *self._framed(self._inner.opened(now))]

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        if len(frame) > MAX_FRAME_BYTES:
            return self._framed([Close(TOO_LARGE, "frame too large")])
        messages = _messages(frame)
        if messages is None:
            return self._framed([Close(PROTOCOL_ERROR, "not a SockJS frame")])
        outputs: list[Output] = []
        for message in messages:
            outputs += self._inner.receive(message, now)
        return self._framed(outputs)

    def answer(self, ref: str, outcome: object | ImError) -> list[Output]:
        return self._framed(self._inner.answer(ref, outcome))

    def deliver(self, event: Event, cache: FrameCache) -> list[Output]:
        return self._framed(self._inner.deliver(event, cache))

    def gathered(self) -> list[Output]:
        return self._framed(self._inner.gathered())

    def tick(self, now: float) -> list[Output]:
        outputs = self._framed(self._inner.tick(now))
        if now < self._beat_at:
            return outputs
        self._beat_at = now + SOCKJS_BEAT_S
        return [Send("h"), *outputs]

    def _framed(self, outputs: list[Output]) -> list[Output]:
        framed: list[Output] = []
        for out in outputs:
            match out:
                case Send(bytes() as message):
                    framed.append(Send(f'a["{base64.b64encode(message).decode()}"]'))
                case Close():
                    framed += [Send('c[3000,"bye"]'), out]
                case _:
                    framed.append(out)
        return framed


def _messages(frame: str | bytes) -> list[bytes] | None:
    """The MSync messages of a client's frame; an empty frame has none, as SockJS says."""
    if isinstance(frame, bytes):
        return None
    if not frame:
        return []
    try:
        texts = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or len(texts) > MAX_SOCKJS_FRAMES:
        return None
    messages = [_from_base64(text) for text in texts if isinstance(text, str)]
    if len(messages) != len(texts) or None in messages:
        return None
    return [message for message in messages if message is not None]
