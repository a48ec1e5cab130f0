"""Numbers of the gateway: idle connections, and pairs that chat, against one real server.

    python -m tests.bench.bench_gateway [--idle 1000] [--pairs 50] [--seconds 10]

Starts a server of its own in a temporary directory. Compare only figures of one run with each
other (specs/performance.md §0): other work on the machine moves them all.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from imadmin.testclient.native import NativeClient
from tests.e2e.people import APPKEY, PASSWORD, make_people
from tests.e2e.servers import Server

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
LOG_INS_AT_ONCE = 20
WINDOW = 10


def cpu_s(pid: int) -> float:
    """User and system seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_kb(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KB


def show(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def connected(server: Server, user: str, device: str = "") -> NativeClient:
    url = f"{server.ws_url}/ws/native/"
    client = NativeClient(url, APPKEY, user, password=PASSWORD, device=device)
    await client.connect()
    return client


async def all_connected(server: Server, log_ins: list[tuple[str, str]]) -> list[NativeClient]:
    gate = asyncio.Semaphore(LOG_INS_AT_ONCE)

    async def one(user: str, device: str) -> NativeClient:
        async with gate:
            return await connected(server, user, device)

    return await asyncio.gather(*(one(user, device) for user, device in log_ins))


async def idle(server: Server, pid: int, users: list[str], count: int) -> None:
    before_kb, before_s, start = memory_kb(pid), cpu_s(pid), time.perf_counter()
    # "console-" devices: any number of them a user.
    log_ins = [(users[n % len(users)], f"console-{n}") for n in range(count)]
    clients = await all_connected(server, log_ins)
    took_s, used_s = time.perf_counter() - start, cpu_s(pid) - before_s
    grown_kb = (memory_kb(pid) - before_kb) / count
    show(f"log-ins by password: {count / took_s:.0f}/s, {used_s / count * 1e3:.2f} ms CPU each")
    show(f"idle connections: {count}, {grown_kb:.1f} KB each (log-in state included)")
    before_s = cpu_s(pid)
    await asyncio.sleep(10)
    show(f"idle CPU: {(cpu_s(pid) - before_s) * 10:.2f} % of a core")
    for client in clients:
        await client.close()


async def chat(
    sender: NativeClient, receiver: NativeClient, until: float, spans: list[float]
) -> int:
    """Keep WINDOW messages in flight; each delivery frees one. How many were delivered."""
    to = {"type": "user", "id": receiver.user}
    body = {"type": "txt", "msg": "x" * 100}
    sent_at: dict[str, float] = {}
    delivered = number = 0

    def send() -> None:
        nonlocal number
        number += 1
        sent_at[str(number)] = time.perf_counter()
        ack = sender.start("send", to=to, body=body, id=str(number))
        ack.add_done_callback(lambda done: done.exception())

    for _ in range(WINDOW):
        send()
    while time.perf_counter() < until:
        event = await receiver.expect("message")
        spans.append(time.perf_counter() - sent_at.pop(event["message"]["client_id"]))
        delivered += 1
        send()
    return delivered


async def pairs(server: Server, pid: int, users: list[str], count: int, seconds: float) -> None:
    clients = await all_connected(server, [(user, "") for user in users[: 2 * count]])
    spans: list[float] = []
    before_s, start = cpu_s(pid), time.perf_counter()
    until = start + seconds
    work = [
        chat(sender, receiver, until, spans)
        for sender, receiver in zip(clients[::2], clients[1::2], strict=True)
    ]
    delivered = sum(await asyncio.gather(*work))
    took_s, used_s = time.perf_counter() - start, cpu_s(pid) - before_s
    spans.sort()
    p50_ms, p99_ms = statistics.median(spans) * 1e3, spans[len(spans) * 99 // 100] * 1e3
    each_us = used_s / max(delivered, 1) * 1e6
    show(f"{count} pairs, window {WINDOW}: {delivered / took_s:.0f} delivered messages/s")
    show(f"  {each_us:.0f} µs of server CPU a message, stored in SQLite")
    show(f"  p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms")
    for client in clients:
        await client.close()


async def measure(server: Server, users: list[str], asked: argparse.Namespace) -> None:
    assert server.process is not None
    pid = server.process.pid
    await pairs(server, pid, users, asked.pairs, asked.seconds)
    await idle(server, pid, users, asked.idle)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        server = Server(Path(place) / "data")
        people = make_people(server, users=2 * asked.pairs, rooms=0)
        server.start()
        try:
            asyncio.run(measure(server, people.take(2 * asked.pairs), asked))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
