"""Groups and chatrooms: what is done on their pages, and what clients see of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients

pytestmark = pytest.mark.browser

Client = NativeClient | MsyncClient
APPKEY = "acme#demo"
PASSWORD = "123456"
DEADLINE_S = 30
PEOPLE = ("rm1", "rm2", "rm3", "rm4")
MAKE_USERS = f"""
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
for name in {PEOPLE!r}:
    register_user(get_app(Appkey("acme", "demo")), username=name, password="123456")
"""


@pytest.fixture(scope="module")
def beside(site: Site) -> Iterator[LiveClients]:
    site.server.manage("shell", "-c", MAKE_USERS)
    with LiveClients(site.server.ws_url, APPKEY) as clients:
        yield clients


@contextmanager
def online(
    site: Site, beside: LiveClients, name: str, wire: type[Client] = NativeClient
) -> Iterator[Any]:
    """A client of that user on the native wire, or on MSYNC."""
    path = "/ws/native/" if wire is NativeClient else "/websocket"
    client = wire(f"{site.server.ws_url}{path}", APPKEY, name, password=PASSWORD)
    beside.run(client.connect())
    try:
        yield client
    finally:
        beside.run(client.close())


def make(page: Page, site: Site, kind: str, **fields: str) -> str:
    """A group or chatroom (`groups`, `rooms`) by its form; its id."""
    page.goto(site.url(f"A {kind}/new/"))
    for name, value in fields.items():
        page.fill(f"[data-test={name}]", value)
    page.click("[data-test=room-create-submit]")
    return page.locator("[data-test=room-id]").inner_text()


def roles(page: Page, site: Site, kind: str, rid: str) -> dict[str, str]:
    page.goto(site.url(f"A {kind}/{rid}/members/"))
    rows = page.locator("[data-test=member-row]")
    return {
        str(row.get_attribute("data-id")): row.locator(".chip").first.inner_text()
        for row in rows.all()
    }


def refused_row(page: Page, site: Site, target: str) -> str:
    """The log's line of a refused send; it is written about once a second."""
    page.goto(site.url("A messages/"))
    page.click("[data-test=refused-link]")
    row = page.locator("[data-test=refused-row]", has_text=target)
    ends_at = time.monotonic() + DEADLINE_S
    while not row.count():
        assert time.monotonic() < ends_at, "no line of it"
        page.click("[data-test=refused-refresh]")
    return row.first.inner_text()


def act(page: Page, site: Site, path: str, **fields: str) -> None:
    """Fill and send an act's own page."""
    page.goto(site.url(path))
    for name, value in fields.items():
        control = page.locator(f"main [name={name}]")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    page.click("[data-test=act-submit]")


