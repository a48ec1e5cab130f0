"""A TCP proxy that ends every connection after a number of bytes: a line that breaks."""

import asyncio
import contextlib
from collections.abc import Iterator


class CuttingProxy:
    """`cuts`: the bytes, both ways together, that each connection lives for; then for ever."""

    def __init__(self, port: int, cuts: Iterator[int]) -> None:
        self._port = port
        self._cuts = cuts
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.ended = 0

    async def __aenter__(self) -> "CuttingProxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._lines)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        left = [next(self._cuts, 2**60)]
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, up_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, up_writer, left))
                group.create_task(self._pump(up_reader, writer, left))
        except* (ConnectionError, EOFError):
            self.ended += 1
        finally:
            self._lines.discard(task)
            for one in (writer, up_writer):
                one.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int]
    ) -> None:
        while data := await reader.read(4096):
            part = data[: left[0]]
            left[0] -= len(part)
            writer.write(part)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            if left[0] <= 0:
                raise EOFError
        raise EOFError
