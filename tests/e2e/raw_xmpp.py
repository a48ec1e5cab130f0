"""A line to the XMPP wire that sends whatever bytes a test wants, well-formed or not."""

import asyncio
import base64
import os
import struct

from tests.e2e.people import APPKEY, PASSWORD

TEXT, BINARY, CONTINUED, CLOSE = 0x1, 0x2, 0x0, 0x8
DEADLINE_S = 20

OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='easemob.com' version='1.0'/>"
_UPGRADE = (
    "GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n"
)


class Line:
    """One socket; nothing but text frames and the end is looked at."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Line":
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        line._writer.write(_UPGRADE.format(port=port, key=key).encode())
        head = await asyncio.wait_for(line._reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
        assert head.startswith(b"HTTP/1.1 101"), head
        return line

    def put(self, payload: bytes | str, opcode: int = TEXT, *, last: bool = True) -> None:
        """One WebSocket frame, masked with zeros."""
        data = payload.encode() if isinstance(payload, str) else payload
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", opcode | last << 7, 0x80 | size)
        elif size < 2**16:
            head = struct.pack("!BBH", opcode | last << 7, 0xFE, size)
        else:
            head = struct.pack("!BBQ", opcode | last << 7, 0xFF, size)
        self._writer.write(head + bytes(4) + data)

    async def frame(self) -> str | None:
        """The next text frame; None once the server has closed the line."""
        while True:
            try:
                first, second = await asyncio.wait_for(self._reader.readexactly(2), DEADLINE_S)
                size = second & 0x7F
                if size == 126:
                    size = int.from_bytes(await self._reader.readexactly(2), "big")
                elif size == 127:
                    size = int.from_bytes(await self._reader.readexactly(8), "big")
                data = await self._reader.readexactly(size)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            if first & 0x0F == CLOSE:
                return None
            if first & 0x0F == TEXT:
                return data.decode()

    async def log_in(self, user: str) -> None:
        """As the vendor's clients do, up to the roster's answer after the first presence."""
        name = f"{APPKEY}_{user}"
        proof = base64.b64encode(f"{name}@easemob.com\0{name}\0{PASSWORD}".encode()).decode()
        steps = (
            (OPEN, "<stream:features "),
            (
                f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>",
                "<success ",
            ),
            (OPEN, "<stream:features "),
            (
                "<iq type='set' id='b' xmlns='jabber:client'>"
                "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>webim</resource></bind>"
                "</iq>",
                "<iq ",
            ),
            ("<presence xmlns='jabber:client'/>", ""),
            (
                "<iq type='get' id='r' xmlns='jabber:client'><query xmlns='jabber:iq:roster'/>"
                "</iq>",
                "<iq ",
            ),
        )
        for sent, wanted in steps:
            self.put(sent)
            while wanted:
                heard = await self.frame()
                assert heard is not None, sent
                if heard.startswith(wanted):
                    break

    async def said(self) -> list[str]:
        """Every text frame from now to the server's close; then the line is closed."""
        heard = []
        while (frame := await self.frame()) is not None:
            heard.append(frame)
        self.drop()
        return heard

    def drop(self) -> None:
        self._writer.transport.abort()
