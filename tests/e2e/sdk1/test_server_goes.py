"""The server ends: the application is told, and a page that reconnects comes back by itself."""

from pathlib import Path

import pytest

from tests.e2e.people import make_people
from tests.e2e.sdk1.clients import Browser
from tests.e2e.sdk1.conftest import Pages
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e


async def test_server_that_stops_is_16_and_one_that_returns_is_found_again(
    tmp_path: Path, browser: Browser
) -> None:
    server = Server(tmp_path / "data")
    people = make_people(server, users=3, rooms=0)
    server.start()
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
        server.stop()
