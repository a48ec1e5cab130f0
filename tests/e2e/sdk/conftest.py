"""Real SDKs against a real server.

IM_SDK_VERSIONS names others: "4.8.1,4.17.0" web builds, "mini-4.21.1" the mini-program's,
"agora-1.4.0" agora-chat.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.e2e.people import People
from tests.e2e.sdk.clients import Driver, Sdk
from tests.e2e.servers import Server
from tests.e2e.worlds import world_of

world = world_of("lane", "workers")
VERSIONS = os.environ.get("IM_SDK_VERSIONS", "4.21.1,3.6.3").split(",")

NewSdk = Callable[..., Awaitable[Sdk]]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def newer(version: str) -> None:
    if version.startswith("3."):
        pytest.skip("3.x has no such call")


@pytest.fixture(scope="session")
def drivers() -> Iterator[Callable[[str], Driver]]:
    """Gives the Node process of a version, started when it is first asked for."""
    running: dict[str, Driver] = {}

    def driver(version: str) -> Driver:
        if version not in running:
            running[version] = Driver(version)
        return running[version]

    yield driver
    for one in running.values():
        one.stop()


@pytest.fixture
async def started(
    server: Server, version: str, drivers: Callable[[str], Driver]
) -> AsyncIterator[NewSdk]:
    """Makes an SDK of a user, not logged in yet; ends it with the test."""
    made: list[Sdk] = []

    async def new(user: str, *, of: str = "", **options: Any) -> Sdk:
        sdk = Sdk(drivers(of or version), server, of or version, user, **options)
        made.append(sdk)
        return await sdk.start()

    yield new
    for sdk in made:
        await sdk.stop()


@pytest.fixture
def online(started: NewSdk) -> NewSdk:
    """The same, logged in."""

    async def new(user: str, **options: Any) -> Sdk:
        return await (await started(user, **options)).open()

    return new


@pytest.fixture
def names(people: People) -> Callable[[int], list[str]]:
    return people.take
