"""A WebSocket client in as few instructions as it takes: the generator must stay cheaper than the
server. Whole frames only, a mask of zeros, no extensions."""

import asyncio
import struct
from collections.abc import Callable
from typing import cast

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
_NO_MASK = b"\0\0\0\0"
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


class RawSocket(asyncio.Protocol):
    """`on_frame` gets each whole frame's payload; `lost` is done when the connection ends, and
    `close_code` is what the server's close frame gave as the reason (0: there was none)."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.on_frame: Callable[[bytes], None] = lambda _: None
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self.close_code = 0

    async def connect(self, host: str, port: int, path: str, subprotocol: str = "") -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, port)
        more = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        self._write(_UPGRADE.format(path=path, host=host, port=port, more=more).encode())
        await asyncio.wait_for(self.opened, 30)

    def put(self, payload: bytes, kind: int = TEXT) -> None:
        size = len(payload)
        short = size < 126
        head = bytes((kind, 0x80 | size)) if short else struct.pack("!BBH", kind, 0xFE, size)
        self._write(head + _NO_MASK + payload)

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            raise ConnectionError("not connected")
        self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the upgrade was refused"))
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        pos = 0
        if not self.opened.done():
            pos = data.find(b"\r\n\r\n") + 4
            if pos == 3:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(data[:100].decode(errors="replace")))
                return
            self.opened.set_result(None)
        self._rest = data[self._frames(data, pos) :]

    def _frames(self, data: bytes, pos: int) -> int:
        """Hand on the whole frames; where the first cut one begins."""
        end = len(data)
        while end - pos >= 2:
            kind, size, at = data[pos], data[pos + 1], pos + 2
            if size == 126:
                if end - pos < 4:
                    return pos
                size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
            elif size == 127:
                if end - pos < 10:
                    return pos
                size, at = int.from_bytes(data[at : at + 8], "big"), at + 8
            if end - at < size:
                return pos
            pos = at + size
            if kind == PING:
                self.put(data[at:pos], PONG)
            elif kind == CLOSE:
                self.close_code = int.from_bytes(data[at : at + 2], "big")
                self.drop()
            else:
                self.on_frame(data[at:pos])
        return pos
