"""How a connection's frames reach its socket: written straight to Daphne's transport where it can
be reached, else through ASGI's send().

Daphne's send() never waits, and autobahn builds each frame in Python (16–24 µs). A ready-made frame
is built once for all who get it, the frames of a loop turn become one write, and the transport's
own buffer tells a slow reader. All of that is private to Daphne, autobahn and Twisted, so it is
used only when everything has the expected shape. (specs/performance.md §4)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from chat.gateway.connection import Connection, State
from chat.gateway.frames import ready_frame
from chat.live.tasks import keep

logger = logging.getLogger(__name__)

AsgiSend = Callable[[dict[str, Any]], Awaitable[None]]

MAX_UNWRITTEN_BYTES = 4 * 1024 * 1024
ABORT_AFTER_S = 5.0
MAX_REASON_BYTES = 123  # RFC 6455, 5.5: a control frame has at most 125 bytes
_OPEN = 3  # autobahn's STATE_OPEN


class _Reading:
    """How the consumer learns that its connection is held: it then asks for no further frame."""

    __slots__ = ("_room", "is_paused")

    def __init__(self) -> None:
        self.is_paused = False
        self._room: asyncio.Future[None] | None = None

    def pause(self) -> None:
        self.is_paused = True
        self._room = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
        self._read_on()

    async def room(self) -> None:
        """After a frame, while `is_paused`: wait until the connection takes the next."""
        while self._room is not None:
            await self._room
        self._read_on()

    def _read_on(self) -> None:
        self.is_paused = self._room is not None


class AsgiSocket(_Reading):
    """Any ASGI server: a task sends while there is something to send; send() may wait, and what
    gathers meanwhile fills the outbox. Who is asked for no frame stops reading (uvicorn does)."""

    __slots__ = ("_closed", "_connection", "_send", "_task")

    def __init__(self, connection: Connection, send: AsgiSend) -> None:
        super().__init__()
        self._connection = connection
        self._send = send
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def wake(self) -> None:
        if self._task is None and not self._closed:
            self._task = keep(self._drain(), f"writer of {self._connection}")

    async def _drain(self) -> None:
        try:
            while frames := self._connection.take():
                for frame in frames:
                    await self._send(message_of(frame))
            if self._connection.state is State.CLOSING:
                self._closed = True
                await self._send(close_message(self._connection))
        except (OSError, RuntimeError) as exc:  # the peer went away between two sends
            logger.info("%s: not written: %s", self._connection, exc)
            self._closed = True
        finally:
            self._task = None


class DaphneSocket(_Reading):
    """Daphne: the ready frames of one loop turn in one write to the transport.

    Daphne reads on whether it is asked for frames or not, and its queue has no bound. So the
    transport pauses, and reads on when that queue is empty.
    """

    __slots__ = ("_connection", "_loop", "_protocol", "_waiting")

    def __init__(self, connection: Connection, protocol: Any) -> None:
        super().__init__()
        self._connection = connection
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._waiting = False

    def wake(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._loop.call_soon(self._write)

    def pause(self) -> None:
        super().pause()
        if self._protocol.transport is not None:
            self._protocol.transport.pauseProducing()

    def _read_on(self) -> None:
        if self.is_paused and self._room is None and self._protocol.application_queue.empty():
            self.is_paused = False
            if self._protocol.transport is not None:
                self._protocol.transport.resumeProducing()

    def _write(self) -> None:
        self._waiting = False
        protocol, connection = self._protocol, self._connection
        if protocol.state != _OPEN:
            return
        transport = protocol.transport
        if frames := connection.take():
            _write_now(transport, b"".join(map(ready_frame, frames)))
        if connection.state is State.CLOSING:
            # Not send(): autobahn's sendClose refuses 1001, 1003, 1007, 1009 and 1013.
            reason = connection.close_reason.encode()[:MAX_REASON_BYTES]
            protocol.sendCloseFrame(code=connection.close_code, reasonUtf8=reason, isReply=False)
            # A reader that is stuck does not read the close frame either.
            self._loop.call_later(ABORT_AFTER_S, _abort, protocol)
        elif unwritten(transport) > MAX_UNWRITTEN_BYTES:
            connection.overflow()


def socket_for(connection: Connection, send: AsgiSend) -> AsgiSocket | DaphneSocket:
    protocol = _daphne_protocol(send)
    if protocol is None:
        return AsgiSocket(connection, send)
    return DaphneSocket(connection, protocol)


def _daphne_protocol(send: AsgiSend) -> Any | None:
    """Daphne's WebSocket protocol behind its send(), when all that is used of it is there."""
    if not isinstance(send, partial) or len(send.args) != 1:
        return None
    protocol = send.args[0]
    usable = (
        any(kind.__module__ == "daphne.ws_protocol" for kind in type(protocol).__mro__)
        and getattr(protocol, "_perMessageCompress", None) is None
        and hasattr(protocol, "state")
        and hasattr(protocol, "sendCloseFrame")
        and hasattr(getattr(protocol, "application_queue", None), "empty")
        and all(
            hasattr(getattr(protocol, "transport", None), name)
            for name in ("write", "pauseProducing", "resumeProducing")
        )
    )
    return protocol if usable else None


def unwritten(transport: Any) -> int:
    """Bytes that Twisted still holds for the peer; 0 where that cannot be seen."""
    held = getattr(transport, "_tempDataLen", 0)
    return held + len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)


def _write_now(transport: Any, data: bytes) -> None:
    """To the socket at once where nothing waits before it. Twisted's write() asks the selector for
    the next turn, and takes that back in it."""
    if _takes_at_once(transport) and not unwritten(transport):
        written = transport.writeSomeData(data)
        if isinstance(written, int) and written > 0:  # else an error, which write() meets again
            data = data[written:]
    if data:
        transport.write(data)


def _takes_at_once(transport: Any) -> bool:
    return (
        type(transport).__module__ == "twisted.internet.tcp"
        and not getattr(transport, "TLS", True)
        and getattr(transport, "connected", False)
        and not getattr(transport, "disconnecting", True)
    )


def _abort(protocol: Any) -> None:
    if protocol.transport is not None and getattr(protocol.transport, "connected", False):
        protocol.transport.abortConnection()


def message_of(frame: str | bytes) -> dict[str, Any]:
    key = "text" if isinstance(frame, str) else "bytes"
    return {"type": "websocket.send", key: frame}


def close_message(connection: Connection) -> dict[str, Any]:
    return {
        "type": "websocket.close",
        "code": connection.close_code,
        "reason": connection.close_reason,
    }
