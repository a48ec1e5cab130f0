"""Unmodified easemob-websdk 1.x clients in Node, and where their packages come from."""

import asyncio
import json
import os
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.servers import Server
from tests.npm import NodeServer, installed

Json = dict[str, Any]

DRIVER = Path(__file__).with_name("driver.cjs")
DEADLINE_S = 15.0
VERSIONS = tuple(os.environ.get("IM_TEST_SDK1", "1.4.15,1.11.1").split(","))
_JSDOM = "jsdom@24.1.3"  # runs on Node 18 and later


def need_packages() -> Path:
    """The node_modules with the chosen versions of the SDK, each under a name of its own."""
    named = [f"easemob-websdk-{v.replace('.', '-')}@npm:easemob-websdk@{v}" for v in VERSIONS]
    return installed(f"sdk1-{'-'.join(VERSIONS)}", _JSDOM, *named)


# What 1.4.6 calls otherwise; it names neither member nor group there (webim1-xmpp.md §7).
_EARLY_TYPES = {
    "memberJoinChatRoomSuccess": "",
    "memberJoinPublicGroupSuccess": "joinPublicGroupSuccess",
    "removedFromGroup": "leaveGroup",
    **dict.fromkeys(("addAdmin", "removeAdmin", "addMute", "removeMute"), "notify"),
}
_UNNAMED = ("mid", "gid")


class NotHeard(AssertionError):
    """An expected event did not come; says what came instead."""


class CallFailed(Exception):
    """The SDK's error callback; `error` is what it got."""

    def __init__(self, name: str, error: Any) -> None:
        self.error = error
        super().__init__(f"{name}: {error}")


class Browser(NodeServer):
    """One Node process for all pages with one version of the SDK."""

    def __init__(self, version: str, modules: Path) -> None:
        self.version = version
        # From another origin: what a page does needs CORS.
        super().__init__(DRIVER, modules, version, "http://elsewhere.example/")


class SdkClient:
    """A page with the SDK. `events` holds what its listeners were told and nobody expected yet."""

    def __init__(self, server: Server, browser: Browser, user: str, **options: Any) -> None:
        self.server = server
        self.early = browser.version == "1.4.6"
        self.user = user
        self.appkey = APPKEY
        self.events: deque[Json] = deque()
        self.log: list[Json] = []
        self._browser = browser
        self._options = options
        self._answers: dict[int, tuple[str, asyncio.Future[Any]]] = {}
        self._changed = asyncio.Event()
        self._refs = 0
        self._orders: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> Self:
        """Load the page: no connection yet."""
        said, self._orders = await asyncio.open_connection(
            "127.0.0.1", self._browser.port, limit=2**22
        )
        self._reader = asyncio.create_task(self._read(said))
        await self.expect("ready")
        options = {
            "url": f"{self.server.ws_url}/ws/",
            "apiUrl": self.server.base_url,
            "https": False,
            "isHttpDNS": False,
            "isAutoLogin": True,
            "isMultiLoginSessions": False,
            "autoReconnectNumMax": 0,
            "autoReconnectInterval": 1,
            **self._options,
        }
        dns = self.server.base_url if options["isHttpDNS"] else ""
        await self.ask("connect", options=options, dns=dns)
        return self

    async def open(self, password: str = PASSWORD, **more: Any) -> None:
        """Start logging in; `onOpened` or `onError` tells how it went."""
        options = {
            "apiUrl": self.server.base_url,
            "user": self.user,
            "pwd": password,
            "appKey": self.appkey,
            "grant_type": "password",
            **more,
        }
        await self.ask("open", options=options)

    async def log_in(self, **more: Any) -> Json:
        await self.open(**more)
        return await self.expect("onOpened")

    async def ask(self, do: str, **fields: Any) -> Any:
        assert self._orders is not None
        self._refs += 1
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[self._refs] = do, waiting
        line = json.dumps({"id": self._refs, "do": do, **fields})
        self._orders.write(line.encode() + b"\n")
        await self._orders.drain()
        return await asyncio.wait_for(waiting, DEADLINE_S)

    async def call(self, name: str, **options: Any) -> Any:
        """A method of the connection whose success callback is awaited."""
        return await self.ask("call", name=name, options=options, answers=True)

    async def do(self, name: str, *positional: Any) -> Any:
        """A method of the connection that calls nothing back."""
        return await self.ask("call", name=name, positional=list(positional), answers=False)

    async def send(self, to: str, text: str, **options: Any) -> Json:
        """A text; {id, mid} once the server has it."""
        return await self.send_kind("txt", to, msg=text, **options)

    async def send_kind(self, kind: str, to: str, *, group: bool = False, **options: Any) -> Json:
        named = {"to": to, **options}
        made = await self.ask("send", kind=kind, group=group, options=named)
        if kind in ("cmd", "location"):  # these call no success, and take an id of their own
            return await self.expect("onReceivedMessage")
        return await self.expect("sent", {"id": made["id"]} if kind == "txt" else None)

    async def expect(self, name: str, where: Mapping[str, Any] | None = None) -> Json:
        """Take the first event of a listener whose fields have the given values."""
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        while True:
            self._changed.clear()
            for event in self.events:
                if event["ev"] == name and _fits(event["data"], where or {}):
                    self.events.remove(event)
                    data = event["data"]
                    return data if isinstance(data, dict) else {"data": data}
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise NotHeard(f"{self.user} waited for {name} {where}; came: {list(self.events)}")
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                continue

    async def presence(self, type_: str, **where: Any) -> Json:
        """Take a presence of a type by the name that this version gives it."""
        if self.early and type_ in _EARLY_TYPES:
            where = {key: value for key, value in where.items() if key not in _UNNAMED}
            type_ = _EARLY_TYPES[type_]
        return await self.expect("onPresence", {"type": type_, **where})

    async def heard_all(self) -> None:
        """What was caused before is told before the answer of a later roster request."""
        await self.ask("roster")

    def told(self, name: str) -> list[Any]:
        """What a listener was told and nobody expected."""
        return [event["data"] for event in self.events if event["ev"] == name]

    async def kill(self) -> None:
        """The page is gone, without a word to the server."""
        orders, self._orders = self._orders, None
        if orders is not None:
            orders.close()
            await orders.wait_closed()
        if self._reader is not None:
            await self._reader
            self._reader = None

    async def freeze(self) -> None:
        """The page sleeps: its socket stays open and is not read."""
        await self.ask("freeze")

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            said = json.loads(line)
            self.log.append(said)
            if "ev" in said:
                self.events.append(said)
                self._changed.set()
                continue
            do, waiting = self._answers.pop(said["re"])
            if waiting.done():
                continue
            if "error" in said:
                waiting.set_exception(CallFailed(do, said["error"]))
            else:
                waiting.set_result(said["ok"])
        self._changed.set()


def _fits(data: Any, where: Mapping[str, Any]) -> bool:
    return all(isinstance(data, dict) and data.get(key) == value for key, value in where.items())