def test_GRP_1_group_of_four_shows_its_owner_and_three_members(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        rid = make(page, site, "groups", name="Four", owner="rm1", members="rm2, rm3 rm4")
        assert page.locator("[data-test=room-send]").is_visible()
        shown = roles(page, site, "groups", rid)
    assert list(shown) == ["rm1", "rm2", "rm3", "rm4"]
    assert len(set(shown.values())) == 2
    assert list(shown.values()).count(shown["rm1"]) == 1


def test_GRP_2_muted_member_is_refused_and_the_log_says_why(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with online(site, beside, "rm2") as rm2, visit(script=False) as page:
        rid = make(page, site, "groups", name="Quiet", owner="rm1", members="rm2")
        page.goto(site.url(f"A groups/{rid}/members/"))
        page.check("[data-test=member-tick][value=rm2]")
        page.click("[data-test=bulk-mute]")
        page.click("[data-test=act-submit]")
        assert page.locator("[data-test=mutes-row]").get_attribute("data-id") == "rm2"
        with pytest.raises(Refused) as refusal:
            beside.run(rm2.send_text({"type": "group", "id": rid}, "hello"))
        assert refusal.value.code == "muted"
        row = refused_row(page, site, rid)
        assert "rm2" in row
        assert "muted" in row
        page.goto(site.url(f"A groups/{rid}/mutes/"))
        page.click("[data-test=mutes-row] button")
        beside.run(rm2.send_text({"type": "group", "id": rid}, "hello"))


def test_GRP_3_announcement_reaches_a_connected_member(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with online(site, beside, "rm2", MsyncClient) as rm2, visit(script=False) as page:
        rid = make(page, site, "groups", name="News", owner="rm1", members="rm2")
        page.click("[data-test=tab-announcement]")
        page.fill("[data-test=announcement]", "在五点 <b>")
        page.click("[data-test=announcement-submit]")
        heard = beside.run(rm2.expect("group", {"kind": "update_announcement"}))
        assert page.locator("[data-test=announcement-text]").inner_text() == "在五点 <b>"
    assert heard["group"] == rid


def test_GRP_4_transfer_changes_both_chips(site: Site, beside: LiveClients, visit: OpenPage):
    with visit(script=False) as page:
        rid = make(page, site, "groups", name="Handed on", owner="rm1", members="rm2")
        before = roles(page, site, "groups", rid)
        page.click("[data-id=rm2] [data-test=member-owner]")
        page.click("[data-test=act-submit]")
        after = roles(page, site, "groups", rid)
    assert (after["rm2"], after["rm1"]) == (before["rm1"], before["rm2"])


def test_GRP_5_unknown_user_is_named_and_nobody_is_added(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with visit() as page:
        rid = make(page, site, "groups", name="Strict", owner="rm1")
        act(page, site, f"A groups/{rid}/members/add/", usernames="rm2, ghost7")
        expect(page.locator("#id_usernames_error")).to_contain_text("ghost7")
        assert list(roles(page, site, "groups", rid)) == ["rm1"]


def test_group_is_walked_through_every_tab_without_script(
    site: Site, beside: LiveClients, visit: OpenPage, tmp_path: Path
):
    with visit(script=False) as page:
        rid = make(page, site, "groups", name="All tabs", owner="rm1", members="rm2 rm3")
        for tab in ("blocks", "allow"):
            page.click(f"[data-test=tab-{tab}]")
            page.fill(f"[data-test={tab}-names]", "rm3")
            page.click(f"[data-test={tab}-submit]")
            assert page.locator(f"[data-test={tab}-row]").count() == (tab == "blocks")
        assert page.locator("#id_usernames_error").count() == 1  # the blocked is no member
        page.goto(site.url(f"A groups/{rid}/files/"))
        (tmp_path / "plan.txt").write_text("at five")
        page.set_input_files("[data-test=files-file]", tmp_path / "plan.txt")
        page.click("[data-test=files-submit]")
        assert "plan.txt" in page.locator("[data-test=file-row]").inner_text()
        page.click("[data-test=file-remove]")
        assert page.locator("[data-test=file-row]").count() == 0
        page.click("[data-test=tab-requests]")
        assert page.locator("[data-test=empty-state]").is_visible()
        page.click("[data-test=tab-mutes]")
        page.click("[data-test=mute-all]")
        assert page.locator(".page-head .chip-warn").count() == 1
        page.goto(site.url(f"A groups/?q={rid}"))
        page.check("[data-test=room-tick]")
        page.click("[data-test=bulk-delete]")
        page.click("[data-test=bulk-submit]")
        page.goto(site.url(f"A groups/?q={rid}"))
        assert page.locator("[data-test=room-row]").count() == 0


def test_ROM_1_chatroom_shows_super_admin_and_admin(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        rid = make(page, site, "rooms", name="Hall", owner="rm1", admins="rm2")
        assert page.locator("[data-test=room-owner]").inner_text() == "rm1"
        page.click("[data-test=tab-admins]")
        assert page.locator("[data-test=admins-row]").get_attribute("data-id") == "rm2"
        page.click("[data-test=tab-attributes]")
        page.fill("[data-test=attribute-key]", "topic")
        page.fill("[data-test=attribute-value]", "tea")
        page.click("[data-test=attribute-submit]")
        assert "tea" in page.locator("[data-test=attribute-row][data-id=topic]").inner_text()
        assert len(set(roles(page, site, "rooms", rid).values())) == 2


def test_ROM_2_console_message_reaches_both_joined_clients(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with (
        online(site, beside, "rm3") as rm3,
        online(site, beside, "rm4", MsyncClient) as rm4,
        visit(script=False) as page,
    ):
        rid = make(page, site, "rooms", name="Lobby", owner="rm1")
        beside.run(rm3.room("join", rid))
        beside.run(rm4.join(rid))
        page.goto(site.url(f"A rooms/{rid}/"))
        page.click("[data-test=room-send]")
        page.fill("[data-test=send-text]", "to all who are here")
        page.click("[data-test=send-submit]")
        sent = page.locator("[data-test=message-id]").first.inner_text()
        assert beside.run(rm3.expect("message"))["message"]["id"] == sent
        assert beside.run(rm4.expect("message"))["message"]["id"] == sent


def test_ROM_3_only_a_super_admins_client_may_make_a_chatroom(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        page.goto(site.url("A rooms/superadmins/"))
        page.fill("[data-test=superadmin-user]", "rm3")
        page.click("[data-test=superadmin-submit]")
        assert page.locator("[data-test=superadmin-row][data-id=rm3]").count() == 1
    # SDK 4.x makes chatrooms by REST with its user's token.
    made = {}
    with (
        online(site, beside, "rm3", MsyncClient) as rm3,
        online(site, beside, "rm4", MsyncClient) as rm4,
    ):
        for client, name in ((rm3, "Mine"), (rm4, "Not mine")):
            room = {"name": name, "description": "", "maxusers": 10, "owner": client.user}
            try:
                made[name] = beside.run(client.call("POST", "/chatrooms", room))["data"]["id"]
            except Refused as refusal:
                made[name] = refusal.code
    assert made["Not mine"] == "forbidden_op"
    with visit(script=False) as page:
        page.goto(site.url(f"A rooms/{made['Mine']}/"))
        assert page.locator("[data-test=room-owner]").inner_text() == "rm3"


def test_ROM_4_mute_for_ever_stays_until_it_is_removed(
    site: Site, beside: LiveClients, visit: OpenPage
):
    with online(site, beside, "rm4") as rm4, visit(script=False) as page:
        rid = make(page, site, "rooms", name="Silence", owner="rm1")
        here = {"type": "chatroom", "id": rid}
        beside.run(rm4.room("join", rid))
        act(page, site, f"A rooms/{rid}/mutes/add/", usernames="rm4", duration="forever")
        assert page.locator("[data-test=mutes-row]").count() == 1
        assert page.locator("[data-test=mutes-row] time").count() == 0  # no end
        with pytest.raises(Refused):
            beside.run(rm4.send_text(here, "hello"))
        page.click("[data-test=mutes-row] button")
        beside.run(rm4.send_text(here, "hello"))
