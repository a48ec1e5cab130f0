"""The lane: a gateway's socket taken from Daphne and served by a lean protocol in its own loop.

Daphne parses the upgrade's request. When that is a plain good handshake for a gateway path, the
socket leaves Twisted's transport and becomes an asyncio transport of the same loop; everything
else (other paths, refusals, TLS in Daphne itself, odd handshakes) goes the ordinary way, through
the Channels consumer, and is answered there. It rests on what is private to Daphne and Twisted, so
`install` looks at versions and shapes first. (decisions/0011; specs/performance.md 4)

    Twisted reads  --good upgrade-->  nobody reads  --next loop turn-->  LaneSocket reads
"""

import asyncio
import base64
import binascii
import hashlib
import logging
import re
import socket
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from chat.gateway.connection import Connection, State
from chat.gateway.frames import (
    Closed,
    FrameReader,
    Heard,
    Ping,
    Violation,
    close_frame,
    pong,
    ready_frame,
)
from chat.gateway.process import gateway
from chat.gateway.routing import Route, chosen_subprotocol, route_for
from chat.gateway.sockets import ABORT_AFTER_S, MAX_UNWRITTEN_BYTES
from chat.live.tasks import spawn

logger = logging.getLogger(__name__)

KNOWN_DAPHNE = re.compile(r"4\.2\.\d+")
ABNORMAL = 1006
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_ORIGIN = re.compile(rb"null|[A-Za-z][A-Za-z0-9+.-]*://[^\s/]+/?")


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A good handshake: who asks for which wire, and the answer's head."""

    route: Route
    head: bytes
    address: str


class LaneSocket(asyncio.Protocol):
    """One socket: frames in, the outbox out. What gathers in a loop turn is one write."""

    __slots__ = ("_carried", "_connection", "_kept", "_peer_code", "_reader", "_said_close",
                 "_transport", "_upgrade", "_waiting")  # fmt: skip

    def __init__(self, upgrade: Upgrade, carried: bytes) -> None:
        self._upgrade = upgrade
        self._reader = FrameReader()
        self._connection: Connection | None = None
        self._transport: asyncio.Transport | None = None
        self._waiting = False
        self._said_close = False
        self._peer_code = ABNORMAL
        self._carried = carried
        self._kept: list[Heard] = []  # read already, and held back

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._upgrade.head)
        running, route = gateway(), self._upgrade.route
        connection = Connection(
            route.session(), running, wire=route.wire, address=self._upgrade.address
        )
        self._connection = connection
        connection.transport = self
        running.opened(connection)
        connection.opened(time.monotonic())
        if running.is_draining:
            connection.close(1001, "going away")
        if self._carried:
            self.data_received(self._carried)
            self._carried = b""

    def data_received(self, data: bytes) -> None:
        connection = self._connection
        if connection is None:
            return
        heard = self._reader.feed(data)
        if self._kept:
            self._kept += heard
        else:
            self._hear(connection, heard, data)

    def _hear(self, connection: Connection, heard: list[Heard], data: bytes) -> None:
        now = time.monotonic()
        waited, self._waiting = self._waiting, True  # answers of this turn go out below, at once
        left = iter(heard)
        for one in left:
            match one:
                case str() | bytes():
                    connection.feed(one, now)
                case Ping(payload):
                    self._pong(payload)
                case Closed(code):
                    self._peer_closed(connection, code)
                case Violation(code, reason):
                    logger.warning("%s: %s, begins %r", connection, reason, data[:16])
                    connection.unreadable(code, reason)
            if connection.is_held:
                self._kept = list(left)
                break
        self._waiting = waited
        self._write()

    def pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        connection, transport = self._connection, self._transport
        if connection is None or transport is None or connection.is_held:
            return
        kept, self._kept = self._kept, []
        self._hear(connection, kept, b"")
        if not connection.is_held:
            transport.resume_reading()

    def eof_received(self) -> None:
        """None: the transport closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        connection, self._connection = self._connection, None
        self._transport = None
        if connection is not None:
            connection.lost(self._peer_code)
            gateway().closed(connection)

    def wake(self) -> None:
        if not self._waiting:
            self._waiting = True
            asyncio.get_running_loop().call_soon(self._write_later)

    def _write_later(self) -> None:
        self._waiting = False
        self._write()

    def _pong(self, payload: bytes) -> None:
        if self._transport is not None and not self._said_close:
            self._transport.write(pong(payload))
            self._watch()

    def _peer_closed(self, connection: Connection, code: int) -> None:
        """Answer its close frame, unless it answers ours; then the socket is ours to close."""
        self._peer_code = code
        transport, said = self._transport, self._said_close
        self._said_close = True
        if transport is not None:
            if not said:
                frames = connection.take()
                transport.write(b"".join(map(ready_frame, frames)) + close_frame(code))
            transport.close()
        connection.close(code)

    def _write(self) -> None:
        transport, connection = self._transport, self._connection
        if transport is None or connection is None or self._said_close:
            return
        frames = connection.take()
        if len(frames) == 1:
            transport.write(ready_frame(frames[0]))
        elif frames:
            transport.write(b"".join(map(ready_frame, frames)))
        if connection.state is State.CLOSING:
            self._say_close(transport, connection)
        elif frames:
            self._watch()

    def _watch(self) -> None:
        transport, connection = self._transport, self._connection
        if transport is None or connection is None:
            return
        if transport.get_write_buffer_size() > MAX_UNWRITTEN_BYTES:
            connection.overflow()

    def _say_close(self, transport: asyncio.Transport, connection: Connection) -> None:
        self._said_close = True
        transport.write(close_frame(connection.close_code, connection.close_reason))
        # A reader that is stuck answers no close frame either.
        asyncio.get_running_loop().call_later(ABORT_AFTER_S, transport.abort)


# Taking a socket over


def install() -> bool:
    """Take upgrades over from now on, if Daphne is as it is known here."""
    try:
        found = version("daphne")
    except PackageNotFoundError:
        return False
    if not KNOWN_DAPHNE.fullmatch(found):
        logger.warning("The lane is off: it does not know Daphne %s; all else works.", found)
        return False
    from daphne.http_protocol import WebRequest

    ordinary = WebRequest.process

    def process(request: Any) -> Any:
        try:
            upgrade = _upgrade_of(request)
            is_ours = upgrade is not None and _is_movable(request)
        except Exception:
            logger.exception("an upgrade was not understood; it goes the ordinary way")
            is_ours, upgrade = False, None
        if upgrade is None or not is_ours:
            return ordinary(request)
        _begin(request, upgrade)
        return None

    if not getattr(ordinary, "is_lane", False):
        process.is_lane = True  # type: ignore[attr-defined]
        WebRequest.process = process
    return True


def _is_movable(request: Any) -> bool:
    """A plain TCP transport of Twisted's with nothing left to write."""
    from twisted.internet.tcp import Server

    transport = getattr(request.channel, "transport", None)
    return (
        type(transport) is Server
        and not getattr(transport, "TLS", False)
        and not request.isSecure()
        and isinstance(getattr(transport, "socket", None), socket.socket)
        and not getattr(transport, "dataBuffer", b"?")
        and not getattr(transport, "_tempDataBuffer", [b"?"])
        and not transport.disconnecting
        and len(request.channel.requests) == 1
        and hasattr(request.channel, "_dataBuffer")
    )


