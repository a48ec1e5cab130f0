"""A PostgreSQL and a Redis of a test's own, on free ports, so that it may stop and kill them."""

import atexit
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from tests.e2e.ports import free_port, select_pause
from tests.requirements import need_postgres, need_redis

START_DEADLINE_S = 30.0


def postgres_bin() -> Path | None:
    """Where initdb and postgres are; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@dataclass
class PrivatePostgres:
    """A cluster in a directory; `prefix` goes before its command (taskset)."""

    place: Path
    prefix: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def database(self, name: str) -> str:
        """The URL of a new database."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        return self.url.rpartition("/")[0] + f"/{name}"

    def start(self) -> "PrivatePostgres":
        programs = postgres_bin()
        assert programs is not None, "PostgreSQL's programs are not on this machine"
        data = self.place / "pg"
        if not data.exists():
            data.mkdir(parents=True, mode=0o700)
            if os.geteuid() == 0:
                for parent in (*reversed(self.place.parents), self.place):
                    if not parent.stat().st_mode & 0o001:
                        parent.chmod(parent.stat().st_mode | 0o011)
                shutil.chown(data, "postgres", "postgres")
            made = [*_as_postgres(), str(programs / "initdb"), "-D", str(data), "-U", "postgres",
                    "-A", "trust", "-E", "UTF8", "--locale=C"]  # fmt: skip
            subprocess.run(made, check=True, capture_output=True)
        command = [
            *self.prefix, *_as_postgres(), str(programs / "postgres"), "-D", str(data),
            "-p", str(self.port), "-k", "", "-h", "127.0.0.1",
            "-c", "shared_buffers=512MB", "-c", "max_connections=200",
        ]  # fmt: skip
        with (self.place / "pg.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.Error:
                assert time.monotonic() < deadline, (self.place / "pg.log").read_text()
                select_pause(0.1)
            else:
                return self

    def _postmaster(self) -> int:
        return int((self.place / "pg" / "postmaster.pid").read_text().split()[0])

    def stop(self) -> None:
        """At once, as a crash: what was committed is there afterwards."""
        if self.process is not None and self.process.poll() is None:
            os.kill(self._postmaster(), signal.SIGQUIT)
            self.process.wait(30)


@dataclass
class PrivateRedis:
    place: Path
    prefix: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "PrivateRedis":
        command = [*self.prefix, "redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                   "--save", "", "--appendonly", "no", "--dir", str(self.place)]  # fmt: skip
        with (self.place / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_DEADLINE_S
        client = redis.Redis.from_url(self.url)
        while True:
            try:
                client.ping()
            except redis.RedisError:
                assert time.monotonic() < deadline, (self.place / "redis.log").read_text()
                select_pause(0.05)
            else:
                client.close()
                return self

    def stop(self) -> None:
        """kill -9: it keeps nothing."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(15)


@contextmanager
def database(admin_url: str, name: str) -> Iterator[str]:
    """The URL of a new database on a server that is there already; it goes afterwards."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
    yield admin_url.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def scaled_out(place: Path) -> dict[str, str]:
    """The environment of a server that scales out: a new database on the tests' PostgreSQL, and a
    Redis of its own (what is published reaches every database of one). Gone with this process."""
    admin_url = need_postgres()
    need_redis()
    kept = ExitStack()
    atexit.register(kept.close)
    url = kept.enter_context(database(admin_url, f"imadmin_{os.getpid()}_{free_port()}"))
    place.mkdir(parents=True, exist_ok=True)
    relay = PrivateRedis(place).start()
    kept.callback(relay.stop)
    return {"DATABASE_URL": url, "REDIS_URL": relay.url}
