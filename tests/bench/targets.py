"""The servers under test: ours in its variants, and the peers that are installed here.

A target starts pinned to the first core, database included, and says how a wire reaches it.
"""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.backends import PrivatePostgres, PrivateRedis
from tests.e2e.servers import Server

Json = dict[str, Any]

APPKEY = "demo#app"
SERVER_CPU, GENERATOR_CPU = "0", "1"
_CAN_PIN = shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1


def pinned(cpu: str) -> tuple[str, ...]:
    return ("taskset", "-c", cpu) if _CAN_PIN else ()


# Each wire has people of its own: what one leaves unread would be the next one's work. Passwords
# play no part (log-ins are by token), so they are not hashed.
_MAKE = """
import json
from accounts.actions import im_users
im_users.hash_password = lambda password: "!"
from accounts.actions.im_apps import create_app
from accounts.actions.im_users import NewUser, register_users
from accounts.actions.tokens import app_token_for_console, user_token_by_id
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
app = create_app(Appkey("demo", "app")).app
def people(wire):
    names = [f"{{wire}}{{n}}" for n in range({users})]
    for at in range(0, {users}, 50):
        register_users(app, [NewUser(name, "1") for name in names[at:at + 50]])
    asked = CreateRoom("group", "g", owner=names[0], members=tuple(names[1:{members}]),
                       max_members={members} + 1)
    return {{"group": create_room(Actor(app), asked).room_id,
            "users": [(name, user_token_by_id(app, name).token) for name in names]}}
made = {{wire: people(wire) for wire in {wires}}}
print(json.dumps({{"wires": made, "app_token": app_token_for_console(app, 86400).token}}))
"""

_PATHS = {"native": "/ws/native/", "msync": "/websocket", "xmpp": "/ws/"}


@dataclass
class ImAdmin:
    """Our server. `kind` is one of tests.e2e.servers.KINDS."""

    name: str
    place: Path
    kind: str
    postgres: PrivatePostgres | None = None
    redis: PrivateRedis | None = None
    wires: tuple[str, ...] = ("native", "msync", "xmpp")
    made: Json = field(default_factory=dict)
    server: Server | None = None

    def start(self, users: int, members: int) -> None:
        env = {"IM_LOG_LEVEL": "WARNING"}
        if self.postgres is not None:
            env["DATABASE_URL"] = self.postgres.database(self.name.replace("+", "_"))
        if self.redis is not None:
            env["REDIS_URL"] = self.redis.url
        self.server = Server(self.place / self.name, env, kind=self.kind, prefix=pinned(SERVER_CPU))
        self.server.manage("migrate", "-v0")
        code = _MAKE.format(users=users, members=members, wires=self.wires)
        self.made = json.loads(
            self.server.manage("shell", "-v0", "-c", code).stdout.strip().splitlines()[-1]
        )
        self.server.start()

    def plan(self, wire: str) -> Json:
        assert self.server is not None
        assert self.server.process is not None
        servers = [self.server.process.pid]
        beside = [one.process.pid for one in (self.postgres, self.redis) if one and one.process]
        where = {
            "host": "127.0.0.1", "port": self.server.port, "path": _PATHS[wire],
            "appkey": APPKEY, "domain": "easemob.com", "rooms": "conference.easemob.com",
            "subprotocol": "xmpp" if wire == "xmpp" else "",
        }  # fmt: skip
        return {"where": where, "wire": wire, "roots": [*servers, *beside], "servers": servers,
                "app_token": self.made["app_token"], **self.made["wires"][wire]}  # fmt: skip

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
