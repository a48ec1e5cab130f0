"""Sending and reading among many messages, beside the same among few (design.md §8).

    python -m tests.bench.bench_rows [--messages 10000000] [--users 100000] [--few 20000]
        [--seconds 6] [--rounds 3] [--json FILE]

Two servers on one PostgreSQL, each with a database of its own: one holds the many, one the few.
Both are loaded by `seed_large` and vacuumed, and asked in turn: pairs that chat (`chat`), an open
loop (`rate`), people who look through their conversations (`reading`). Then everything older than
a day is removed from the large one under the open loop again (`rate, removing`). Server and
database on the first core, the generator on the second; only ratios inside one run count.
"""

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.__main__ import conclude, generate, show
from tests.bench.targets import APPKEY, SERVER_CPU, ImAdmin, pinned
from tests.e2e.backends import PrivatePostgres

Json = dict[str, Any]
READING_USERS = 200
SWEEP_DEADLINE_S = 300.0
_TOKENS = """
import json
from accounts.actions.tokens import user_token_by_id
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
app = get_app(Appkey("demo", "app"))
step = max(1, {users} // {count})
names = [f"u{{n:06d}}" for n in range(1, {users} + 1, step)][:{count}]
print(json.dumps([(name, user_token_by_id(app, name).token) for name in names]))
"""


class Filled(ImAdmin):
    """The lane over PostgreSQL, its app filled before the first measurement."""

    readers: list[tuple[str, str]]

    @property
    def _url(self) -> str:
        assert self.server is not None
        return self.server.env["DATABASE_URL"]

    def fill(self, users: int, messages: int) -> None:
        assert self.server is not None
        began = time.monotonic()
        self.server.manage(
            "seed_large", APPKEY, "--add", "--users", str(users), "--messages", str(messages),
            "--groups", str(users // 10), "--chatrooms", str(max(1, users // 1000)),
            timeout_s=7200,
        )  # fmt: skip
        with psycopg.connect(self._url, autocommit=True) as admin:
            # As a database that grew to this size would long have been.
            admin.execute("VACUUM (ANALYZE)")
            admin.execute("CHECKPOINT")
        show(f"{self.name}: {self.count()} messages, {time.monotonic() - began:.0f} s to load")
        code = _TOKENS.format(users=users, count=min(users, READING_USERS))
        said = self.server.manage("shell", "-v0", "-c", code).stdout
        self.readers = json.loads(said.strip().splitlines()[-1])

    def plan(self, wire: str) -> Json:
        return super().plan(wire) | {"readers": self.readers}

    def count(self) -> int:
        with psycopg.connect(self._url) as reading:
            [(number,)] = reading.execute("SELECT count(*) FROM chat_entryrow").fetchall()
            return int(number)

    def keep_a_day(self) -> None:
        """The app keeps messages for one day from now on; back when the sweeper removes them."""
        assert self.server is not None
        before = self.count()
        self.server.manage("app_settings", APPKEY, "--set", "retention_days=1")
        deadline = time.monotonic() + SWEEP_DEADLINE_S
        while self.count() >= before:
            assert time.monotonic() < deadline, "the sweeper removed nothing"
            time.sleep(1)


def with_few_and_many(asked: argparse.Namespace, place: Path, kept: ExitStack) -> list[Filled]:
    postgres = PrivatePostgres(place, pinned(SERVER_CPU)).start()
    kept.callback(postgres.stop)
    running = []
    for name, users, messages in (
        ("few", max(100, asked.few // 10), asked.few),
        ("many", asked.users, asked.messages),
    ):
        target = Filled(name, place, "lane", postgres)
        kept.callback(target.stop)
        target.start(max(asked.members, 2 * asked.pairs), asked.members)
        target.fill(users, messages)
        running.append(target)
    return running


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--wire", default="native")
    parser.add_argument("--json", type=Path)
    parser.set_defaults(pairs=50, members=3, connections=0, rate=500.0)
    asked = parser.parse_args()
    results = []

    def run(workload: str, target: Filled, name: str = "") -> None:
        wire = "native" if workload == "reading" else asked.wire
        numbers = generate(target, wire, workload, asked)
        show(f"  {name or workload:14} {target.name:6} {numbers}")
        results.append((name or workload, target.name, wire, numbers))

    with tempfile.TemporaryDirectory(prefix="imadmin-bench-") as name, ExitStack() as kept:
        running = with_few_and_many(asked, Path(name), kept)
        for _ in range(asked.rounds):
            for workload in ("chat", "rate", "reading"):
                for target in running:
                    run(workload, target)
        many = running[-1]
        many.keep_a_day()
        for _ in range(asked.rounds):
            before = many.count()
            run("rate", many, "rate, removing")
            show(f"  {before - many.count()} fewer messages than before it")
    conclude(results, asked.json)


if __name__ == "__main__":
    main()
