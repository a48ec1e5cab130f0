"""PostgreSQL and Redis restarted, a worker killed, each under the load of hundreds of clients:
nothing acknowledged is lost, nothing is doubled, everybody catches up, /healthz tells the truth.

    pytest -m soak tests/e2e/test_chaos.py

The database and Redis are the test's own. IM_SOAK_CLIENTS: how many clients, 500 by default.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from imadmin.testclient.native import NativeClient
from tests.e2e.backends import PrivatePostgres, PrivateRedis, postgres_bin
from tests.e2e.chatting import Chatter, stored, until, workers_of
from tests.e2e.people import APPKEY, PASSWORD, People, make_people
from tests.e2e.servers import Server
from tests.requirements import missing, need_command

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

CLIENTS = int(os.environ.get("IM_SOAK_CLIENTS", "500"))
PAUSE_S = 1.0
AWAY_S = 3.0
CAUGHT_UP_S = 30.0


@dataclass
class World:
    server: Server
    people: People
    postgres: PrivatePostgres
    redis: PrivateRedis


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    need_command("redis-server")
    if postgres_bin() is None:
        missing("no PostgreSQL programs on this machine")
    place = tmp_path_factory.mktemp("chaos")
    postgres, redis = PrivatePostgres(place).start(), PrivateRedis(place).start()
    env = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
    server = Server(place / "data", env, ("--workers", "2"))
    server.manage("migrate", "-v0")
    people = make_people(server, users=4 * CLIENTS, rooms=0)
    server.start()
    yield World(server, people, postgres, redis)
    server.terminate(timeout_s=60)
    redis.stop()
    postgres.stop()


async def health(server: Server) -> dict[str, str]:
    """What some worker says; {} while none answers."""
    try:
        async with httpx.AsyncClient(timeout=20) as http:
            answer = await http.get(f"{server.base_url}/healthz")
    except httpx.HTTPError:
        return {}
    said: dict[str, str] = answer.json()
    assert (answer.status_code == 200) == (said["status"] == "ok")
    return said


async def healthy_again(server: Server) -> None:
    while (await health(server)).get("status") != "ok":  # noqa: ASYNC110  (another process)
        await asyncio.sleep(0.2)


async def chat_through(world: World, disturb: Callable[[], Awaitable[None]]) -> None:
    names = world.people.take(CLIENTS)
    url = f"{world.server.ws_url}/ws/native/"
    chatters = [
        Chatter(NativeClient(url, APPKEY, name, password=PASSWORD), names[n ^ 1], PAUSE_S)
        for n, name in enumerate(names)
    ]
    is_over = asyncio.Event()
    running = [asyncio.create_task(one.run(is_over)) for one in chatters]
    await until(lambda: all(len(one.acked) > 1 for one in chatters))
    await disturb()
    counts = [len(one.acked) for one in chatters]
    await until(lambda: all(len(c.acked) > n for c, n in zip(chatters, counts, strict=True)))
    is_over.set()
    await asyncio.gather(*running)
    over_at = time.monotonic()
    sent_to = {chatters[n ^ 1].client.user: one for n, one in enumerate(chatters)}

    def missing() -> dict[str, set[str]]:
        """By user, the ids that were acknowledged to the friend and did not come."""
        lacks = {c.client.user: set(sent_to[c.client.user].acked.values()) - c.heard
                 for c in chatters}  # fmt: skip
        return {user: ids for user, ids in lacks.items() if ids}

    while missing() and time.monotonic() - over_at < CAUGHT_UP_S:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    assert missing() == {}
    gate = asyncio.Semaphore(8)

    async def check(one: Chatter) -> None:
        async with gate:
            kept = await stored(world.server, one.friend, one.client.user)
            acked = list(one.acked.items())
            assert sorted(set(acked) - set(kept)) == [], "acknowledged and lost"
            assert sorted(set(kept) - set(acked)) == [], "stored twice"
            assert kept == acked, "out of order"
            await one.client.close()

    await asyncio.gather(*(check(one) for one in chatters))


@pytest.mark.parametrize(("backend", "said_by"), [("postgres", "database"), ("redis", "layer")])
async def test_a_backend_is_killed_and_started_again(world, backend, said_by):
    private = getattr(world, backend)

    async def disturb() -> None:
        await asyncio.to_thread(private.stop)
        said = await health(world.server)
        assert said[said_by].startswith("no answer")
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(private.start)
        await healthy_again(world.server)

    await chat_through(world, disturb)


async def test_a_worker_is_killed(world):
    async def disturb() -> None:
        victim = min(workers_of(world.server))
        os.kill(victim, signal.SIGKILL)
        await until(lambda: len(workers_of(world.server) - {victim}) == 2)
        await healthy_again(world.server)

    await chat_through(world, disturb)
