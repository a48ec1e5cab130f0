"""Live clients of every wire, against one real server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field

import pytest

from accounts.domain.app_settings import AppSettings
from imadmin.testclient.rest import RestClient
from tests.e2e.conftest import people, server
from tests.e2e.people import APPKEY, People
from tests.e2e.servers import KINDS, Server
from tests.e2e.worlds import world_of
from tests.scenarios.devices import CANNOT, Device, Json, Wire, make
from tests.scenarios.pairs import ALL_PAIRS, Pair

__all__ = ["people", "server"]

world = world_of(*KINDS)

_CHAT_TYPES = {"user": "chat", "group": "groupchat", "chatroom": "chatroom"}


@dataclass
class Stage:
    """Makes devices and ends them with the test. `wires` are those of the first device and of
    every other. `backend` is the customer's, and does what a wire's clients cannot."""

    server: Server
    people: People
    wires: Pair
    backend: RestClient
    devices: list[Device] = field(default_factory=list)

    def device(self, user: str, name: str = "", token: str = "") -> Device:
        wire = self.wires[min(len(self.devices), 1)]
        made = make(wire, self.server, user, name, token)
        self.devices.append(made)
        return made

    async def online(self, user: str, name: str = "") -> Device:
        made = self.device(user, name)
        await made.connect()
        return made

    async def cast(self, count: int) -> list[Device]:
        """Fresh users, connected."""
        return [await self.online(name) for name in self.people.take(count)]

    def needs(self, ability: str, *wires: Wire) -> None:
        """Skip where one of the test's wires (or of the given ones) has no such thing at all."""
        for wire in wires or self.wires:
            if reason := CANNOT.get((wire, ability)):
                pytest.skip(reason)

    async def recall(self, device: Device, message_id: str, to: Json) -> None:
        """The user takes a message back; where the wire cannot, the backend does, in their name."""
        if not CANNOT.get((device.wire, "recall")):
            await device.recall(message_id, to)
            return
        kind = _CHAT_TYPES[to["type"]]
        await self.backend.recall(message_id, to["id"], kind, sender=device.user)

    async def edit(self, device: Device, message_id: str, to: Json, body: Json) -> None:
        if not CANNOT.get((device.wire, "edit")):
            await device.edit(message_id, to, body)
            return
        asked = {"user": device.user, "new_msg": body}
        await self.backend.call("PUT", f"/messages/rewrite/{message_id}", asked)

    async def write_online_only(self, device: Device, to: str, text: str) -> None:
        if not CANNOT.get((device.wire, "online only")):
            await device.write(to, text, online_only=True)
            return
        body, sender = {"msg": text}, device.user
        await self.backend.send([to], body, sender=sender, routetype="ROUTE_ONLINE")


@pytest.fixture(params=ALL_PAIRS)
def wires(request: pytest.FixtureRequest) -> Pair:
    pair: Pair = request.param
    return pair


@pytest.fixture
async def backend(server: Server, people: People) -> AsyncIterator[RestClient]:
    keys = people.client_id, people.client_secret
    async with RestClient(server.base_url, APPKEY, *keys) as made:
        yield made


@pytest.fixture
async def stage(
    server: Server, people: People, wires: Pair, backend: RestClient
) -> AsyncIterator[Stage]:
    made = Stage(server, people, wires, backend)
    yield made
    for device in made.devices:
        await device.close()


@pytest.fixture
def change_app(server: Server) -> Iterator[Callable[..., None]]:
    """`change_app(multi_device="off")`: settings of everybody's app, until the test ends. Log-ins
    go by them at once, what a process remembers of them within two seconds."""
    changed: list[str] = []

    def change(**values: str) -> None:
        changed.extend(values)
        pairs = [f"--set={name}={value}" for name, value in values.items()]
        server.manage("app_settings", APPKEY, *pairs)

    yield change
    defaults = asdict(AppSettings())
    change(**{name: str(defaults[name]) for name in changed})


Cast = Callable[[int], Awaitable[list[Device]]]


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast
