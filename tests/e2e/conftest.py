"""A real server process for the tests that need one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.people import People, make_people
from tests.e2e.servers import Server, kinds_asked

World = tuple[Server, People]


@pytest.fixture(scope="session", params=kinds_asked("lane"))
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One server with its people, for the whole run; one of each kind that is asked for."""
    yield from running_world(request.param, tmp_path_factory.mktemp(request.param) / "data")


def running_world(kind: str, data_dir: Path) -> Iterator[World]:
    server = Server(data_dir, kind=kind)
    versions = os.environ.get("IM_SDK_VERSIONS", "").split(",")
    people = make_people(server, users=1200 + 110 * max(len(versions) - 2, 0))
    server.start()
    yield server, people
    server.stop()


@pytest.fixture
def server(world: tuple[Server, People]) -> Server:
    return world[0]


@pytest.fixture
def people(world: tuple[Server, People]) -> People:
    return world[1]
