"""A bare native client for whole-server tests: it keeps everything it was told, in order."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

Json = dict[str, Any]
DEADLINE_S = 20.0


class Device:
    """One device of a user; `async with Device(url, appkey, token) as device`.

    `events` holds what the server pushed. Log-in does not sync: call `catch_up`.
    """

    def __init__(self, ws_url: str, appkey: str, token: str, device: str) -> None:
        self.events: list[Json] = []
        self._url = f"{ws_url}/ws/native/"
        self._login = {"appkey": appkey, "token": token, "device": device}
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._news = asyncio.Condition()
        self._refs = 0
        self._socket: ClientConnection
        self._reader: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url, open_timeout=DEADLINE_S, proxy=None)
        self._reader = asyncio.create_task(self._read())
        await self.ask("login", **self._login)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._socket.close()
        await self._reader

    async def ask(self, op: str, **fields: Any) -> Json:
        """The answer of one operation, which must be a success."""
        self._refs += 1
        ref = str(self._refs)
        waiting = self._answers[ref] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"op": op, "ref": ref, **fields}))
        answer: Json = await asyncio.wait_for(waiting, DEADLINE_S)
        assert answer["ok"], answer
        return answer

    async def catch_up(self) -> list[Json]:
        """What this device missed, messages only, oldest first in each conversation."""
        page = await self.ask("sync")
        found = list(page["events"])
        while page["more"]:
            page = await self.ask("sync", after=page["next"])
            found += page["events"]
        return [event["message"] for event in found if event["ev"] == "message"]

    async def messages(self, count: int) -> list[Json]:
        """The first messages pushed, once there are `count`; all there are by then."""
        async with self._news:
            await asyncio.wait_for(
                self._news.wait_for(lambda: len(self._pushed()) >= count), DEADLINE_S
            )
        return self._pushed()

    async def history(self, kind: str, name: str) -> list[Json]:
        """A conversation's messages, oldest first."""
        place = {"type": kind, "id": name}
        page = await self.ask("history", conversation=place, before="-1", limit=100)
        return list(reversed(page["messages"]))

    def _pushed(self) -> list[Json]:
        return [event["message"] for event in self.events if event["ev"] == "message"]

    async def _read(self) -> None:
        async for frame in self._socket:
            told = json.loads(frame)
            if "re" in told:
                self._answers.pop(told["re"]).set_result(told)
                continue
            async with self._news:
                self.events.append(told)
                self._news.notify_all()
