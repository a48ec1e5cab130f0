"""Real SDKs from npm, driven from Python: one Node process a version."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.servers import Server
from tests.npm import NodeServer, installed

Json = dict[str, Any]

DRIVER = Path(__file__).parent / "driver.js"
TOOLS = ("ws@8", "xhr2@0.2.1")
DEADLINE_S = 15.0
INSTALL_S = 180


class Refused(Exception):
    """The SDK's promise was rejected, or its `fail` called. `error` is what it gave."""

    def __init__(self, error: Any) -> None:
        self.error = error
        super().__init__(json.dumps(error, ensure_ascii=False)[:500])

    @property
    def type(self) -> Any:
        return self.error.get("type") if isinstance(self.error, dict) else None


def shows(refusal: Refused, number: int) -> bool:
    """Whether an application sees this type. Mini-program 4.8.1 hands over the answer as it came,
    without one (msync.md 9.2)."""
    error = refusal.error
    is_raw = isinstance(error, dict) and int(error.get("statusCode", 200)) >= 400
    return is_raw or bool(refusal.type == number)


class NotHeard(AssertionError):
    """An event did not come in time; says what came instead."""


def sdk_module(version: str) -> Path:
    """What Node requires: of "4.21.1" the web build, of "mini-4.21.1" the mini-program's, of
    "agora-1.4.0" agora-chat."""
    kind, _, number = version.rpartition("-")
    package = "agora-chat" if kind == "agora" else "easemob-websdk"
    module = installed(f"{package}-{number}", f"{package}@{number}") / package
    return module / "miniProgram" / "Easemob-chat.js" if kind == "mini" else module


def is_old(version: str) -> bool:
    return version.startswith("3.")


def is_early(version: str) -> bool:
    """4.0 to 4.8 and all before: they resolve open() when they have a token."""
    kind, _, number = version.rpartition("-")
    major, minor = (int(part) for part in number.split(".")[:2])
    return kind != "agora" and (major, minor) <= (4, 8)


def tells_too_many_devices(version: str) -> bool:
    """From 4.19 on, as a refusal of its own (msync.md 3.4)."""
    kind, _, number = version.rpartition("-")
    return kind != "agora" and tuple(int(part) for part in number.split(".")[:2]) >= (4, 19)


def uses_sockjs(version: str) -> bool:
    """Web builds up to 4.8 speak SockJS, mini-program builds never (msync.md 2.1)."""
    return is_early(version) and not version.startswith("mini-")


class Driver(NodeServer):
    """One Node process for all clients of a version; each is a browser of its own in it."""

    def __init__(self, version: str) -> None:
        super().__init__(DRIVER, sdk_module(version), installed("tools", *TOOLS))


