"""What autobahn, which reads WebSockets for Daphne, does for nobody.

- For a debug line it formats its 30 settings with every socket, whether or not anybody logs debug
  lines: a quarter of what a WebSocket's opening costs. Now the line itself formats them, if there
  is one. For another it colours the names of a method and a peer with every read.
- With every message it makes a Deferred for the listeners of an event that Daphne has none of.
- With every frame it makes an object of C for the mask, whose making takes longer than all that it
  does in a short frame.

The names are private to autobahn. `install` looks at those of its modules and classes, and where
one has gone only the time is lost; what a socket itself has (`failedByMe` and the like) is used as
autobahn's own `onMessageEnd` uses it, and the suites over the consumer tell when that changes.
"""

from pprint import pformat
from typing import Any

from daphne import ws_protocol

from chat.gateway.frames import unmasked

_NAMES = ("_dataReceived", "_onMessage", "_listeners", "onMessageEnd")


class MessageReader(ws_protocol.WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Daphne's protocol, which tells only Daphne of a message."""

    message_data: list[bytes] | None  # autobahn has no type for it

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 (Twisted's name)
        self._dataReceived(data)

    def onMessageEnd(self) -> None:  # noqa: N802 (autobahn's name)
        if self._listeners is not None or self.trackedTimings:
            super().onMessageEnd()
            return
        if not self.failedByMe:
            self._onMessage(b"".join(self.message_data or ()), self.message_is_binary)
        self.message_data = None


class Masker:
    """The mask of one frame, whose payload comes in any number of pieces."""

    __slots__ = ("_at", "_mask")

    def __init__(self, mask: bytes, length: int | None = None) -> None:
        self._mask = mask
        self._at = 0

    def pointer(self) -> int:
        """How many bytes went through."""
        return self._at

    def reset(self) -> None:
        self._at = 0

    def process(self, data: bytes) -> bytes:
        turn = self._at % 4
        self._at += len(data)
        return unmasked(data, self._mask[turn:] + self._mask[:turn])


def install() -> None:
    """Make Daphne and autobahn use them."""
    from autobahn.websocket import protocol

    parts: Any = protocol
    if getattr(parts, "pformat", None) is pformat:
        parts.pformat = settings_later
    if hasattr(parts, "create_xor_masker"):
        parts.create_xor_masker = Masker
    if all(hasattr(ws_protocol.WebSocketProtocol, name) for name in _NAMES):
        ws_protocol.WebSocketFactory.protocol = MessageReader


def settings_later(value: object) -> object:
    """A socket's settings (a list) as they are, anything else written out."""
    return value if isinstance(value, list) else pformat(value)
