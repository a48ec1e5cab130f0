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
from typing import ClassVar, Self

import psycopg
import redis

from tests.e2e.ports import free_port, select_pause
from tests.e2e.ready_made import postgres_template
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
class _Private:
    """A server in a directory; `prefix` goes before its command (taskset)."""

    place: Path
    prefix: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    name: ClassVar[str]

    def start(self) -> Self:
        command = [*self.prefix, *self.command()]
        place = self.place / f"{self.name}.log"
        with place.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_DEADLINE_S
        while not self.answers():
            assert time.monotonic() < deadline, place.read_text()
            select_pause(0.05)
        return self

    def stop(self) -> None:
        """At once, as a crash."""
        if self.process is not None and self.process.poll() is None:
            self.crash(self.process)
            self.process.wait(30)

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def crash(self, process: "subprocess.Popen[bytes]") -> None:
        raise NotImplementedError


class PrivatePostgres(_Private):
    """A cluster; what was committed is there after a crash."""

    name = "pg"

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def database(self, name: str) -> str:
        """The URL of a new database."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        return self.url.rpartition("/")[0] + f"/{name}"

    def command(self) -> list[str]:
        programs = postgres_bin()
        assert programs is not None, "PostgreSQL's programs are not on this machine"
        data = self.place / "pg"
        if not data.exists():
            self._make_cluster(programs, data)
        return [
            *_as_postgres(), str(programs / "postgres"), "-D", str(data),
            "-p", str(self.port), "-k", "", "-h", "127.0.0.1",
            "-c", "shared_buffers=512MB", "-c", "max_connections=200",
        ]  # fmt: skip

    def _make_cluster(self, programs: Path, data: Path) -> None:
        data.mkdir(parents=True, mode=0o700)
        if os.geteuid() == 0:
            for parent in (*reversed(self.place.parents), self.place):
                if not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)
            shutil.chown(data, "postgres", "postgres")
        made = [*_as_postgres(), str(programs / "initdb"), "-D", str(data), "-U", "postgres",
                "-A", "trust", "-E", "UTF8", "--locale=C"]  # fmt: skip
        subprocess.run(made, check=True, capture_output=True)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def crash(self, process: "subprocess.Popen[bytes]") -> None:
        """Not `process`, which may be runuser: the postmaster itself."""
        pid = int((self.place / "pg" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)


class PrivateRedis(_Private):
    """Keeps nothing after a crash."""

    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                "--save", "", "--appendonly", "no", "--dir", str(self.place)]  # fmt: skip

    def answers(self) -> bool:
        client = redis.Redis.from_url(self.url)
        try:
            client.ping()
        except redis.RedisError:
            return False
        finally:
            client.close()
        return True

    def crash(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()


@contextmanager
def database(admin_url: str, name: str) -> Iterator[str]:
    """The URL of a new migrated database on a server that is there already; it goes afterwards."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        with postgres_template(admin) as template:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield admin_url.rpartition("/")[0] + f"/{name}"
    finally:
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
