"""Live clients of every wire, against one real server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from imadmin.testclient.native import NativeClient
from tests.e2e.conftest import people, server, world
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server

__all__ = ["people", "server", "world"]

NewClient = Callable[[Server, str, str], NativeClient]


def native(server: Server, user: str, device: str = "") -> NativeClient:
    url = f"{server.ws_url}/ws/native/"
    return NativeClient(url, APPKEY, user, password=PASSWORD, device=device)


# A client class for each wire that has one; a new wire then runs against every other.
CLIENTS: dict[str, NewClient] = {"native": native}
PAIRS = [(one, other) for one in CLIENTS for other in CLIENTS]


@dataclass
class Stage:
    """Makes clients and ends them with the test. `wires` are those of the first and of every
    other client."""

    server: Server
    people: People
    wires: tuple[str, str]
    clients: list[NativeClient] = field(default_factory=list)

    def client(self, user: str, device: str = "") -> NativeClient:
        wire = self.wires[min(len(self.clients), 1)]
        made = CLIENTS[wire](self.server, user, device)
        self.clients.append(made)
        return made

    async def online(self, user: str, device: str = "") -> NativeClient:
        made = self.client(user, device)
        await made.connect()
        return made

    async def cast(self, count: int) -> list[NativeClient]:
        """Fresh users, connected."""
        return [await self.online(name) for name in self.people.take(count)]


@pytest.fixture(params=PAIRS, ids=lambda pair: "-".join(pair))
def wires(request: pytest.FixtureRequest) -> tuple[str, str]:
    pair: tuple[str, str] = request.param
    return pair


@pytest.fixture
async def stage(server: Server, people: People, wires: tuple[str, str]) -> AsyncIterator[Stage]:
    made = Stage(server, people, wires)
    yield made
    for client in made.clients:
        await client.close()


Cast = Callable[[int], Awaitable[list[NativeClient]]]


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast
