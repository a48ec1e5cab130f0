"""Prosody and ejabberd as Debian packages them, started by the benchmark: with WebSocket, plain
passwords, no TLS, no rate limits; with and without a message archive."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.targets import SERVER_CPU, pinned
from tests.e2e.backends import PrivatePostgres
from tests.e2e.ports import free_port, select_pause

Json = dict[str, Any]

SECRET = "1"
START_DEADLINE_S = 60.0
_EJABBERD_LIBS = Path("/usr/lib/x86_64-linux-gnu")
_EJABBERD_SQL = Path("/usr/share/ejabberd/sql/pg.sql")

_PROSODY = """
modules_enabled = {{ "roster"; "saslauth"; "disco"; "websocket"; "register_ibr"; {mam} }}
modules_disabled = {{ "s2s"; "tls"; "offline" }}
data_path = "{place}"
pidfile = "{place}/prosody.pid"
c2s_ports = {{ }}
component_ports = {{ }}
https_ports = {{ }}
http_ports = {{ {port} }}
http_interfaces = {{ "127.0.0.1" }}
consider_websocket_secure = true
c2s_require_encryption = false
allow_registration = true
authentication = "internal_plain"
archive_expires_after = "never"
run_as_root = true
log = {{ error = "{place}/prosody.err" }}
http_host = "127.0.0.1"
VirtualHost "localhost"
Component "rooms.localhost" "muc"
  modules_enabled = {{ {muc_mam} }}
  muc_room_locking = false
  muc_room_default_persistent = true
"""

_EJABBERD = """
loglevel: error
hosts: [localhost]
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
{sql}
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /ws: ejabberd_http_ws
access_rules:
  local: [allow: all]
modules:
  mod_register: {{ip_access: all, access: all, password_strength: 0}}
  mod_roster: {{}}
  mod_disco: {{}}
  mod_muc:
    host: rooms.localhost
    access: all
    access_create: all
    max_users: 1000
    default_room_options: {{mam: {has_mam}, persistent: true}}
{mam}
"""


@dataclass
class Peer:
    """`name` is prosody, prosody+archive, ejabberd or ejabberd+archive (the last on PostgreSQL)."""

    name: str
    place: Path
    postgres: PrivatePostgres | None = None
    wires: tuple[str, ...] = ("xmpp",)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    names: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.name.partition("+")[0]

    @property
    def has_archive(self) -> bool:
        return "+" in self.name

    @staticmethod
    def is_installed(kind: str) -> bool:
        if kind == "prosody":
            return shutil.which("prosody") is not None
        return shutil.which("erl") is not None and any(_EJABBERD_LIBS.glob("ejabberd-*"))

    def start(self, users: int, members: int) -> None:
        self.names = [f"u{n}" for n in range(users)]
        home = self.place / self.name
        home.mkdir()
        command, env = self._prosody(home) if self.kind == "prosody" else self._ejabberd(home)
        with (home / "out.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*pinned(SERVER_CPU), *command], stdout=log, stderr=log, env=os.environ | env,
                cwd=home,
            )  # fmt: skip
        self._wait_until_open(home)

    def _prosody(self, home: Path) -> tuple[list[str], dict[str, str]]:
        config = home / "prosody.cfg.lua"
        mam = ('"mam"', '"muc_mam"') if self.has_archive else ("", "")
        config.write_text(_PROSODY.format(place=home, port=self.port, mam=mam[0], muc_mam=mam[1]))
        return ["prosody", "--config", str(config), "-F"], {}

    def _ejabberd(self, home: Path) -> tuple[list[str], dict[str, str]]:
        sql = mam = ""
        if self.has_archive:
            assert self.postgres is not None
            url = self.postgres.database("ejabberd")
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(_EJABBERD_SQL.read_bytes())
            sql = (
                "sql_type: pgsql\nsql_server: 127.0.0.1\nsql_database: ejabberd\n"
                f"sql_username: postgres\nsql_password: ''\nsql_port: {self.postgres.port}"
            )
            mam = "  mod_mam: {db_type: sql, default: always, assume_mam_usage: true}"
        config = home / "ejabberd.yml"
        config.write_text(
            _EJABBERD.format(
                port=self.port, sql=sql, mam=mam, has_mam=str(self.has_archive).lower()
            )
        )
        env = {
            "ERL_LIBS": str(_EJABBERD_LIBS), "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(home / "ejabberd.log"), "ERL_MAX_PORTS": "32000",
        }  # fmt: skip
        # Not ejabberdctl: it changes the user, and ends the machine's epmd when it stops.
        spool = f'"{home}/spool"'
        return ["erl", "-noinput", "+K", "true", "+P", "250000", "-mnesia", "dir", spool,
                "-s", "ejabberd"], env  # fmt: skip

    def _wait_until_open(self, home: Path) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                said = (home / "out.log").read_text(errors="replace")
                assert time.monotonic() < deadline, f"{self.name} does not answer: {said[-2000:]}"
                select_pause(0.1)
            else:
                return

    def plan(self, wire: str) -> Json:
        assert self.process is not None
        roots = [self.process.pid]
        if self.kind == "ejabberd" and self.has_archive and self.postgres is not None:
            assert self.postgres.process is not None
            roots.append(self.postgres.process.pid)
        path = "/xmpp-websocket" if self.kind == "prosody" else "/ws"
        where = {
            "host": "127.0.0.1", "port": self.port, "path": path, "subprotocol": "xmpp",
            "domain": "localhost", "rooms": "rooms.localhost", "rooms_echo": True,
        }  # fmt: skip
        users = [(name, SECRET) for name in self.names]
        return {"where": where, "wire": wire, "roots": roots, "servers": [self.process.pid],
                "users": users, "group": "bench"}  # fmt: skip

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(15)
