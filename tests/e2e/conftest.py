"""A real server process for the tests that need one."""

import pytest

from tests.e2e.people import People
from tests.e2e.servers import Server
from tests.e2e.worlds import World, world_of

world = world_of("lane")


@pytest.fixture
def server(world: World) -> Server:
    return world[0]


@pytest.fixture
def people(world: World) -> People:
    return world[1]
