"""What the generator does to a server, and what it measures meanwhile.

Each workload takes the plan of its run and gives a dict of numbers. Processor time is that of the
process trees named in the plan (server, database, Redis), between two moments under load.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.bench.drivers import DRIVERS, Driver, XmppDriver

Json = dict[str, Any]
TICKS = os.sysconf("SC_CLK_TCK")
WARM_UP_S = 1.5
WINDOW = 10
IN_FLIGHT = 4
AT_ONCE = 50


def _stat(pid: int) -> tuple[int, float] | None:
    """(parent, seconds of the process and of its children that ended)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(field) for field in fields[11:15]) / TICKS


def tree(roots: list[int]) -> dict[int, float]:
    """Seconds of each process below the roots."""
    stats = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir()
             if entry.name.isdigit()}  # fmt: skip
    found: dict[int, float] = {}
    look = set(roots)
    while look:
        found |= {pid: stat[1] for pid in look if (stat := stats.get(pid)) is not None}
        look = {pid for pid, stat in stats.items() if stat and stat[0] in look} - set(found)
    return found


def cpu_s(roots: list[int]) -> float:
    return sum(tree(roots).values())


def memory_kb(roots: list[int]) -> int:
    """Proportional share, so that what processes share is counted once."""
    total = 0
    for pid in tree(roots):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


