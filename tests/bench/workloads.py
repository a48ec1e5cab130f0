"""What the generator does to a server, and what it measures meanwhile.

Each workload takes the plan of its run and gives a dict of numbers. Processor time is that of the
process trees named in the plan (server, database, Redis), between two moments under load.
"""

import asyncio
import itertools
import os
import sys
import time
from collections import Counter
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
SETTLE_S = 10.0  # how long what is on its way may take once nothing more is sent
# Receivers confirm what they heard, and a socket dropped before the server read that leaves it to
# be sent again in the next run, whose batches are then fuller and cheaper than they would be.
LAST_WORDS_S = 1.0


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
    """Counts the deliveries between `begin` and `end`, and times those of the messages that were
    due between them, however late they come."""

    def __init__(self, roots: list[int]) -> None:
        self.roots = roots
        self.made_ns = time.perf_counter_ns()
        self.count = self.total = self.left_over = 0
        self.spans: list[int] = []
        self._from_ns, self._until_ns = 0, sys.maxsize
        self._start: tuple[float, float, float] | None = None

    def heard(self, due_ns: int) -> None:
        if due_ns < self.made_ns:  # from a run before: its receivers had not confirmed it
            self.left_over += 1
            return
        self.count += 1
        self.total += 1
        if self._from_ns <= due_ns < self._until_ns:
            self.spans.append(time.perf_counter_ns() - due_ns)

    def begin(self) -> None:
        self.count = 0
        self.spans.clear()
        self._from_ns = time.perf_counter_ns()
        self._start = time.perf_counter(), cpu_s(self.roots), time.process_time()

    def end(self) -> Json:
        assert self._start is not None
        self._until_ns = time.perf_counter_ns()
        took = time.perf_counter() - self._start[0]
        used = cpu_s(self.roots) - self._start[1]
        return {
            "per_s": round(self.count / took),
            "cpu_us": round(used / max(self.count, 1) * 1e6, 1),
            "cpu_pct": round(used / took * 100),
            **self.latency(),
            "generator_pct": round((time.process_time() - self._start[2]) / took * 100),
        }

    def latency(self) -> Json:
        """Of what was delivered so far."""
        spans = sorted(self.spans) or [0]
        return {
            "p50_ms": round(spans[len(spans) // 2] / 1e6, 2),
            "p99_ms": round(spans[len(spans) * 99 // 100] / 1e6, 2),
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


async def measured(
    plan: Json, meter: Meter, clients: list[Driver], stop: Callable[[], object], each: int = 1
) -> Json:
    """Warm up, measure, `stop` sending, and look whether every message arrived in the end: at
    `each` receivers, and its acknowledgement at the sender. "failures" says in words what went
    wrong; the numbers of such a run mean little."""
    await asyncio.sleep(WARM_UP_S)
    meter.begin()
    await asyncio.sleep(plan["seconds"])
    numbers = meter.end()
    stop()
    deadline = time.perf_counter() + SETTLE_S
    while time.perf_counter() < deadline:
        if _missing(meter, clients, each) == (0, 0):
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(LAST_WORDS_S)
    numbers |= meter.latency() | outcome(meter, clients, each)
    for client in clients:
        client.socket.drop()
    return numbers


def _missing(meter: Meter, clients: list[Driver], each: int) -> tuple[int, int]:
    """(acknowledgements, deliveries) that are still to come."""
    sent, refused = sum(c.sent for c in clients), sum(c.refused for c in clients)
    acked = sum(c.acked for c in clients if c.is_acked) + sum(
        c.sent - c.refused for c in clients if not c.is_acked
    )
    return sent - refused - acked, max(0, (sent - refused) * each - meter.total)


def outcome(meter: Meter, clients: list[Driver], each: int) -> Json:
    unacked, undelivered = _missing(meter, clients, each)
    lost = Counter(client.socket.close_code for client in clients if client.socket.lost.done())
    unsent = sum(client.unsent for client in clients)
    failures = [
        *(f"{many} connections lost ({code or 'no close frame'})" for code, many in lost.items()),
        *([f"{unsent} messages not sent for want of a connection"] if unsent else []),
        *([f"{unacked} messages not acknowledged"] if unacked else []),
        *([f"{undelivered} deliveries missing"] if undelivered else []),
    ]
    return {
        "sent": sum(c.sent for c in clients), "acked": sum(c.acked for c in clients),
        "refused": sum(c.refused for c in clients), "lost": sum(lost.values()),
        "unsent": unsent, "unacked": unacked, "undelivered": undelivered,
        "left_over": meter.left_over, "failures": failures,
    }  # fmt: skip


def _only_heard(meter: Meter, clients: list[Driver]) -> Callable[[], None]:
    """The end of a closed loop: what arrives is counted, and nothing is sent for it."""

    def stop() -> None:
        for client in clients:
            client.on_text = meter.heard

    return stop


async def chat(plan: Json) -> Json:
    """Pairs with WINDOW messages in flight; a delivery frees one."""
    clients = drivers(plan, 2 * plan["pairs"])
    await all_in(clients)
    meter = Meter(plan["roots"])
    for sender, receiver in zip(clients[::2], clients[1::2], strict=True):
        receiver.on_text = _answering(meter, sender, receiver.user)
        for _ in range(WINDOW):
            sender.send(receiver.user)
    return await measured(plan, meter, clients, _only_heard(meter, clients))


def _answering(meter: Meter, sender: Driver, to: str) -> Callable[[int], None]:
    def heard(due_ns: int) -> None:
        meter.heard(due_ns)
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

    def send(due_ns: int) -> None:
        sender, receiver = next(turns)
        sender.send(receiver.user, due_ns=due_ns)

    feeding = asyncio.create_task(feed(plan["per_s"], send))
    return await measured(plan, meter, clients, _stopping(feeding))


async def feed(per_s: float, send: Callable[[int], None]) -> None:
    """Send at this rate, whatever comes back or does not; runs until it is cancelled.

    `send` gets the nanoseconds at which its message was due, and the delay counts from there: what
    the generator sends late, because it or its socket is held up, waits like all else.
    """
    began_ns, done = time.perf_counter_ns(), 0
    while True:
        due = int((time.perf_counter_ns() - began_ns) * per_s / 1e9) + 1
        for number in range(done, due):
            send(began_ns + int(number / per_s * 1e9))
        done = due
        early_ns = began_ns + int(done / per_s * 1e9) - time.perf_counter_ns()
        await asyncio.sleep(max(0, early_ns) / 1e9)


def _stopping(feeding: asyncio.Task[None]) -> Callable[[], None]:
    def stop() -> None:
        if feeding.done():
            feeding.result()  # it ended by itself: tell why
        feeding.cancel()

    return stop


async def _room(plan: Json) -> tuple[list[Driver], Meter]:
    clients = drivers(plan, plan["members"])
    await all_in(clients)
    for client in clients:
        await client.join(plan["group"])
    meter = Meter(plan["roots"])
    for client in clients:
        client.on_text = meter.heard
    return clients, meter


def _receivers(plan: Json) -> int:
    """Of a message in the room; XMPP rooms tell the sender too."""
    return int(plan["members"]) - (plan["where"].get("rooms_echo", False) is False)


async def group(plan: Json) -> Json:
    """One group, all members online, IN_FLIGHT messages on their way."""
    clients, meter = await _room(plan)
    each = _receivers(plan)
    senders = itertools.cycle(clients)
    heard = 0

    def on_text(due_ns: int) -> None:
        nonlocal heard
        meter.heard(due_ns)
        heard += 1
        if heard % each == 0:
            next(senders).send(plan["group"], is_group=True)

    for client in clients:
        client.on_text = on_text
    for _ in range(IN_FLIGHT):
        next(senders).send(plan["group"], is_group=True)
    return await measured(plan, meter, clients, _only_heard(meter, clients), each)


async def grouprate(plan: Json) -> Json:
    """The same group at 50 messages/s."""
    clients, meter = await _room(plan)
    senders = itertools.cycle(clients)

    def send(due_ns: int) -> None:
        next(senders).send(plan["group"], is_group=True, due_ns=due_ns)

    feeding = asyncio.create_task(feed(50, send))
    return await measured(plan, meter, clients, _stopping(feeding), _receivers(plan))


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
