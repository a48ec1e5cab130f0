"""Users, groups and chatrooms of a real server, made before it starts: each test takes fresh ones.

They are written by one management command and with cheap hashes, because a hundred registrations
over REST, and as many log-ins, would cost more than the tests that use them.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.servers import Server

APPKEY = "demo#app"
PASSWORD = "123456"

_MAKE = """
import json
from django.conf import settings
from django.db import transaction
from accounts.actions.im_apps import change_settings, create_app
from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor
from accounts.domain.app_settings import AppSettings
from accounts.domain.ids import Appkey
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
settings.IM_ARGON2 = {{"time_cost": 1, "memory_cost": 8, "parallelism": 1}}
made = create_app(Appkey("demo", "app"))
with transaction.atomic():
    for n in range({users}):
        register_user(made.app, f"u{{n}}", "123456")
register_user(made.app, "keeper", "123456")
for n in range({tight}):
    tight = create_app(Appkey("tight", f"app{{n}}")).app
    register_user(tight, "one", "123456")
    register_user(tight, "two", "123456")
    change_settings(tight, dict(max_online_users=1, max_devices=1, refuse_devices=True))
rooms = [
    create_room(Actor(made.app), CreateRoom("chatroom", f"room {{n}}", owner="keeper")).room_id
    for n in range({rooms})
]
def keys(made):
    return {{"client_id": made.client_id, "client_secret": made.client_secret}}
apps = []
for n in range({apps}):
    one = create_app(Appkey("fresh", f"app{{n}}"), settings=AppSettings(open_registration=True))
    apps.append(keys(one) | {{"appkey": f"fresh#app{{n}}"}})
print(json.dumps(keys(made) | {{"rooms": rooms, "apps": apps}}))
"""


@dataclass(frozen=True)
class FreshApp:
    """An app that has nobody yet; anybody may register."""

    appkey: str
    client_id: str
    client_secret: str


@dataclass
class People:
    """What the server's app holds. `take` gives names that nobody has used."""

    client_id: str
    client_secret: str
    rooms: list[str]
    tight_apps: list[str]
    fresh_apps: list[FreshApp]
    _names: Iterator[str] = field(repr=False, default_factory=lambda: iter(()))

    def take(self, count: int) -> list[str]:
        taken = list(itertools.islice(self._names, count))
        assert len(taken) == count, "make_people made too few users for this run"
        return taken

    def take_tight_app(self) -> str:
        """An app with room for one user on one device; it has `one` and `two`."""
        return self.tight_apps.pop()

    def take_app(self) -> FreshApp:
        return self.fresh_apps.pop()

    def take_room(self) -> str:
        return self.rooms.pop()


def make_people(
    server: Server, users: int = 1200, rooms: int = 40, tight: int = 8, apps: int = 40
) -> People:
    """Make them in the server's database, which is migrated; the server need not run."""
    code = _MAKE.format(users=users, rooms=rooms, tight=tight, apps=apps)
    done = server.manage("shell", "-v0", "-c", code)
    made: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return People(
        made["client_id"],
        made["client_secret"],
        made["rooms"],
        [f"tight#app{n}" for n in range(tight)],
        [FreshApp(**one) for one in made["apps"]],
        (f"u{n}" for n in range(users)),
    )