def _upgrade_of(request: Any) -> Upgrade | None:
    """The handshake, when it is one that the ordinary path would accept; None for anything else."""
    headers = request.requestHeaders
    if request.method != b"GET" or not headers.hasHeader(b"sec-websocket-key"):
        return None
    route = route_for(request.path.decode("latin-1"))
    if route is None or gateway().is_draining or not _is_good_handshake(request):
        return None
    [key] = headers.getRawHeaders(b"sec-websocket-key")
    offered = b",".join(headers.getRawHeaders(b"sec-websocket-protocol", []))
    names = [name.strip() for name in offered.decode("latin-1").split(",")]
    chosen = chosen_subprotocol(route, names)
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Server: imadmin",
        b"Upgrade: WebSocket",
        b"Connection: Upgrade",
        *([b"Sec-WebSocket-Protocol: " + chosen.encode()] if chosen else []),
        b"Sec-WebSocket-Accept: " + accept,
    ]
    return Upgrade(route, b"\r\n".join(lines) + b"\r\n\r\n", _address_of(request))


def _is_good_handshake(request: Any) -> bool:
    headers = request.requestHeaders

    def one(name: bytes) -> bytes:
        values = headers.getRawHeaders(name, [])
        return bytes(values[0]) if len(values) == 1 else b""

    def tokens(name: bytes) -> set[bytes]:
        said = b",".join(headers.getRawHeaders(name, []))
        return {token.strip().lower() for token in said.split(b",")}

    origins = headers.getRawHeaders(b"origin", [])
    return (
        request.clientproto == b"HTTP/1.1"
        and bool(one(b"host"))
        and b"websocket" in tokens(b"upgrade")
        and b"upgrade" in tokens(b"connection")
        and one(b"sec-websocket-version").strip() == b"13"
        and _is_key(one(b"sec-websocket-key"))
        and not headers.hasHeader(b"transfer-encoding")
        and one(b"content-length") in {b"", b"0"}
        and (not origins or (len(origins) == 1 and bool(_ORIGIN.fullmatch(origins[0]))))
    )


def _is_key(key: bytes) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False


def _address_of(request: Any) -> str:
    """As the ordinary path tells it: Daphne's own reading of forwarded headers, where it is on."""
    from daphne.utils import parse_x_forwarded_for

    server, peer = request.server, request.channel.transport.getPeer()
    client, _ = parse_x_forwarded_for(
        request.requestHeaders,
        server.proxy_forwarded_address_header,
        server.proxy_forwarded_port_header,
        server.proxy_forwarded_proto_header,
        [str(peer.host), peer.port],
        "http",
    )
    return f"{client[0]}:{client[1]}"


def _begin(request: Any, upgrade: Upgrade) -> None:
    """Stop reading now; move in the next turn, when the channel has put away what it had read."""
    request.channel.transport.stopReading()
    request.channel.setTimeout(None)
    asyncio.get_event_loop().call_soon(_move, request, upgrade)


def _move(request: Any, upgrade: Upgrade) -> None:
    channel = request.channel
    transport = channel and channel.transport
    if not transport or not transport.connected:
        return
    carried = b"".join(channel._dataBuffer) + bytes(channel._buffer)
    moved: socket.socket = transport.socket
    transport.stopReading()
    transport.stopWriting()
    # Twisted must neither close the socket nor know its number any more.
    del transport.socket, transport.fileno
    transport.connected, transport.disconnected = 0, 1
    channel.setTimeout(None)
    channel.unregisterProducer()
    request.server.protocol_disconnected(request)
    transport.protocol = channel.transport = request.transport = request.channel = None
    channel.requests.clear()
    spawn(_serve(moved, upgrade, carried), "a socket's way into the lane")


async def _serve(moved: socket.socket, upgrade: Upgrade, carried: bytes) -> None:
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_accepted_socket(lambda: LaneSocket(upgrade, carried), moved)
    except OSError as exc:  # the peer is gone already
        logger.info("a socket was lost on its way into the lane: %s", exc)
        moved.close()
    except BaseException:
        moved.close()
        raise
