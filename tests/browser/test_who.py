"""Who is there, seen from both sides: an operator's page, and clients of every generation."""

from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.xmpp import XmppClient
from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients

pytestmark = pytest.mark.browser

APPKEY = "acme#demo"
SECRET = "123456"
DEADLINE_S = 30
MAKE_USERS = """
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
for name in ("who1", "who2", "who3"):
    register_user(get_app(Appkey("acme", "demo")), username=name, password="123456")
"""


@pytest.fixture(scope="module")
def beside(site: Site) -> Iterator[LiveClients]:
    site.server.manage("shell", "-c", MAKE_USERS)
    with LiveClients(site.server.ws_url, APPKEY) as clients:
        yield clients


def native(site: Site, name: str) -> NativeClient:
    return NativeClient(f"{site.server.ws_url}/ws/native/", APPKEY, name, password=SECRET)


def xmpp(site: Site) -> XmppClient:
    return XmppClient(f"{site.server.ws_url}/ws/", APPKEY, "who3", password=SECRET)


def msync(site: Site) -> MsyncClient:
    return MsyncClient(f"{site.server.ws_url}/websocket", APPKEY, "who3", password=SECRET)


def test_UD_1_and_UD_2_queue_and_unread_follow_the_client(
    site: Site, beside: LiveClients, visit: OpenPage
):
    sender, reader = native(site, "who1"), native(site, "who2")
    beside.run(sender.connect())
    last = [beside.run(sender.send_text("who2", f"n{n}")) for n in range(3)][-1]
    with visit(script=False) as page:
        page.goto(site.url("A users/u/who2/queue/"))
        assert page.locator("[data-test=queue-row]").count() == 3
        page.goto(site.url("A users/u/who2/conversations/"))
        assert page.locator("[data-test=unread]").inner_text() == "3"
    beside.run(reader.connect())
    beside.run(reader.sync())
    beside.run(reader.read({"type": "user", "id": "who1"}, last["id"]))
    beside.run(reader.delivered({"type": "user", "id": "who1"}, last["id"]))
    beside.run(reader.close())
    beside.run(sender.close())
    with visit(script=False) as page:
        page.goto(site.url("A users/u/who2/queue/"))
        assert page.locator("[data-test=queue-row]").count() == 0
        page.goto(site.url("A users/u/who2/conversations/"))
        assert page.locator("[data-test=unread]").inner_text() == "0"


def test_UD_4_every_tab_opens_by_its_address_and_a_queue_is_acted_on(
    site: Site, beside: LiveClients, visit: OpenPage
):
    sender, reader = native(site, "who1"), native(site, "who2")
    beside.run(sender.connect())
    first, second = (beside.run(sender.send_text("who2", text))["id"] for text in ("a", "b"))
    tabs = ("", "roster/", "groups/", "rooms/", "sessions/", "conversations/", "queue/",
            "messages/", "blocks/")  # fmt: skip
    with visit(script=False) as page:
        for tab in tabs:
            page.goto(site.url(f"A users/u/who2/{tab}"))
            here = page.locator(".tab-list [aria-current=page]")
            assert urljoin(page.url, here.get_attribute("href")) == page.url
        page.goto(site.url("A users/u/who2/queue/"))
        assert page.locator("[data-test=count-queue]").inner_text() == "2"
        page.check(f"[data-test=queue-tick][value='{first}']")
        page.click("[data-test=queue-take]")
        page.click("main form button.btn-danger")
        assert page.locator("[data-test=count-queue]").inner_text() == "1"
        beside.run(reader.connect())
        page.reload()
        page.click("[data-test=queue-deliver]")
    beside.run(reader.closed())
    beside.run(reader.connect())
    came = [one["message"]["id"] for one in beside.run(reader.sync()) if one["ev"] == "message"]
    assert second in came
    assert first not in came
    beside.run(reader.delivered({"type": "user", "id": "who1"}, second))
    beside.run(reader.close())
    beside.run(sender.close())


def kick(site: Site, visit: OpenPage, kind: str) -> None:
    """End who3's only connection from its own page, without script."""
    with visit(script=False) as page:
        page.goto(site.url("A users/u/who3/sessions/"))
        assert page.locator("[data-test=session-row]").count() == 1
        page.click("[data-test=session-row] th a")
        page.check(f"[name=kind][value={kind}]")
        page.click("[data-test=session-kick]")


def test_SES_2_kicked_xmpp_client_gets_a_conflict(site: Site, beside: LiveClients, visit: OpenPage):
    client = xmpp(site)
    beside.run(client.connect())
    kick(site, visit, "other")
    beside.run(client.closed())
    assert client.stream_error == "conflict"
    beside.run(client.drop())


@pytest.mark.parametrize(
    ("kind", "code"),
    [("other", "device_replaced"), ("admin", "forced_offline"), ("removed", "account_removed"),
     ("password", "password_changed")],
)  # fmt: skip
def test_SES_3_kicked_msync_client_gets_its_operation(
    kind: str, code: str, site: Site, beside: LiveClients, visit: OpenPage
):
    client = msync(site)
    beside.run(client.connect())
    kick(site, visit, kind)
    assert beside.run(client.expect("kicked"))["code"] == code
    beside.run(client.close())


def test_SES_4_counters_rise_while_chatting(site: Site, beside: LiveClients, visit: OpenPage):
    client = native(site, "who1")
    beside.run(client.connect())
    with visit() as page:
        page.goto(site.url("A sessions/?user=who1"))
        cell = page.locator("[data-test=session-row] td.num").first
        before = cell.inner_text()
        beside.run(client.send_text("who2", "hello"))
        expect(cell).not_to_have_text(before, timeout=DEADLINE_S * 1000)
    beside.run(client.close())


def test_USR_6_banned_user_is_gone_and_cannot_sign_in(
    site: Site, beside: LiveClients, visit: OpenPage
):
    client = xmpp(site)
    beside.run(client.connect())
    with visit(script=False) as page:
        page.goto(site.url("A users/u/who3/do/ban/"))
        page.click("[data-test=act-submit]")
        beside.run(client.closed())
        page.goto(site.url("A sessions/?user=who3"))
        assert page.locator("[data-test=session-row]").count() == 0
        with pytest.raises(Refused):
            beside.run(client.connect())
        beside.run(client.drop())
        page.goto(site.url("A users/u/who3/"))
        page.click("[data-test=user-unban]")


def test_ROS_2_request_reaches_the_connected_client(
    site: Site, beside: LiveClients, visit: OpenPage
):
    client = msync(site)
    beside.run(client.connect())
    with visit(script=False) as page:
        page.goto(site.url("A users/u/who1/roster/"))
        if not page.locator("[name=friends]").is_visible():
            page.click("[data-test=roster-add-open]")
        page.fill("[name=friends]", "who3")
        page.check("[name=mode][value=request]")
        page.click("[data-test=roster-add-submit]")
    heard = beside.run(client.expect("roster"))
    assert (heard["kind"], heard["user"]) == ("request", "who1")
    beside.run(client.close())
