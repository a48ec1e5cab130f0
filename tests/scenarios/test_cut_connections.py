"""Connections that end at any byte while 200 messages go over them: each arrives once, in order."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import WebSocketException

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import Lost
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

SENDS = 200
CUTS = 6
# Bytes of a connection: its handshake and log-in take the first thousand, 200 texts some 15,000.
MOST_BYTES = 6_000
CUT_OFF = (Lost, OSError, EOFError, WebSocketException)


class Cutter:
    """A TCP proxy that ends a connection after so many bytes of one direction, then the next one
    after as many as follow in `cuts`; without any left it only forwards."""

    def __init__(self, server: Server, cuts: list[tuple[str, int]]) -> None:
        self._target = urlsplit(server.ws_url)
        self._cuts = cuts
        self._tasks: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self.done = 0
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Cutter"]:
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            listener.close()
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.gather(*self._tasks)

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        host, port = self._target.hostname, self._target.port
        far, out = await asyncio.open_connection(host, port)
        where, after = self._cuts.pop(0) if self._cuts else ("", 0)
        ends = (back, out)
        for source, sink, direction in ((near, out, "up"), (far, back, "down")):
            left = after if direction == where else None
            self._tasks.append(asyncio.create_task(self._forward(source, sink, left, ends)))
        self._writers += ends

    async def _forward(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        left: int | None,
        ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> None:
        try:
            while part := await source.read(4096):
                if left is not None and len(part) >= left:
                    sink.write(part[:left])
                    await sink.drain()
                    self.done += 1
                    break
                sink.write(part)
                await sink.drain()
                left = None if left is None else left - len(part)
        except OSError:
            pass  # the other direction ended it
        for end in ends:
            end.transport.abort()


def drawn(where: str, seed: int) -> list[tuple[str, int]]:
    draw = random.Random(seed)
    return [(where, draw.randint(1, MOST_BYTES)) for _ in range(CUTS)]


async def back_online(client: MsyncClient) -> None:
    """Connect, however often that is cut too."""
    while True:
        try:
            await client.connect()
        except CUT_OFF:
            continue
        return


Send = Callable[[int], Awaitable[object]]


async def send_all(client: MsyncClient, send: Send) -> None:
    """Send every number; what had no answer goes again, under the same id."""
    left = list(range(SENDS))
    while left:
        await back_online(client)
        outcomes = await asyncio.gather(*[send(n) for n in left], return_exceptions=True)
        for outcome in outcomes:
            assert not isinstance(outcome, BaseException) or isinstance(outcome, Lost)
        left = [n for n, outcome in zip(left, outcomes, strict=True) if isinstance(outcome, Lost)]


async def hear_all(client: MsyncClient) -> list[str]:
    """The texts of all messages that come, over as many connections as it takes."""
    texts: list[str] = []
    while len(texts) < SENDS:
        try:
            texts.append((await client.expect("message"))["message"]["body"]["msg"])
        except Lost:
            await back_online(client)
    await client.ping()
    assert [event for event in client.events if event["ev"] == "message"] == []
    return texts


def resender(client: MsyncClient, to: str) -> Send:
    """A number's text has its own local id, whenever it is sent."""
    ids = 530_000_000_000

    def send(n: int) -> Awaitable[object]:
        return client.start(client.message(to, {"type": "txt", "msg": str(n)}), id=ids + n)

    return send


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_is_lost_or_doubled_by_connections_cut_at_any_byte(
    server: Server, people: People, seed: int
) -> None:
    name1, name2 = people.take(2)
    near, far = Cutter(server, drawn("up", seed)), Cutter(server, drawn("down", seed + 100))
    async with near.running(), far.running():
        sender = MsyncClient(f"{near.url}/websocket", APPKEY, name1, password=PASSWORD)
        receiver = MsyncClient(f"{far.url}/websocket", APPKEY, name2, password=PASSWORD)
        await back_online(receiver)
        _, texts = await asyncio.gather(
            send_all(sender, resender(sender, name2)), hear_all(receiver)
        )
        await sender.close()
        await receiver.close()
    assert texts == [str(n) for n in range(SENDS)]
    assert near.done > 0
    assert far.done > 0
