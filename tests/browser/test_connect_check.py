"""The check of a connection: the printed snippet connects, and the page says so at once."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from imadmin.testclient.native import NativeClient, Refused
from tests.browser.clients import BesideClient
from tests.browser.conftest import OpenPage, Site
from tests.e2e.sdk.sites import served

pytestmark = pytest.mark.browser

DEADLINE_MS = 20_000
MAKE_PEOPLE = """
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.queries.im_users import find_users
from accounts.actions.im_users import register_user
app = get_app(Appkey("acme", "demo"))
for name in ("demo1", "demo2"):
    if not find_users(app, [name]):
        register_user(app, username=name, password="123456")
"""


@pytest.fixture(scope="module", autouse=True)
def people(site: Site) -> None:
    site.server.manage("shell", "-c", MAKE_PEOPLE)


def begin(page: Page, site: Site, user: str) -> None:
    page.goto(site.url("A connect/?sdk=web4"))
    page.fill("[data-test=check-user]", user)
    page.click("[data-test=check-start]")
    expect(page.locator("[data-test=check-waiting]")).to_contain_text(user)


def as_module(snippet: str) -> str:
    """The printed module in a page that has the SDK's file instead of npm's package."""
    code = "\n".join(line for line in snippet.splitlines() if not line.startswith("import "))
    named = "window.WebIM = (window.WebIM || window.websdk).default || window.WebIM"
    return f"<script>{named}</script><script type=module>{code}</script>"


def test_CON_2_and_CON_3_printed_web_4_page_connects_and_the_check_turns_green(
    site: Site, browser: Browser, visit: OpenPage, tmp_path: Path
):
    with visit() as page:
        begin(page, site, "demo1")
        page.goto(site.url("A connect/?sdk=web4"))
        snippet = page.inner_text("[data-test=sample-web4]")
        begin(page, site, "demo1")
        page.evaluate("window.sameDocument = true")
        with served(tmp_path, as_module(snippet)) as origin:
            mine = browser.new_context().new_page()
            mine.goto(origin)
            found = page.locator("[data-test=check-found]")
            expect(found).to_be_visible(timeout=DEADLINE_MS)
            expect(found.locator("[data-test=check-wire]")).to_have_text("msync")
            expect(found.locator("[data-test=check-sdk]")).to_contain_text("4.21.1")
            expect(found.locator("[data-test=check-ready]")).to_contain_text("ms from the opened")
            assert page.evaluate("window.sameDocument") is True
            seen = page.locator("[data-test=check-seen][data-kind=token]")
            expect(seen.first).to_contain_text("demo1", timeout=DEADLINE_MS)
            mine.context.close()


def test_CON_4_wrong_password_shows_as_a_token_refused(site: Site, visit: OpenPage):
    with visit() as page:
        begin(page, site, "demo2")
        address = f"{site.base}/acme/demo/token"
        asked = {"grant_type": "password", "username": "demo2", "password": "wrong"}
        assert page.request.post(address, data=asked).status == 400
        seen = page.locator("[data-test=check-seen][data-kind=token]")
        expect(seen).to_contain_text("token refused: invalid password", timeout=DEADLINE_MS)
        expect(seen).to_contain_text("demo2")


def test_refused_sign_in_shows_without_script(site: Site, visit: OpenPage):
    beside = BesideClient(f"{site.server.ws_url}/ws/native/", "acme#demo", "demo2")
    beside.client = NativeClient(beside.client.url, "acme#demo", "demo2", password="wrong")
    try:
        with visit(script=False) as page:
            begin(page, site, "demo2")
            with pytest.raises(Refused):
                beside.do(beside.client.connect())
            seen = page.locator("[data-test=check-seen][data-kind=login]")
            for _ in range(100):
                page.reload()
                if seen.count():
                    break
            expect(seen).to_contain_text("sign-in refused")
            expect(seen).to_contain_text("native")
    finally:
        beside.stop()
