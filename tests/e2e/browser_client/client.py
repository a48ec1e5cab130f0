"""static/sdk/imadmin.js in Node, driven from Python: one process a client."""

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.sdk.clients import TOOLS
from tests.e2e.servers import ROOT
from tests.npm import installed
from tests.requirements import need_command

Json = dict[str, Any]

DRIVER = Path(__file__).parent / "driver.mjs"
LIBRARY = ROOT / "static" / "sdk" / "imadmin.js"
DEADLINE_S = 30.0


class Refused(Exception):
    """The promise was rejected. `code` is the ImError's."""

    def __init__(self, error: Json) -> None:
        self.code = error["code"]
        super().__init__(f"{self.code}: {error['message']}")


class Client:
    """One ImClient. Everything it told is in `events`, in order."""

    def __init__(self, url: str, user: str, **options: Any) -> None:
        self.user = user
        self.events: list[tuple[str, Json]] = []
        base = {"url": f"{url}/ws/native/", "appkey": APPKEY, "user": user, "password": PASSWORD}
        self._options = {**base, **options}
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> "Client":
        self._process = await asyncio.create_subprocess_exec(
            need_command("node"), str(DRIVER), str(LIBRARY), str(installed("tools", *TOOLS)),
            json.dumps(self._options),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())
        return self

    async def connected(self) -> "Client":
        await self.start()
        await self.call("connect")
        await self.wait(lambda: any(self.heard("open")))
        return self

    def begin(self, name: str, *args: Any) -> "asyncio.Future[Any]":
        """Call a method; the future is its promise."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        order = {"id": number, "call": name, "args": args}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return answer

    async def call(self, name: str, *args: Any) -> Any:
        async with asyncio.timeout(DEADLINE_S):
            return await self.begin(name, *args)

    def heard(self, name: str) -> list[Json]:
        return [data for event, data in self.events if event == name]

    async def wait(self, condition: Callable[[], object]) -> None:
        """Until the condition on what was heard holds."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{self.user} heard only {self.events[-20:]}") from None

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reader is not None:
            await self._reader
        for answer in self._answers.values():
            answer.cancel()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "event" in told:
                self.events.append((told["event"], told["data"]))
                self._changed.set()
            elif not (answer := self._answers.pop(told["id"])).done():
                if "error" in told:
                    answer.set_exception(Refused(told["error"]))
                else:
                    answer.set_result(told["ok"])
