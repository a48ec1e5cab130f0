"""A real server, and pages with each version of the 1.x SDK."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.conftest import people, server, world
from tests.e2e.people import APPKEY, People
from tests.e2e.sdk1.clients import VERSIONS, SdkClient, need_packages
from tests.e2e.servers import Server

__all__ = ["people", "server", "world"]


@pytest.fixture(scope="session")
def modules() -> Path:
    return need_packages()


class Pages:
    """Makes pages of one SDK version and ends them with the test."""

    def __init__(self, server: Server, people: People, version: str, modules: Path) -> None:
        self.server = server
        self.people = people
        self.version = version
        self.made: list[SdkClient] = []
        self._modules = modules

    async def page(self, user: str, **options: Any) -> SdkClient:
        made = SdkClient(self.server, self.version, self._modules, user, **options)
        self.made.append(made)
        return await made.start()

    async def online(self, user: str, **options: Any) -> SdkClient:
        page = await self.page(user, **options)
        await page.log_in()
        return page

    async def cast(self, count: int) -> list[SdkClient]:
        return [await self.online(name) for name in self.people.take(count)]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


@pytest.fixture
def later(version: str) -> None:
    if version == "1.4.6":
        pytest.skip("1.4.6 has no such call")


@pytest.fixture
async def pages(
    server: Server, people: People, version: str, modules: Path
) -> AsyncIterator[Pages]:
    made = Pages(server, people, version, modules)
    yield made
    for page in made.made:
        await page.kill()


@pytest.fixture
async def backend(server: Server, people: People) -> AsyncIterator[RestClient]:
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as client:
        yield client
