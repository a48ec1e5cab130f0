"""A real server, and pages with each version of the 1.x SDK."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.people import APPKEY, People
from tests.e2e.sdk1.clients import VERSIONS, Browser, SdkClient, need_packages
from tests.e2e.servers import Server
from tests.e2e.worlds import world_of

world = world_of("lane", "workers")


@pytest.fixture(scope="session")
def modules() -> Path:
    return need_packages()


class Pages:
    """Makes pages of one SDK version and ends them with the test."""

    def __init__(self, server: Server, people: People, browser: Browser) -> None:
        self.server = server
        self.people = people
        self.browser = browser
        self.made: list[SdkClient] = []

    async def page(self, user: str, **options: Any) -> SdkClient:
        made = SdkClient(self.server, self.browser, user, **options)
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


@pytest.fixture(scope="session")
def browsers(modules: Path) -> Iterator[Callable[[str], Browser]]:
    """Gives the Node process of a version, started when it is first asked for."""
    running: dict[str, Browser] = {}

    def browser(version: str) -> Browser:
        if version not in running:
            running[version] = Browser(version, modules)
        return running[version]

    yield browser
    for one in running.values():
        one.stop()


@pytest.fixture
def browser(version: str, browsers: Callable[[str], Browser]) -> Browser:
    return browsers(version)


@pytest.fixture
def later(version: str) -> None:
    if version == "1.4.6":
        pytest.skip("1.4.6 has no such call")


@pytest.fixture
async def pages(server: Server, people: People, browser: Browser) -> AsyncIterator[Pages]:
    made = Pages(server, people, browser)
    yield made
    for page in made.made:
        await page.kill()


@pytest.fixture
async def backend(server: Server, people: People) -> AsyncIterator[RestClient]:
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as client:
        yield client
