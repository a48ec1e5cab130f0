"""A real server process of its own: data directory, port, log; and how tests end it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.backends import scaled_out
from tests.e2e.ports import free_port, select_pause
from tests.e2e.ready_made import copy_ready_made

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_S = 120.0
# How the server runs: arguments of `up`, and environment. Every suite that starts a server runs
# over the one that IM_TEST_SERVER names; those that share a world, over each of IM_TEST_SERVERS.
KINDS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "lane": ((), {"IM_LANE": "1"}),
    "daphne": ((), {"IM_LANE": "0"}),
    "uvicorn": (("--server", "uvicorn"), {}),
    "cold": ((), {"IM_HOT_REST": "0"}),  # every REST call through Django's own handler
    "workers": (("--workers", "2"), {}),  # over PostgreSQL and Redis
}


def kinds_asked(*default: str) -> list[str]:
    """IM_TEST_SERVERS ("all", or names), else IM_TEST_SERVER, else the given ones."""
    names = os.environ.get("IM_TEST_SERVERS") or os.environ.get("IM_TEST_SERVER")
    if not names:
        return list(default)
    return list(KINDS) if names == "all" else names.split(",")


@dataclass
class Server:
    """`manage.py up` on a free port. Restarting keeps the port and the data.

    `ready_made`: it begins with migrated data and static files, as after a first start.
    """

    data_dir: Path
    env: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    kind: str = field(default_factory=lambda: os.environ.get("IM_TEST_SERVER", "lane"))
    prefix: tuple[str, ...] = ()  # before the command: taskset, a profiler
    ready_made: bool = True
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        embedded = "DATABASE_URL" not in self.env
        if self.kind == "workers" and embedded:
            self.env = scaled_out(self.data_dir.parent / f"{self.data_dir.name}.redis") | self.env
            embedded = False
        if self.ready_made and not self.data_dir.exists():
            copy_ready_made(self.data_dir, embedded=embedded)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    def full_env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IM_", "DJANGO_"))}
        ours = {"IM_DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1"}
        return {**kept, **ours, **KINDS[self.kind][1], **self.env}

    def start(self) -> "Server":
        up = [sys.executable, "manage.py", "up", "--port", str(self.port)]
        command = [*self.prefix, *up, *KINDS[self.kind][0], *self.args]
        log = self.log_path.open("ab")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.full_env(), stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self.wait_until_healthy()
        return self

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log()}")
            try:
                with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                # Nothing to wait on before the port is open: look again shortly.
                select_pause(0.05)
        raise AssertionError(f"the server did not become healthy:\n{self.log()}")

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def terminate(self, timeout_s: float = 15) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """kill -9: nothing is flushed, nobody is told."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(15)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.terminate()

    def manage(
        self, *args: str, check: bool = True, timeout_s: float = 180, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a management command on this server's data, while it runs or not."""
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env={**self.full_env(), **env},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{args} ended with {done.returncode}:\n{done.stderr}")
        return done

    def create_app(self, appkey: str, *flags: str) -> dict[str, Any]:
        """`create_app --json`: {"appkey", "client_id", "client_secret", …}."""
        made: dict[str, Any] = json.loads(
            self.manage("create_app", appkey, "--json", *flags).stdout
        )
        return made