class Sdk:
    """One connection of an unmodified SDK. Events that nobody expected yet are in `events`."""

    def __init__(
        self, driver: Driver, server: Server, version: str, user: str, appkey: str = APPKEY,
        **options: Any,
    ) -> None:  # fmt: skip
        self.server = server
        self.version = version
        self.user = user
        self.appkey = appkey
        self.old = is_old(version)
        self.options = options
        self.events: deque[Json] = deque(maxlen=5000)
        self._driver = driver
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Event()
        self._orders: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> "Sdk":
        said, self._orders = await asyncio.open_connection(
            "127.0.0.1", self._driver.port, limit=2**24
        )
        self._reader = asyncio.create_task(self._read(said))
        await self.expect("ready")
        await self._order(make=self._connection_options())
        return self

    def _connection_options(self) -> Json:
        base = self.server.base_url
        sockjs = uses_sockjs(self.version)
        made = {
            "appKey": self.appkey,
            "isHttpDNS": False,
            "url": f"{base}/ws" if sockjs else f"{self.server.ws_url}/websocket",
            "apiUrl": base,
            "https": False,
            "heartBeatWait": 5000,
            "autoReconnectNumMax": 5,
            "isMultiLoginSessions": True,
        }
        return made | self.options

    async def stop(self) -> None:
        """Close the browser, without logging out."""
        if self._orders is None:
            return
        self._orders.close()
        await self._orders.wait_closed()
        if self._reader is not None:
            await self._reader

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            said = json.loads(line)
            if "id" not in said:
                self.events.append(said)
                self._changed.set()
                continue
            answer = self._answers.pop(said["id"], None)
            if answer is None or answer.done():
                continue
            if "error" in said:
                answer.set_exception(Refused(said["error"]))
                answer.exception()  # whoever still waits gets it; nobody needs to
            else:
                answer.set_result(said.get("ok"))

    def start_order(self, **order: Any) -> "asyncio.Future[Any]":
        assert self._orders is not None
        number = next(self._ids)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self._orders.write(json.dumps({"id": number, **order}).encode() + b"\n")
        return answer

    async def _order(self, **order: Any) -> Any:
        return await asyncio.wait_for(self.start_order(**order), DEADLINE_S)

    # What an application does

    async def open(self, **more: Any) -> "Sdk":
        """Log in with the password, and wait for the connection."""
        asked = {"user": self.user, "pwd": PASSWORD, **more}
        asked = {key: value for key, value in asked.items() if value is not None}
        if self.old:
            await self._order(call="open", args=[asked | {"appKey": self.appkey}])
            await self.expect("onOpened")
        else:
            await self._order(call="open", args=[asked])
            await self.expect("onConnected")
        return self

    async def call(self, name: str, *args: Any) -> Any:
        return await self._order(call=name, args=list(args))

    async def call_back(self, name: str, options: Json) -> Any:
        """A call whose outcome comes by `success` or `fail` (3.x)."""
        return await self._order(call=name, args=[options], callbacks=True)

    async def send(self, kind: str, to: str, **fields: Any) -> str:
        """Send a message; its server id."""
        answer = await self.start_send(kind, to, **fields)
        return str(answer.get("serverMsgId", ""))

    def start_send(self, kind: str, to: str, **fields: Any) -> "asyncio.Future[Any]":
        message: Json = {"type": kind, "to": to, "chatType": "singleChat", **fields}
        return self.start_order(send=message)

    async def send_text(self, to: str, text: str, **fields: Any) -> str:
        return await self.send("txt", to, msg=text, **fields)

    async def edit(self, message_id: str, to: str, text: str) -> Any:
        """Change a text (gen 4)."""
        message = {"type": "txt", "to": to, "chatType": "singleChat", "msg": text}
        return await self._order(edit=message, messageId=message_id)

    async def upload(self, path: Path) -> Json:
        """What the server says of a file that a mini-program's host uploads."""
        org, app = self.appkey.split("#")
        url = f"{self.server.base_url}/{org}/{app}/chatfiles"
        answer = await self._order(upload={"url": url, "path": str(path)})
        assert answer["statusCode"] == 200
        said: Json = json.loads(answer["data"])
        return said

    async def cut(self) -> None:
        """The socket dies under the SDK, as in a tunnel."""
        await self._order(cut=True)

    async def close(self) -> None:
        """Log out by the SDK."""
        await self._order(call="close")

    # What it is told

    async def expect(
        self, event: str, where: Mapping[str, Any] | None = None, timeout_s: float = DEADLINE_S
    ) -> Any:
        """Take the first event of a name whose data has these values (as texts); the data."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            self._changed.clear()
            for said in self.events:
                if said["event"] == event and _fits(said.get("data"), where or {}):
                    self.events.remove(said)
                    return said.get("data")
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                came = json.dumps(list(self.events), ensure_ascii=False)[:3000]
                raise NotHeard(f"{self.user} waited for {event} {where}; came: {came}")
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                continue


def _fits(data: Any, where: Mapping[str, Any]) -> bool:
    got = data if isinstance(data, dict) else {}
    return all(str(got.get(key)) == str(value) for key, value in where.items())
