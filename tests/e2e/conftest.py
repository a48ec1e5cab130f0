"""A real server process for the tests that need one."""

import os
from collections.abc import Iterator

import pytest

from tests.e2e.people import People, make_people
from tests.e2e.servers import Server


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, People]]:
    """One server with its people, for the whole run."""
    server = Server(tmp_path_factory.mktemp("server") / "data")
    versions = os.environ.get("IM_SDK_VERSIONS", "").split(",")
    people = make_people(server, users=420 + 110 * max(len(versions) - 2, 0))
    server.start()
    yield server, people
    server.stop()


@pytest.fixture
def server(world: tuple[Server, People]) -> Server:
    return world[0]


@pytest.fixture
def people(world: tuple[Server, People]) -> People:
    return world[1]
