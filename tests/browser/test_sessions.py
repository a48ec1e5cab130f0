"""Live connections in a browser: ended one by one or together, and kept out for a while."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import Lost, NativeClient
from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients
from tests.browser.test_shell import speak

pytestmark = pytest.mark.browser

DEADLINE_MS = 20_000
NAMES = ("ses1", "ses2", "ses3")
MAKE_PEOPLE = f"""
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
app = get_app(Appkey("acme", "demo"))
for name in {NAMES}:
    register_user(app, username=name, password="123456")
"""


@pytest.fixture(scope="module", autouse=True)
def people(site: Site) -> None:
    site.server.manage("shell", "-c", MAKE_PEOPLE)


class Beside:
    """A loop in a thread of its own: Playwright's is in ours."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@pytest.fixture
def beside() -> Iterator[Beside]:
    made = Beside()
    yield made
    made.stop()


def open_session(page: Page, site: Site, user: str) -> None:
    page.goto(site.url(f"A sessions/?user={user}"))
    page.locator("[data-test=session-row] a").first.click()


def test_F5_refused_log_ins_fail_without_a_word_until_they_are_let_in(
    site: Site, visit: OpenPage, beside: Beside
):
    native = NativeClient(f"{site.server.ws_url}/ws/native/", "acme#demo", "ses1",
                          password="123456")  # fmt: skip
    msync = MsyncClient(f"{site.server.ws_url}/websocket", "acme#demo", "ses1", password="123456")
    beside.do(native.connect())
    with visit(script=False) as page:
        open_session(page, site, "ses1")
        page.click("[data-test=session-close]")
        page.fill("[name=refuse_for]", "600")
        page.click("main form button.btn-danger")
        beside.do(native.closed())
        for client in (native, msync):
            with pytest.raises(Lost):
                beside.do(client.connect())
        page.goto(site.url("A "))
        # Another user's log-ins may be refused as well, by a test before.
        page.click("[data-test=faults] a:has-text('ses1')")
        expect(page.locator("[data-test=refused-note]")).to_be_visible()
        page.click("[data-test=admit]")
        expect(page.locator("[data-test=refused-note]")).to_have_count(0)
        for client in (native, msync):
            beside.do(client.connect())
            beside.do(client.close())


def test_ticked_connections_are_kicked_together(site: Site, visit: OpenPage):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        two, three = (clients.log_in(name, "123456") for name in NAMES[1:])
        page.goto(site.url("A sessions/?user=ses"))
        speak(page, "en")
        ticks = page.locator("[data-test=session-tick]")
        expect(ticks).to_have_count(2, timeout=DEADLINE_MS)
        page.check("[data-tick-all]")
        note = page.locator("[data-ticked-note]")
        expect(note).to_be_visible()
        # Asked for by hand: a renewal would take the ticks away, so it is not made.
        page.evaluate("htmx.trigger('#session-list', 'every')")
        expect(ticks.first).to_be_checked()
        page.click("[data-test=bulk-kick]")
        expect(page.locator("[data-test=bulk-session]")).to_have_count(2)
        page.check("input[name=kind][value=admin]")
        page.click("[data-test=bulk-submit]")
        expect(page.locator(".toast-note")).to_contain_text("2 connections were kicked")
        for one in (two, three):
            assert one.is_told("kicked", {"code": "forced_offline"})
