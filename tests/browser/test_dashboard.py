"""The dashboard moves by itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients
from tests.browser.test_shell import LANGUAGES, speak

pytestmark = pytest.mark.browser

DEADLINE_MS = 30_000
MAKE_PEOPLE = """
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
for name in ("board1", "board2", "board3"):
    register_user(get_app(Appkey("acme", "demo")), username=name, password="123456")
"""


@pytest.fixture(autouse=True, scope="module")
def people(site: Site):
    site.server.manage("shell", "-c", MAKE_PEOPLE)


def test_DSH_1_and_DSH_2_a_text_shows_in_tiles_list_chart_and_table_without_a_reload(
    site: Site, visit: OpenPage
):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        page.goto(site.url("A "))
        page.evaluate("window.sameDocument = true")
        sender = clients.log_in("board1", "123456")
        clients.log_in("board2", "123456")
        events = page.locator("[data-test=recent-connection]")
        expect(events.filter(has_text="board2")).to_have_count(1, timeout=DEADLINE_MS)
        before = page.locator("[data-test=tile-down] .tile-value").inner_text()
        sender.say({"type": "user", "id": "board2"}, "moves the dashboard")
        recent = page.locator("[data-test=recent-message]").first
        expect(recent).to_contain_text("moves the dashboard", timeout=DEADLINE_MS)
        minute = page.locator("[data-test=tile-minute] .tile-value")
        expect(minute).not_to_have_text("0", timeout=DEADLINE_MS)
        down = page.locator("[data-test=tile-down] .tile-value")
        expect(down).not_to_have_text(before, timeout=DEADLINE_MS)
        expect(page.locator("[data-test=chart] polyline")).to_have_count(3)
        page.click("[data-test=chart-table] summary")
        expect(page.locator("[data-test=chart-row]").first).to_be_visible()
        assert page.evaluate("window.sameDocument") is True
    with visit(script=False) as page:
        page.goto(site.url("A ?range=6h"))
        page.click("[data-test=chart-table] summary")
        assert page.locator("[data-test=chart-row]").first.is_visible()


def test_board_that_was_not_renewed_for_two_minutes_says_so(site: Site, visit: OpenPage):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        page.clock.install()
        page.goto(site.url("A "))
        stale = page.locator("[data-test=live-stale]")
        expect(page.locator("[data-test=live-state]")).to_have_text("live", timeout=DEADLINE_MS)
        tile = page.locator("[data-test=tile-users]")
        tile.focus()  # what is being read is not replaced
        page.clock.fast_forward(130_000)
        expect(stale).to_have_text(re.compile(r"stale since \d\d:\d\d:\d\d"))
        tile.blur()
        clients.log_in("board3", "123456")  # else the server has news once a minute only
        expect(stale).to_be_hidden(timeout=DEADLINE_MS)


ONE_LINE = """[...document.querySelectorAll('.tile-name')]
  .filter(one => one.getClientRects().length !== 1
    || one.offsetHeight > 1.6 * parseFloat(getComputedStyle(one).fontSize))
  .map(one => one.textContent)"""


def test_names_of_tiles_stand_on_one_line(site: Site, visit: OpenPage):
    with visit() as page:
        for language in LANGUAGES:
            page.goto(site.url("A "))
            speak(page, language)
            for width in (1360, 1200, 768, 390):
                page.set_viewport_size({"width": width, "height": 850})
                assert page.evaluate(ONE_LINE) == [], f"{language} {width}"
        speak(page, LANGUAGES[0])  # as the other tests read it
