"""One client sends faster than the server stores, and reads nothing: it is read no faster than
that, the others are served, and in the end each of its messages is answered once, in order."""

import asyncio
import contextlib
import json
import os
import time
from pathlib import Path

import pytest
import websockets

from imadmin.testclient.native import NativeClient
from tests.e2e.people import APPKEY, PASSWORD, make_people
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

FILL = "x" * 3000
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
MOST_GROWN_KB = 32 * 1024  # SQLite's page cache is half of it; the long flood is 60 MB
KINDS_THAT_DIFFER = ("lane", "daphne", "uvicorn")
LONGEST_WAIT_S = 10.0  # of somebody else, on a machine that does much besides


def memory_kb(server: Server) -> int:
    assert server.process is not None
    statm = Path(f"/proc/{server.process.pid}/statm")
    return int(statm.read_text().split()[1]) * PAGE_KB


async def flood(socket: websockets.ClientConnection, to: str, count: int) -> None:
    """`count` sends as fast as the connection takes them."""
    for number in range(count):
        await socket.send(
            json.dumps(
                {
                    "op": "send", "ref": str(number), "id": f"flood-{number}",
                    "to": {"type": "user", "id": to}, "body": {"type": "txt", "msg": FILL},
                }
            )
        )  # fmt: skip


async def chatting(sender: NativeClient, receiver: NativeClient, over: asyncio.Event) -> float:
    """One message after the other, for as long as the flood lasts; the longest wait, in seconds."""
    to, longest = {"type": "user", "id": receiver.user}, 0.0
    while not over.is_set():
        began = time.monotonic()
        await sender.ask("send", to=to, body={"type": "txt", "msg": "hi"})
        await receiver.expect("message")
        longest = max(longest, time.monotonic() - began)
    return longest


async def answers(socket: websockets.ClientConnection, count: int) -> list[str]:
    """The refs of the answers, all good, in their order; fewer where the server closed."""
    answered: list[str] = []
    with contextlib.suppress(websockets.ConnectionClosed):
        while len(answered) < count:
            answer = json.loads(await socket.recv())
            if "re" in answer:
                assert answer["ok"], answer
                answered.append(answer["re"])
    return answered


async def play(server: Server, users: list[str], count: int) -> tuple[list[str], float, int]:
    """What the flooder was answered; how long the others waited at most; by how many KB
    the server had grown at most."""
    flooder, victim, one, other = users
    url = f"{server.ws_url}/ws/native/"
    sender, receiver = (NativeClient(url, APPKEY, user, password=PASSWORD) for user in (one, other))
    await sender.connect()
    await receiver.connect()
    # A queue of one: what nobody asks for stays in the socket.
    async with websockets.connect(
        url, compression=None, max_queue=1, ping_interval=None, close_timeout=1
    ) as socket:
        log_in = {"op": "login", "ref": "l", "appkey": APPKEY, "user": flooder}
        await socket.send(json.dumps(log_in | {"password": PASSWORD}))
        assert json.loads(await socket.recv())["ok"]
        over = asyncio.Event()
        beside = asyncio.create_task(chatting(sender, receiver, over))
        before, most = memory_kb(server), 0
        sending = asyncio.create_task(flood(socket, victim, count))
        while not sending.done():
            await asyncio.sleep(0.05)
            most = max(most, memory_kb(server) - before)
        with contextlib.suppress(websockets.ConnectionClosed):
            await sending
        over.set()
        longest_s = await beside
        answered = await answers(socket, count)
    await sender.close()
    await receiver.close()
    return answered, longest_s, most


def stored(server: Server) -> list[str]:
    """The flood's client ids in the order of the log."""
    code = (
        "from chat.models import EntryRow\n"
        "rows = EntryRow.objects.filter(client_id__startswith='flood-').order_by('seq')\n"
        "print(*rows.values_list('client_id', flat=True))"
    )
    return server.manage("shell", "-v0", "-c", code).stdout.split()


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("lane", 3_000),
        *(pytest.param(kind, 20_000, marks=pytest.mark.soak) for kind in KINDS_THAT_DIFFER),
    ],
)
def test_who_outruns_the_store_is_held_and_nobody_else(tmp_path, kind, count):
    server = Server(tmp_path / "data", kind=kind)
    users = make_people(server, users=4, rooms=0, tight=0).take(4)
    server.start()
    try:
        answered, longest_s, grown_kb = asyncio.run(play(server, users, count))
    finally:
        server.stop()
    assert answered == [str(number) for number in range(len(answered))]
    assert "internal error" not in server.log()
    kept = stored(server)
    assert kept == [f"flood-{number}" for number in range(len(kept))]
    assert len(kept) >= len(answered)  # all of them, or it was closed as a slow reader
    assert len(answered) == count or "its outbox is full" in server.log()
    assert longest_s < LONGEST_WAIT_S
    assert grown_kb < MOST_GROWN_KB
