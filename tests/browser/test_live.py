"""What moves by itself: the message log's tail, over the live channel."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.conftest import OpenPage, Site
from tests.browser.test_shell import sign_in

pytestmark = pytest.mark.browser

Json = dict[str, Any]
DEADLINE_MS = 20_000


def send_text(page: Page, site: Site, text: str) -> None:
    page.goto(site.url("A send/"))
    page.fill("[data-test=send-to]", "tail1")
    page.fill("[data-test=send-text]", text)
    page.click("[data-test=send-submit]")
    expect(page.locator("[data-test=send-item]")).to_have_count(1)


@pytest.fixture(scope="module")
def recipient(site: Site) -> str:
    site.server.manage("shell", "-c", MAKE_USER)
    return "tail1"


MAKE_USER = """
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
register_user(get_app(Appkey("acme", "demo")), username="tail1", password="123456")
"""


@pytest.mark.usefixtures("recipient")
def test_MSG_4_live_tail_shows_a_new_message_and_pauses_on_hover(site: Site, visit: OpenPage):
    with visit() as log, visit() as sender:
        log.goto(site.url("A messages/?since=all"))
        log.check("[data-test=live-switch]")
        state = log.locator("[data-test=live-state]")
        expect(state).to_have_attribute("data-live-state", "live", timeout=DEADLINE_MS)
        send_text(sender, site, "seen without a reload")
        rows = log.locator("[data-test=message-row]")
        expect(rows.first).to_contain_text("seen without a reload", timeout=DEADLINE_MS)

        rows.first.hover()
        send_text(sender, site, "waits for the reader")
        expect(state).to_have_attribute("data-live-state", "paused", timeout=DEADLINE_MS)
        expect(rows.first).to_contain_text("seen without a reload")

        log.mouse.move(1, 1)
        expect(rows.first).to_contain_text("waits for the reader", timeout=DEADLINE_MS)
        expect(state).to_have_attribute("data-live-state", "live", timeout=DEADLINE_MS)


def live_cookie(page: Page) -> str:
    found = [one for one in page.context.cookies() if one["name"].startswith("im_live_")]
    assert [(one["path"], one["httpOnly"], one["sameSite"]) for one in found] == [
        ("/ws/console/", True, "Strict")
    ]
    return f"{found[0]['name']}={found[0]['value']}"


def refused(site: Site, **headers: str) -> int:
    with pytest.raises(InvalidStatus) as raised:
        connect(f"{site.server.ws_url}/ws/console/", additional_headers=headers)
    return raised.value.response.status_code


def test_live_channel_refuses_another_origin_no_origin_and_strangers(site: Site, visit: OpenPage):
    with visit(signed_in=False) as page:
        sign_in(page, site)
        page.goto(site.url("A messages/"))
        cookie = live_cookie(page)
        assert refused(site, Cookie=cookie) == 403
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{site.server.port + 1}"):
            assert refused(site, Cookie=cookie, Origin=origin) == 403
        assert refused(site, Origin=site.base) == 403
        assert refused(site, Origin=site.base, Cookie=f"{cookie}x") == 403

        headers = {"Cookie": cookie, "Origin": site.base}
        url = f"{site.server.ws_url}/ws/console/"
        with connect(url, additional_headers=headers) as socket:

            def ask(**frame: str) -> Json:
                socket.send(json.dumps(frame))
                return dict(json.loads(socket.recv(timeout=20)))

            said = {"of": "sub", "ch": "messages", "arg": ""}
            for app in ("acme#nothing", "acme", "#", "other#demo"):
                assert ask(op="sub", ch="messages", app=app) == {
                    "op": "err", **said, "code": "denied",
                }  # fmt: skip
            assert ask(op="sub", ch="secrets", app="acme#demo")["code"] == "unknown_channel"
            assert ask(op="sub", ch="messages", app="acme#demo") == {"op": "ok", **said}
            for number in range(15):
                assert ask(op="sub", ch="messages", app="acme#demo", arg=str(number))["op"] == "ok"
            assert ask(op="sub", ch="messages", app="acme#demo", arg="more")["code"] == "too_many"
            assert ask(op="ping") == {"op": "pong"}

            page.click("[data-test=operator-menu]")
            page.click("[data-test=logout]")
            with pytest.raises(Exception, match="4401"):
                socket.recv(timeout=30)