class Meter:
    """Counts deliveries and their times from `begin` to `end`."""

    def __init__(self, roots: list[int]) -> None:
        self.roots = roots
        self.made_ns = time.perf_counter_ns()
        self.count = 0
        self.spans: list[int] = []
        self._start: tuple[float, float, float] | None = None

    def heard(self, sent_ns: int) -> None:
        if sent_ns < self.made_ns:
            return  # left over from a run before
        self.count += 1
        self.spans.append(time.perf_counter_ns() - sent_ns)

    def begin(self) -> None:
        self.count = 0
        self.spans.clear()
        self._start = time.perf_counter(), cpu_s(self.roots), time.process_time()

    def end(self) -> Json:
        assert self._start is not None
        took = time.perf_counter() - self._start[0]
        used = cpu_s(self.roots) - self._start[1]
        spans = sorted(self.spans) or [0]
        return {
            "per_s": round(self.count / took),
            "cpu_us": round(used / max(self.count, 1) * 1e6, 1),
            "cpu_pct": round(used / took * 100),
            "p50_ms": round(spans[len(spans) // 2] / 1e6, 2),
            "p99_ms": round(spans[len(spans) * 99 // 100] / 1e6, 2),
            "generator_pct": round((time.process_time() - self._start[2]) / took * 100),
        }


def drivers(plan: Json, count: int) -> list[Driver]:
    make = DRIVERS[plan["wire"]]
    return [make(plan["where"], user, secret) for user, secret in plan["users"][:count]]


async def all_in(clients: list[Driver]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(client: Driver) -> None:
        async with gate:
            await client.log_in()

    await asyncio.gather(*(one(client) for client in clients))


async def measured(plan: Json, meter: Meter, clients: list[Driver]) -> Json:
    """Warm up, measure, and look whether every message was acknowledged in the end."""
    await asyncio.sleep(WARM_UP_S)
    meter.begin()
    await asyncio.sleep(plan["seconds"])
    numbers = meter.end()
    for client in clients:
        client.on_text = lambda _: None
    await asyncio.sleep(0.5)
    sent, acked = sum(c.sent for c in clients), sum(c.acked for c in clients)
    numbers |= {"sent": sent, "acked": acked, "refused": sum(c.refused for c in clients)}
    for client in clients:
        client.socket.drop()
    return numbers


async def chat(plan: Json) -> Json:
    """Pairs with WINDOW messages in flight; a delivery frees one."""
    clients = drivers(plan, 2 * plan["pairs"])
    await all_in(clients)
    meter = Meter(plan["roots"])
    for sender, receiver in zip(clients[::2], clients[1::2], strict=True):
        receiver.on_text = _answering(meter, sender, receiver.user)
        for _ in range(WINDOW):
            sender.send(receiver.user)
    return await measured(plan, meter, clients)


def _answering(meter: Meter, sender: Driver, to: str) -> Callable[[int], None]:
    def heard(sent_ns: int) -> None:
        meter.heard(sent_ns)
        sender.send(to)

    return heard


async def rate(plan: Json) -> Json:
    """The same pairs, at `per_s` messages whatever happens (open loop)."""
    clients = drivers(plan, 2 * plan["pairs"])
    await all_in(clients)
    meter = Meter(plan["roots"])
    for receiver in clients[1::2]:
        receiver.on_text = meter.heard
    turns = itertools.cycle(zip(clients[::2], clients[1::2], strict=True))

    def send() -> None:
        sender, receiver = next(turns)
        sender.send(receiver.user)

    feeding = asyncio.create_task(_feed(plan["per_s"], send))
    numbers = await measured(plan, meter, clients)
    feeding.cancel()
    return numbers


async def _feed(per_s: float, send: Callable[[], None]) -> None:
    began, done = time.perf_counter(), 0
    while True:
        due = int((time.perf_counter() - began) * per_s)
        for _ in range(due - done):
            try:
                send()
            except ConnectionError:
                return  # the run is over
        done = due
        await asyncio.sleep(0.001)


async def _room(plan: Json) -> tuple[list[Driver], Meter]:
    clients = drivers(plan, plan["members"])
    await all_in(clients)
    for client in clients:
        await client.join(plan["group"])
    meter = Meter(plan["roots"])
    for client in clients:
        client.on_text = meter.heard
    return clients, meter


async def group(plan: Json) -> Json:
    """One group, all members online, IN_FLIGHT messages on their way."""
    clients, meter = await _room(plan)
    # XMPP rooms tell the sender too.
    each = len(clients) - (plan["where"].get("rooms_echo", False) is False)
    senders = itertools.cycle(clients)
    heard = 0

    def on_text(sent_ns: int) -> None:
        nonlocal heard
        meter.heard(sent_ns)
        heard += 1
        if heard % each == 0:
            next(senders).send(plan["group"], is_group=True)

    for client in clients:
        client.on_text = on_text
    for _ in range(IN_FLIGHT):
        next(senders).send(plan["group"], is_group=True)
    return await measured(plan, meter, clients)


async def grouprate(plan: Json) -> Json:
    """The same group at 50 messages/s."""
    clients, meter = await _room(plan)
    senders = itertools.cycle(clients)
    feeding = asyncio.create_task(
        _feed(50, lambda: next(senders).send(plan["group"], is_group=True))
    )
    numbers = await measured(plan, meter, clients)
    feeding.cancel()
    return numbers


def _devices(plan: Json) -> list[Driver]:
    """`connections` of the plan's users; more than one of a user are the console's devices."""
    make, users = DRIVERS[plan["wire"]], itertools.cycle(plan["users"])
    return [
        make(plan["where"], user, secret, f"console-{n}")
        for n, (user, secret) in zip(range(plan["connections"]), users, strict=False)
    ]


async def logins(plan: Json) -> Json:
    """Connect, upgrade, prove, be ready to receive; AT_ONCE at a time."""
    clients = _devices(plan)
    began, before = time.perf_counter(), cpu_s(plan["roots"])
    await all_in(clients)
    took, used = time.perf_counter() - began, cpu_s(plan["roots"]) - before
    for client in clients:
        client.socket.drop()
    each = used / len(clients) * 1e6
    return {"per_s": round(len(clients) / took), "cpu_us": round(each, 1)}


async def idle(plan: Json) -> Json:
    """Memory of a connection that does nothing, and what all of them cost meanwhile."""
    clients = _devices(plan)
    before = memory_kb(plan["servers"])
    await all_in(clients)
    await asyncio.sleep(2)
    grown = memory_kb(plan["servers"]) - before
    used = cpu_s(plan["roots"])
    await asyncio.sleep(plan["seconds"])
    used = cpu_s(plan["roots"]) - used
    gone = sum(client.socket.lost.done() for client in clients)
    for client in clients:
        client.socket.drop()
    return {
        "kb_each": round(grown / len(clients), 1),
        "cpu_pct": round(used / plan["seconds"] * 100, 1),
        "held": len(clients) - gone,
    }


async def register(plan: Json) -> Json:
    """Not a measurement: accounts on a server that has no other door."""
    (_, secret), *_ = plan["users"]
    await XmppDriver(plan["where"], "", secret).register([user for user, _ in plan["users"]])
    return {}


WORKLOADS: dict[str, Callable[[Json], Coroutine[Any, Any, Json]]] = {
    "chat": chat,
    "rate": rate,
    "group": group,
    "grouprate": grouprate,
    "logins": logins,
    "idle": idle,
    "register": register,
}
