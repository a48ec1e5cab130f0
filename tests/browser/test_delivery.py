"""How far a message came, as the pages of its send and of itself show it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients

pytestmark = pytest.mark.browser

DEADLINE_MS = 20_000

MAKE_PEOPLE = """
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
from chat.actions.blocks import block_users
from chat.actions.rooms import create_room
from chat.domain.commands import BlockUsers, CreateRoom
app = get_app(Appkey("acme", "demo"))
for name in ("far1", "far2", "far3", "far4"):
    register_user(app, username=name, password="123456")
block_users(Actor(app), BlockUsers(("far1",), owner="far4"))
members = ("far3", "far4")
create_room(
    Actor(app), CreateRoom("group", "g", owner="far2", members=members, room_id="far-group")
)
"""


@pytest.fixture(scope="module", autouse=True)
def people(site: Site) -> None:
    site.server.manage("shell", "-c", MAKE_PEOPLE)


def send(page: Page, site: Site, to: str, kind: str = "user") -> str:
    """Send a text by the page; the message's id."""
    page.goto(site.url("A send/"))
    page.check(f"input[name=to_type][value={kind}]")
    page.fill("[data-test=send-to]", to)
    page.fill("[data-test=send-text]", "how far?")
    page.click("[data-test=send-submit]")
    return page.locator("[data-test=delivery-counts] > code").inner_text()


def send_by(page: Page, site: Site, path: str, to: str) -> None:
    """Send a text as far1, by one of the two paths."""
    page.goto(site.url(f"A send/?path={path}&from=far1&to_type=user&to={to}&text=hi"))
    page.click("[data-test=send-submit]")


def stage_of(page: Page, name: str, stage: str) -> None:
    row = page.locator(f"[data-test=delivery-row][data-name={name}]")
    expect(row).to_have_attribute("data-stage", stage, timeout=DEADLINE_MS)


def test_SND_2_and_SND_10_a_row_moves_from_queued_to_confirmed_to_read(site: Site, visit: OpenPage):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        message_id = send(page, site, "far1")
        stage_of(page, "far1", "queued")
        page.evaluate("window.sameDocument = true")
        receiver = clients.log_in("far1", "123456")
        assert [one["id"] for one in receiver.missed()] == [message_id]
        stage_of(page, "far1", "pending")
        admin = {"type": "user", "id": "admin"}
        receiver.confirm(admin, message_id)
        stage_of(page, "far1", "confirmed")
        receiver.read(admin, message_id)
        stage_of(page, "far1", "read")
        assert page.evaluate("window.sameDocument") is True


def test_SND_3_of_three_members_two_confirm_and_one_is_queued(site: Site, visit: OpenPage):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        here = [clients.log_in(name, "123456") for name in ("far2", "far3")]
        message_id = send(page, site, "far-group", "group")
        for one in here:
            one.hears(message_id)
            one.confirm({"type": "group", "id": "far-group"}, message_id)
        page.goto(site.url(f"A messages/{message_id}/"))
        for name, stage in (("far2", "confirmed"), ("far3", "confirmed"), ("far4", "queued")):
            stage_of(page, name, stage)


def test_SND_1_text_to_somebody_online_shows_every_stage_with_its_time(site: Site, visit: OpenPage):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        receiver = clients.log_in("far2", "123456", "tablet")
        message_id = send(page, site, "far2")
        page.mouse.move(1, 1)
        receiver.hears(message_id)
        admin = {"type": "user", "id": "admin"}
        receiver.confirm(admin, message_id)
        stage_of(page, "far2", "confirmed")
        receiver.read(admin, message_id)
        stage_of(page, "far2", "read")
        times = page.locator("[data-test=delivery-times][data-device=far2-tablet] [data-stage]")
        expect(times).to_have_count(3, timeout=DEADLINE_MS)
        shown = [(one.get_attribute("data-stage"), one.inner_text()) for one in times.all()]
        assert [stage for stage, _ in shown] == ["written", "confirmed", "read"]
        after = [float(text.split("+")[1]) for _, text in shown]
        accepted = page.locator("[data-test=delivery-accepted]").inner_text()
        assert [float(accepted.rsplit("+", 1)[1]), *after] == sorted(
            [float(accepted.rsplit("+", 1)[1]), *after]
        )


def test_SND_8_client_path_is_refused_by_a_block_and_rest_is_not(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        send_by(page, site, "client", "far4")
        outcome = page.locator("[data-test=send-item]")
        expect(outcome).to_contain_text("refused")
        expect(outcome).to_contain_text("The recipient has blocked the sender")
        send_by(page, site, "rest", "far4")
        expect(page.locator("[data-test=send-item]")).to_contain_text("stored")


def test_message_of_a_client_arrives_with_its_times(site: Site, visit: OpenPage):
    with visit() as page, LiveClients(site.server.ws_url, "acme#demo") as clients:
        receiver = clients.log_in("far2", "123456")
        send_by(page, site, "client", "far2")
        message_id = page.locator("[data-test=delivery-counts] > code").inner_text()
        message = receiver.hears(message_id)
        assert (message["from"], message["body"]["msg"]) == ("far1", "hi")
        receiver.confirm({"type": "user", "id": "far1"}, message_id)
        stage_of(page, "far2", "confirmed")
        expect(page.locator("[data-test=delivery-accepted]")).to_be_visible()
        assert "console-send-" in page.locator("[data-test=send-path]").inner_text()
