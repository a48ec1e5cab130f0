"""The native wire's own clients, for what only that wire says or does in this form."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from imadmin.testclient.native import NativeClient
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server


@dataclass
class Stage:
    """Makes clients and ends them with the test."""

    server: Server
    people: People
    clients: list[NativeClient] = field(default_factory=list)

    def client(self, user: str, device: str = "") -> NativeClient:
        url = f"{self.server.ws_url}/ws/native/"
        made = NativeClient(url, APPKEY, user, password=PASSWORD, device=device)
        self.clients.append(made)
        return made

    async def online(self, user: str, device: str = "") -> NativeClient:
        made = self.client(user, device)
        await made.connect()
        return made

    async def cast(self, count: int) -> list[NativeClient]:
        """Fresh users, connected."""
        return [await self.online(name) for name in self.people.take(count)]


@pytest.fixture
async def stage(server: Server, people: People) -> AsyncIterator[Stage]:
    made = Stage(server, people)
    yield made
    for client in made.clients:
        await client.close()


Cast = Callable[[int], Awaitable[list[NativeClient]]]


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast
