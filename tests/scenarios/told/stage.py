"""The people of the table: each role is one user with a device on every wire.

owner and one and other are in the group and the chatroom of a case, out is in neither; guest is
made anew for a case that ends with them.
"""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from imadmin.testclient.hearing import Lost
from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.players import WIRES, Wire
from imadmin.testclient.rest import RestClient
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server
from tests.scenarios.told.cases import Call, Case
from tests.scenarios.told.readers import Ears, Told, msync, native
from tests.scenarios.told.xmpp_reader import xmpp

Json = dict[str, Any]
ROLES = ("owner", "one", "other", "out")
DEADLINE_S = 5.0


class Device:
    """A role's client on one wire, and what came to it."""

    def __init__(self, server: Server, wire: Wire, user: str, token: str) -> None:
        self.wire = wire
        self.user = user
        self.came = asyncio.Event()
        self.stanzas: list[str] = []
        self.client = self._make(server, token)

    def _make(self, server: Server, token: str) -> NativeClient | MsyncClient | XmppClient:
        proof: Json = {"token": token, "tap": self._tap}
        match self.wire:
            case "native":
                return NativeClient(f"{server.ws_url}/ws/native/", APPKEY, self.user, **proof)
            case "msync":
                return MsyncClient(f"{server.ws_url}/websocket", APPKEY, self.user, **proof)
            case "xmpp":
                return XmppClient(f"{server.ws_url}/ws/", APPKEY, self.user, **proof)

    def _tap(self, direction: str, frame: str) -> None:
        if direction == "in":
            self.stanzas.append(frame)
            self.came.set()

    def told(self, ears: Ears) -> list[Told]:
        if self.wire == "xmpp":
            return [told for frame in self.stanzas for told in xmpp(frame, ears)]
        read = native if self.wire == "native" else msync
        return [told for event in self.client.events for told in read(event, ears)]

    async def wait_for(self, count: int, ears: Ears) -> None:
        """So many things were told, or DEADLINE_S is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DEADLINE_S):
                while len(self.told(ears)) < count:
                    self.came.clear()
                    await self.came.wait()

    async def pass_mark(self, mark: str) -> None:
        """A message came, and leaves no trace."""
        with suppress(Lost):
            await self.client.expect("message", {"message.body.msg": mark})
        self.stanzas = [stanza for stanza in self.stanzas if mark not in stanza]

    async def settle(self) -> None:
        """What its worker caused before is here. MSYNC hands out a queue's next batch when the
        last one is acknowledged, so one answer is not enough there."""
        try:
            for _ in range(2 if self.wire == "msync" else 1):
                await self.client.ping()
        except Lost:
            return

    async def refused(self, target: Json) -> None:
        """A message is not taken; the first generation is told that it was, and then why not."""
        try:
            await self.client.send_text(target, "?")
        except Refused:
            return
        assert self.wire == "xmpp", f"{self.wire} took it"
        await self.client.expect("error")

    def forget(self) -> None:
        self.stanzas.clear()
        self.client.events.clear()


@dataclass
class Stage:
    server: Server
    people: People
    backend: RestClient
    users: dict[str, str] = field(default_factory=dict)  # role → username
    devices: dict[str, list[Device]] = field(default_factory=dict)  # role → one a wire
    names: dict[str, str] = field(default_factory=dict)  # placeholder → name or id
    tokens: dict[str, str] = field(default_factory=dict)
    marks: Iterator[int] = field(default_factory=itertools.count)

    async def enter(self, role: str) -> None:
        [user] = self.people.take(1)
        self.users[role] = self.names[role] = user
        self.tokens[role] = await self.backend.user_token(user, PASSWORD)
        made = [Device(self.server, wire, user, self.tokens[role]) for wire in WIRES]
        await asyncio.gather(*(device.client.connect() for device in made))
        self.devices[role] = made

    async def leave(self, role: str) -> None:
        await asyncio.gather(*(device.client.close() for device in self.devices.pop(role)))

    def everybody(self) -> Iterator[tuple[str, Device]]:
        for role, devices in self.devices.items():
            for device in devices:
                yield role, device

    async def call(self, call: Call) -> Json:
        method, path, body = call.method, self._filled(call.path), self._filled(call.body)
        if call.files:
            return await self.backend.call(method, path, files=call.files)
        if call.by:
            return await self.backend.call_as(self.tokens[call.by], method, path, body)
        return await self.backend.call(method, path, body)

    def _filled(self, value: Any) -> Any:
        match value:
            case str():
                return value.format_map(self.names)
            case list():
                return [self._filled(item) for item in value]
            case dict():
                return {self._filled(key): self._filled(item) for key, item in value.items()}
        return value

    async def prepare(self, case: Case) -> None:
        names = self.users
        if "guest" in case.needs:
            await self.enter("guest")
        members = [names[role] for role in ("one", "other", "guest") if role in self.devices]
        if "group" in case.needs:
            self.names["g"] = await self.backend.create_group(names["owner"], "old", members)
        if "room" in case.needs:
            self.names["r"] = await self.backend.create_chatroom(names["owner"], "old", members)
        for call in case.given:
            self.keep(call, await self.call(call))
        await self.settle()
        for _, device in self.everybody():
            device.forget()

    def keep(self, call: Call, answer: Json) -> None:
        if call.keeps:
            self.names[call.keeps] = _id_in(answer["data"])

    async def clear(self, case: Case) -> None:
        for call in case.after:
            await self.call(call)
        for kind, key in (("chatgroups", "g"), ("chatrooms", "r")):
            if key in self.names and not case.destroys:
                await self.backend.call("DELETE", f"/{kind}/{self.names[key]}")
        for key in set(self.names) - set(ROLES):
            del self.names[key]
        if "guest" in self.devices:
            await self.leave("guest")

    async def settle(self) -> None:
        """What was caused before is with everybody. What another worker relays may come after an
        answer of one's own; behind a message of the one that was called it does not. Between two
        logs no order is promised: what the cases say in a pair's has a message behind it there."""
        if self.server.kind == "workers":
            owner, one = self.users["owner"], self.users["one"]
            await self._pass_mark([*self.users], [self.users[role] for role in self.devices])
            await self._pass_mark(["owner", "one"], [one], sender=owner, sync_device=True)
        await asyncio.gather(*(device.settle() for _, device in self.everybody()))

    async def _pass_mark(self, roles: list[str], to: list[str], **more: Any) -> None:
        mark = f"mark {next(self.marks)}."
        await self.backend.send(to, {"msg": mark}, **more)
        devices = [device for role, device in self.everybody() if role in roles]
        await asyncio.gather(*(device.pass_mark(mark) for device in devices))

    def ears(self, role: str) -> Ears:
        called = {"g": "group", "r": "room", "t": "thread", "m": "it"}
        return Ears(role, {name: called.get(key, key) for key, name in self.names.items()})

    async def hear(self, case: Case) -> list[str]:
        """What devices were not told that the case says, and what they were told beside it."""
        wanted = [(role, device, case.told_on(device.wire, role))
                  for role, device in self.everybody()]  # fmt: skip
        waits = (device.wait_for(len(told), self.ears(role)) for role, device, told in wanted)
        await asyncio.gather(*waits)
        await self.settle()
        heard = [await self._compare(*one) for one in wanted]
        return [complaint for complaint in heard if complaint]

    async def refuse(self, target: Json) -> None:
        for device in self.devices["one"]:
            await device.refused(self._filled(target))

    async def _compare(self, role: str, device: Device, wanted: list[Told]) -> str:
        if any(one.what.startswith("closed") for one in wanted):
            await device.client.closed()
        told = device.told(self.ears(role))
        if len(told) == len(wanted) and all(
            one.fits(other) for one, other in zip(sorted(told), sorted(wanted), strict=True)
        ):
            return ""
        return f"{role} on {device.wire} was told {_lines(told)}; should be {_lines(wanted)}"


def _lines(told: list[Told]) -> str:
    return "; ".join(str(one) for one in sorted(told)) or "nothing"


def _id_in(data: Json) -> str:
    """Of what a call made: a file's, else the only id."""
    return str(data.get("file_id") or next(iter(data.values())))
