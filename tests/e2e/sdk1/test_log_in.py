"""Logging in, being refused, being displaced, losing the server: what the application is told."""

import asyncio

import pytest

from tests.e2e.sdk1.conftest import Pages

pytestmark = pytest.mark.e2e

OPEN_ERROR, AUTH_ERROR, SERVER_ERROR, DISCONNECTED = 1, 2, 8, 16
IDLE_S = 42


async def test_password_opens_the_connection(pages: Pages) -> None:
    [name] = pages.people.take(1)
    page = await pages.page(name)
    await page.log_in()
    assert page.told("onError") == []


async def test_hosts_are_found_by_http_dns(pages: Pages) -> None:
    """The addresses given first lead nowhere; those of /easemob/server.xml replace them."""
    [name] = pages.people.take(1)
    nowhere = "127.0.0.1:9"
    page = await pages.page(
        name, isHttpDNS=True, url=f"ws://{nowhere}/ws/", apiUrl=f"http://{nowhere}"
    )
    await page.log_in(apiUrl=f"http://{nowhere}")
    assert page.told("onError") == []


async def test_wrong_password_is_an_open_error(pages: Pages) -> None:
    [name] = pages.people.take(1)
    page = await pages.page(name)
    await page.open(password="wrong")
    await page.expect("onError", {"type": OPEN_ERROR})


async def test_useless_token_is_an_auth_error(pages: Pages) -> None:
    [name] = pages.people.take(1)
    page = await pages.page(name)
    await page.open(accessToken="YWMtnothing")
    await page.expect("onError", {"type": AUTH_ERROR})


async def test_second_log_in_displaces_the_first(pages: Pages) -> None:
    [name] = pages.people.take(1)
    first = await pages.online(name)
    await pages.online(name)
    await first.expect("onError", {"type": SERVER_ERROR})
    await first.expect("onClosed")


@pytest.mark.soak
async def test_idle_page_stays_online(pages: Pages) -> None:
    """Its SDK says nothing by itself: browser builds start no heartbeat."""
    one, two = await pages.cast(2)
    await asyncio.sleep(IDLE_S)
    await one.send(two.user, "still here")
    await two.expect("onTextMessage", {"data": "still here"})
    for page in (one, two):
        assert page.told("onError") == page.told("onClosed") == []
