"""Servers side by side under the same load, in one run.

    python -m tests.bench [--targets daphne,lane] [--stores sqlite,postgres,redis]
        [--wires native,msync] [--workloads chat,rate,group,logins,grouprate,idle,rest]
        [--compare ejabberd,prosody] [--seconds 6] [--rounds 1] [--json FILE]

The store `redis` is PostgreSQL, and Redis between processes (the target `workers` is measured there
only). Every server is pinned to the first core with its database, the generator to the second.
Rounds are interleaved: each workload runs against every server in turn. Only ratios inside one run
count, and of the columns `cpu_us` (processor time of the server and its database for one delivered
message) moves least on a machine that has other work. A run that lost a connection or a message has
failed: the table says how, and the exit status is 1.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from tests.bench.peers import Peer
from tests.bench.targets import GENERATOR_CPU, SERVER_CPU, ImAdmin, pinned
from tests.e2e.backends import PrivatePostgres, PrivateRedis
from tests.e2e.servers import KINDS, ROOT

Json = dict[str, Any]
Target = ImAdmin | Peer

STORES = ("sqlite", "postgres", "redis")
WIRES = ("native", "msync", "xmpp")
LOADS = ("chat", "rate", "group", "grouprate", "logins", "idle", "rest")
PEERS = ("ejabberd", "prosody")
PAIRS, MEMBERS = 50, 200
MUST_NOT = {"refused", "lost", "unsent", "unacked", "undelivered"}


def show(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def generate(target: Target, wire: str, workload: str, asked: argparse.Namespace) -> Json:
    """One run of the generator."""
    plan = target.plan(wire) | {
        "workload": workload, "seconds": asked.seconds, "pairs": asked.pairs,
        "members": asked.members, "connections": asked.connections, "per_s": asked.rate,
    }  # fmt: skip
    done = subprocess.run(
        [*pinned(GENERATOR_CPU), sys.executable, "-m", "tests.bench.generator"],
        cwd=ROOT, input=json.dumps(plan), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        return {"failures": [f"the generator ended: {done.stderr[-500:]}"]}
    numbers: Json = json.loads(done.stdout)
    return numbers


def stopped(target: Target) -> None:
    with suppress(subprocess.TimeoutExpired):
        target.stop()


def targets(
    asked: argparse.Namespace, place: Path, postgres: PrivatePostgres | None, kept: ExitStack
) -> list[Any]:
    """None is started; what they need besides PostgreSQL goes with `kept`."""
    made: list[Any] = []
    for name in asked.targets:
        for store in asked.stores:
            if name == "workers" and store != "redis":
                continue
            target = ImAdmin(f"{name}-{store}", place, name)
            if store != "sqlite":
                target.postgres = postgres
            if store == "redis":
                # One each: what is published in one reaches every database of it.
                (place / f"{target.name}.redis").mkdir()
                target.redis = PrivateRedis(place / f"{target.name}.redis", pinned(SERVER_CPU))
                kept.callback(target.redis.start().stop)
            made.append(target)
    for kind in asked.compare:
        if not Peer.is_installed(kind):
            show(f"{kind} is not installed here: left out")
            continue
        made += [Peer(kind, place, postgres), Peer(f"{kind}+archive", place, postgres)]
    return made


def runs(asked: argparse.Namespace, running: list[Any]) -> list[tuple[str, str, str, Json]]:
    """(workload, target, wire, numbers) of every run."""
    results = []
    for _ in range(asked.rounds):
        for workload in asked.workloads:
            for target in running:
                is_peer = isinstance(target, Peer)
                if workload == "rest" and is_peer:
                    continue
                wires = target.wires if is_peer or workload == "rest" else asked.wires
                for wire in wires[:1] if workload == "rest" else wires:
                    numbers = generate(target, wire, workload, asked)
                    show(f"  {workload:9} {target.name:18} {wire:7} {numbers}")
                    results.append((workload, target.name, wire, numbers))
    return results


def table(results: list[tuple[str, str, str, Json]]) -> list[Json]:
    """The median of each number over the rounds; of what must not happen, the worst round. "failed"
    is how many of them failed, "failures" how."""
    grouped: dict[tuple[str, str, str], list[Json]] = {}
    for workload, name, wire, numbers in results:
        grouped.setdefault((workload, name, wire), []).append(numbers)
    rows = []
    for (workload, name, wire), many in grouped.items():
        failures = [one["failures"] for one in many if one.get("failures")]
        row: Json = {"workload": workload, "server": name, "wire": wire, "failed": len(failures)}
        for key in dict.fromkeys(key for one in many for key in one if key != "failures"):
            over = max if key in MUST_NOT else statistics.median
            row[key] = round(over(one[key] for one in many if key in one), 2)
        rows.append(row | {"failures": [words for one in failures for words in one]})
    return rows


def show_table(rows: list[Json]) -> None:
    columns = ["per_s", "cpu_us", "cpu_pct", "p50_ms", "p99_ms", "kb_each", "refused", "failed"]
    show(f"\n{'workload':10}{'server':20}{'wire':8}" + "".join(f"{name:>10}" for name in columns))
    for row in rows:
        cells = "".join(f"{row.get(name, ''):>10}" for name in columns)
        show(f"{row['workload']:10}{row['server']:20}{row['wire']:8}{cells}")
    for row in rows:
        for words in row["failures"]:
            show(f"FAILED: {row['workload']} {row['server']} {row['wire']}: {words}")


def conclude(results: list[tuple[str, str, str, Json]], file: Path | None) -> None:
    """Show the table, write it, and exit with 1 if a run failed."""
    rows = table(results)
    show_table(rows)
    if file is not None:
        file.write_text(json.dumps(rows, indent=1))
    if any(row["failed"] for row in rows):
        sys.exit(1)


class _Names:
    """Some of what there is, with commas between."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known

    def __call__(self, text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        if unknown := set(names) - set(self._known):
            raise argparse.ArgumentTypeError(
                f"{', '.join(sorted(unknown))}: there are {', '.join(self._known)}"
            )
        return names


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Of the command line; exits on what it does not know."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=_Names(KINDS), default=["daphne", "lane"])
    parser.add_argument("--stores", type=_Names(STORES), default=["sqlite"])
    parser.add_argument("--wires", type=_Names(WIRES), default=["native", "msync"])
    parser.add_argument(
        "--workloads", type=_Names(LOADS), default=["chat", "rate", "group", "logins"]
    )
    parser.add_argument("--compare", type=_Names(PEERS), default=[])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--json", type=Path)
    return parser.parse_args(given)


def main() -> None:
    asked = arguments()
    users = max(asked.members, 2 * asked.pairs)
    with tempfile.TemporaryDirectory(prefix="imadmin-bench-") as name, ExitStack() as kept:
        place = Path(name)
        postgres = None
        if {"postgres", "redis"} & set(asked.stores) or "ejabberd" in asked.compare:
            postgres = PrivatePostgres(place, pinned(SERVER_CPU)).start()
            kept.callback(postgres.stop)
        running = targets(asked, place, postgres, kept)
        for target in running:
            kept.callback(stopped, target)
            target.start(users, asked.members)
            if isinstance(target, Peer):
                generate(target, "xmpp", "register", asked)
        results = runs(asked, running)
    conclude(results, asked.json)


if __name__ == "__main__":
    main()
