"""People who chat without end, whatever happens to the server, and what it has stored of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from websockets.exceptions import InvalidHandshake

from imadmin.testclient.native import Lost, NativeClient, Refused
from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.servers import Server

DEADLINE_S = 240.0  # two workers start one after the other, on a machine that may be busy


def workers_of(server: Server) -> set[int]:
    """The processes below the supervisor."""
    assert server.process is not None
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == server.process.pid and fields[0] != "Z":
                found.add(int(entry.name))
    return found


async def until(is_so: Callable[[], bool]) -> None:
    """Nothing tells us: look again shortly."""
    async with asyncio.timeout(DEADLINE_S):
        while not is_so():  # noqa: ASYNC110  (another process)
            await asyncio.sleep(0.05)


@dataclass
class Chatter:
    """Sends to a friend as fast as it is answered, as the same device through every reconnect,
    and sends again, under the same id, what it had no answer to."""

    client: NativeClient
    friend: str
    pause_s: float = 0.0
    acked: dict[str, str] = field(default_factory=dict)  # client id → message id
    synced: set[str] = field(default_factory=set)  # ids of messages read after a reconnect
    reconnects: int = -1
    number: int = 0

    async def run(self, is_over: asyncio.Event) -> None:
        await self._come_back()
        while not is_over.is_set():
            self.number += 1
            await self._send(f"{self.client.user}-{self.number}")
            await asyncio.sleep(self.pause_s)

    @property
    def heard(self) -> set[str]:
        """Ids of the messages that came, pushed or read."""
        return self.synced | {one["id"] for one in self.client.events if one["ev"] == "message"}

    async def _send(self, id_: str) -> None:
        to = {"type": "user", "id": self.friend}
        while True:
            try:
                answer = await self.client.ask(
                    "send", to=to, body={"type": "txt", "msg": id_}, id=id_
                )
            except (Lost, TimeoutError):
                await self._come_back()
            except Refused as refusal:
                if refusal.code != "store_unavailable":
                    raise
            else:
                self.acked[id_] = answer["id"]
                return

    async def _come_back(self) -> None:
        self.reconnects += 1
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    await self.client.reconnect()
                    missed = await self.client.sync()
                except (Lost, OSError, TimeoutError, Refused, InvalidHandshake):
                    await asyncio.sleep(0.05)
                else:
                    self.synced |= {one["id"] for one in missed if one["ev"] == "message"}
                    return


async def stored(server: Server, reader: str, peer: str) -> list[tuple[str, str]]:
    """(client id as the text says, message id) of everything from a peer, oldest first."""
    url = f"{server.ws_url}/ws/native/"
    client = NativeClient(url, APPKEY, reader, password=PASSWORD, device="reader")
    await client.connect()
    found: list[tuple[str, str]] = []
    before = "-1"
    while True:
        page = await client.history(peer, before, limit=100)
        found += [
            (one["body"]["msg"], one["id"]) for one in page["messages"] if one["from"] == peer
        ]
        if page["end"]:
            break
        before = page["messages"][-1]["id"]
    await client.close()
    return found[::-1]
