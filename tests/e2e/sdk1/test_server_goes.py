"""The server ends: the application is told, and a page that reconnects comes back by itself."""

from collections.abc import Iterator

import pytest

from tests.e2e.people import make_people
from tests.e2e.sdk1.clients import VERSIONS, Browser
from tests.e2e.sdk1.conftest import Pages
from tests.e2e.servers import Server
from tests.e2e.worlds import World

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stopping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = Server(tmp_path_factory.mktemp("goes") / "data")
    people = make_people(server, users=2 * len(VERSIONS), rooms=0)
    server.start()
    yield server, people
    server.stop()


async def test_server_that_stops_is_16_and_one_that_returns_is_found_again(
    stopping: World, browser: Browser
) -> None:
    server, people = stopping
    pages = Pages(server, people, browser)
    try:
        one, two = people.take(2)
        stays = await pages.online(one, autoReconnectNumMax=20, autoReconnectInterval=1)
        leaves = await pages.online(two)
        server.terminate()
        await leaves.expect("onError", {"type": 16})
        await leaves.expect("onClosed")
        server.start()
        await stays.expect("onOpened")
        await stays.send(two, "back again")
        # Each attempt while nobody listens is a 7; none of them is the end.
        assert {error["type"] for error in stays.told("onError")} <= {7}
    finally:
        for page in pages.made:
            await page.kill()
