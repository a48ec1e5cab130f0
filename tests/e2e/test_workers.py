"""`up --workers 2`: renewed by SIGHUP and killed under load, and nothing acknowledged is lost."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest

from imadmin.testclient.native import NativeClient
from tests.e2e.chatting import Chatter, stored, until, workers_of
from tests.e2e.people import APPKEY, PASSWORD, People, make_people
from tests.e2e.servers import Server

pytestmark = [pytest.mark.e2e, pytest.mark.redis, pytest.mark.postgres]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, People]]:
    server = Server(tmp_path_factory.mktemp("workers") / "data", kind="workers")
    people = make_people(server, users=20, rooms=0)
    server.start()
    yield server, people
    assert server.terminate(timeout_s=60) == 0


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
