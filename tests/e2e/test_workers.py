"""`up --workers 2`: renewed by SIGHUP and killed under load, and nothing acknowledged is lost."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
import redis
from websockets.exceptions import InvalidHandshake

from imadmin.testclient.native import Lost, NativeClient, Refused
from tests.e2e.people import APPKEY, PASSWORD, People, make_people
from tests.e2e.servers import Server
from tests.requirements import need_postgres, need_redis

pytestmark = [pytest.mark.e2e, pytest.mark.redis, pytest.mark.postgres]

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


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, People]]:
    postgres, redis_url = need_postgres(), need_redis()
    name = f"imadmin_workers_{os.getpid()}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    redis.Redis.from_url(redis_url).flushdb()
    env = {"DATABASE_URL": postgres.rpartition("/")[0] + f"/{name}", "REDIS_URL": redis_url}
    server = Server(tmp_path_factory.mktemp("workers") / "data", env, ("--workers", "2"))
    people = make_people(server, users=20, rooms=0)
    server.start()
    yield server, people
    assert server.terminate(timeout_s=60) == 0
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass
class Chatter:
    """Sends to a friend as fast as it is answered, as the same device through every reconnect,
    and sends again, under the same id, what it had no answer to."""

    client: NativeClient
    friend: str
    acked: dict[str, str] = field(default_factory=dict)  # client id → message id
    reconnects: int = 0
    number: int = 0

    async def run(self, is_over: asyncio.Event) -> None:
        await self.client.connect()
        while not is_over.is_set():
            self.number += 1
            await self._send(f"{self.client.user}-{self.number}")

    async def _send(self, id_: str) -> None:
        to = {"type": "user", "id": self.friend}
        while True:
            try:
                answer = await self.client.ask(
                    "send", to=to, body={"type": "txt", "msg": id_}, id=id_
                )
            except (Lost, TimeoutError):
                await self._come_back()
            else:
                self.acked[id_] = answer["id"]
                return

    async def _come_back(self) -> None:
        self.reconnects += 1
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    await self.client.reconnect()
                except (Lost, OSError, TimeoutError, Refused, InvalidHandshake):
                    await asyncio.sleep(0.05)
                else:
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
        found += [(one["body"]["msg"], one["id"]) for one in page["messages"]]
        if page["end"]:
            break
        before = page["messages"][-1]["id"]
    await client.close()
    return found[::-1]


async def chat_through(
    server: Server, people: People, disturb: Callable[[], Awaitable[None]]
) -> list[Chatter]:
    """Six chatters while something is done to the server; each message is stored once, in order,
    under the id of its acknowledgement."""
    names = people.take(6)
    url = f"{server.ws_url}/ws/native/"
    chatters = [
        Chatter(NativeClient(url, APPKEY, name, password=PASSWORD), names[(n + 1) % 6])
        for n, name in enumerate(names)
    ]
    is_over = asyncio.Event()
    running = [asyncio.create_task(one.run(is_over)) for one in chatters]
    await until(lambda: all(len(one.acked) > 5 for one in chatters))
    await disturb()
    counts = [len(one.acked) for one in chatters]
    await until(
        lambda: all(len(one.acked) > n + 5 for one, n in zip(chatters, counts, strict=True))
    )
    is_over.set()
    await asyncio.gather(*running)
    for one in chatters:
        kept = await stored(server, one.friend, one.client.user)
        assert kept == list(one.acked.items())
        await one.client.close()
    return chatters


async def test_a_renewal_loses_nothing(world):
    server, people = world
    before = workers_of(server)
    assert len(before) == 2

    async def renew() -> None:
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        await until(lambda: len(workers_of(server)) == 2 and not workers_of(server) & before)

    chatters = await chat_through(server, people, renew)
    # Each was told to go once, by the worker that it was on.
    assert all(one.reconnects >= 1 for one in chatters)
    assert "Traceback" not in server.log()


async def test_a_killed_worker_is_replaced_and_its_clients_go_on(world):
    server, people = world
    before = workers_of(server)
    victim = min(before)

    async def kill() -> None:
        os.kill(victim, signal.SIGKILL)
        await until(lambda: len(workers_of(server) - {victim}) == 2)

    chatters = await chat_through(server, people, kill)
    async with httpx.AsyncClient(timeout=20) as http:
        lines = (await http.get(f"{server.base_url}/metrics")).text.splitlines()
    counted = {line.split()[0]: line.split()[1] for line in lines}
    # Of all workers, those that are gone included.
    assert float(counted["imadmin_entries_stored_total"]) >= sum(len(c.acked) for c in chatters)
    assert f"worker {victim} ended with -9" in server.log()
