"""The data pages in a browser: policy, axe in two languages, themes and widths, and no script."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clients import connected
from tests.browser.conftest import OpenPage, Site
from tests.browser.test_shell import THEMES, Look, check_with_axe, look, speak

__all__ = ["look"]

pytestmark = pytest.mark.browser

# `<g>`, `<r>`, `<m>`, `<j>` are a group, a chatroom, a message and a send of the demo data, `<b>` a
# batch of users.
PAGES = (
    *(
        "A users/",
        "A users/?q=nobody",
        "A users/new/",
        "A users/batch/",
        "A users/batch/<b>/",
        "A users/import/",
        "A users/u/demo1/",
        "A users/u/demo1/menu/",
    ),
    *(f"A users/u/demo1/{tab}/" for tab in ("roster", "groups", "rooms", "blocks")),
    *(f"A users/u/demo2/{tab}/" for tab in ("sessions", "conversations", "queue", "messages")),
    *(f"A users/u/demo1/do/{act}/" for act in ("password", "ban", "delete", "mute")),
    *("A groups/", "A groups/new/", "A groups/<g>/", "A rooms/", "A rooms/new/", "A rooms/<r>/"),
    *(f"A groups/<g>/{tab}/" for tab in ("members", "admins", "mutes", "blocks", "allow")),
    *(f"A groups/<g>/{tab}/" for tab in ("announcement", "messages", "settings", "mutes/add")),
    *("A groups/<g>/requests/", "A groups/<g>/files/", "A rooms/<r>/attributes/"),
    *("A rooms/<r>/members/", "A rooms/superadmins/", "A send/", "A send/<j>/"),
    *("A messages/", "A messages/?since=all", "A messages/<m>/", "A messages/refused/"),
    *("A sessions/", "A sessions/?user=nobody"),
    *("A settings/", "A settings/?part=limits"),
    *("A webhooks/", "A webhooks/new/", "A webhooks/1/", "A webhooks/1/edit/"),
    *("A scenarios/", "A connect/check/?user=demo1"),
    *("A webhooks/deliveries/", "A webhooks/1/remove/", "A webhooks/1/rotate/"),
)
HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture(scope="module")
def names(site: Site, browser: Any) -> dict[str, str]:
    """Load the demo data and send one message, by the pages themselves, without script."""
    context = browser.new_context(java_script_enabled=False, storage_state=site.storage)
    page: Page = context.new_page()
    page.goto(site.url("A users/"))
    if page.locator("[data-test=demo-data]").count():
        page.click("[data-test=demo-data]")
    found = {}
    for mark, path in (("<g>", "A groups/"), ("<r>", "A rooms/")):
        page.goto(site.url(path))
        found[mark] = str(page.locator("[data-test=room-row]").first.get_attribute("data-id"))
    page.goto(site.url(f"A send/?to_type=group&to={found['<g>']}&text=hello"))
    page.click("[data-test=send-submit]")
    found["<j>"] = page.url.rstrip("/").rsplit("/", 1)[1]
    found["<m>"] = page.locator("[data-test=message-id]").first.inner_text()
    page.goto(site.url("A users/batch/"))
    page.select_option("main [name=password_mode]", "generate")
    page.click("[data-test=batch-preview-submit]")
    page.click("[data-test=batch-submit]")
    expect(page.locator("[data-test=batch-done]")).to_be_visible()
    found["<b>"] = page.url.rstrip("/").rsplit("/", 1)[1]
    make(page, site, "A webhooks/new/", {"hook-name": "First", "hook-url": HOOK}, "hook-submit")
    context.close()
    return found


def located(site: Site, path: str, names: dict[str, str]) -> str:
    for mark, name in names.items():
        path = path.replace(mark, name)
    return site.url(path)


@pytest.mark.parametrize("path", PAGES)
def test_data_page_is_accessible_and_light_in_both_themes_and_widths(
    path: str, look: Look, site: Site, names: dict[str, str], axe_source: str
):
    look.check(located(site, path, names), axe_source)


def make(page: Page, site: Site, path: str, fields: dict[str, str], submit: str) -> None:
    page.goto(site.url(path))
    for test, value in fields.items():
        page.fill(f"[data-test={test}]", value)
    page.click(f"[data-test={submit}]")


def test_whole_flow_works_without_script(site: Site, visit: OpenPage):
    """USR-7, GRP-1, ROM-1 and SND-9."""
    with visit(script=False) as page:
        for name in ("quiet1", "quiet2"):
            fields = {"user-username": name, "user-password": "123456"}
            make(page, site, "A users/new/", fields, "user-create-submit")
            assert page.url == site.url(f"A users/u/{name}/")
        page.goto(site.url("A users/?q=quiet"))
        assert page.locator("[data-test=user-row]").count() == 2
        fields = {"name": "Quiet group", "owner": "quiet1", "members": "quiet2"}
        make(page, site, "A groups/new/", fields, "room-create-submit")
        group = page.locator("[data-test=room-id]").inner_text()
        page.click("[data-test=tab-members]")
        assert page.locator("[data-test=member-row]").count() == 2
        fields = {"name": "Quiet room", "owner": "quiet1", "admins": "quiet2"}
        make(page, site, "A rooms/new/", fields, "room-create-submit")
        page.click("[data-test=tab-admins]")
        assert page.locator("[data-test=admins-row]").get_attribute("data-id") == "quiet2"
        make(page, site, f"A send/?to_type=group&to={group}", {"send-text": "hi"}, "send-submit")
        assert page.locator("[data-test=send-item]").get_attribute("data-id") == group
        shown = page.locator("[data-test=message-id]").inner_text()
        page.reload()
        assert page.locator("[data-test=message-id]").inner_text() == shown


def test_filter_swaps_the_list_and_keeps_its_address(site: Site, names: dict[str, str],
                                                     visit: OpenPage):  # fmt: skip
    with visit() as page:
        page.goto(site.url("A users/"))
        page.fill("[name=q]", "demo2")
        expect(page.locator("[data-test=user-row]")).to_have_count(1)
        assert "q=demo2" in page.url


def test_menu_of_a_row_opens_beside_it_and_by_keyboard(
    site: Site, names: dict[str, str], visit: OpenPage, axe_source: str
):
    focused = "document.activeElement.dataset.test"
    with visit(reduced_motion="reduce") as page:
        page.goto(site.url("A users/?q=demo2"))
        opener, menu = page.locator("[data-test=user-menu]"), page.locator("[data-test=row-menu]")
        opener.press("Enter")
        expect(menu).to_be_visible()
        expect(opener).to_have_attribute("aria-expanded", "true")
        check_with_axe(page, axe_source, tuple((theme, 1360) for theme in THEMES))
        page.keyboard.press("ArrowDown")
        assert page.evaluate(focused) == "menu-send"
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "menu-password"
        page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        assert page.evaluate(focused) == "user-menu"
        assert opener.get_attribute("aria-expanded") is None
        for shown in (True, False):  # the same button opens and closes it
            opener.click()
            expect(menu).to_be_visible(visible=shown)
        opener.click()
        page.click("[data-test=menu-ban]")
        assert page.url == site.url("A users/u/demo2/do/ban/")
    with visit(script=False) as page:
        page.goto(site.url("A users/?q=demo2"))
        page.click("[data-test=user-menu]")
        assert page.url == site.url("A users/u/demo2/menu/")
        page.click("[data-test=menu-send]")
        assert page.input_value("[name=to]") == "demo2"


def test_only_the_fields_of_the_chosen_type_show(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        page.goto(site.url("A send/"))
        assert page.locator("[data-test=send-text]").is_visible()
        page.check("[name=type][value=loc]")
        assert page.locator("[data-test=send-lat]").is_visible()
        assert not page.locator("[data-test=send-text]").is_visible()


def test_composer_counts_bytes_and_names_the_place_of_a_fault(
    site: Site, names: dict[str, str], visit: OpenPage
):
    with visit() as page:
        page.goto(site.url("A send/"))
        speak(page, "en")  # the operator keeps what an earlier test chose
        page.fill("[data-test=send-text]", "你好!")
        expect(page.locator("[data-test=text-state]")).to_have_text("7 / 5120 bytes")
        page.fill("[data-test=send-ext]", '{"a": 1,\n "b": }')
        expect(page.locator("[data-test=ext-state]")).to_contain_text("line 2, column 7")
        page.locator("[data-test=ext-preset]").first.click()
        expect(page.locator("[data-test=ext-state]")).to_contain_text("Valid JSON")
        page.locator("[data-test=send-to]").press_sequentially("demo1, demo")
        page.click("[data-test=pick] >> text=demo2")
        expect(page.locator("[data-test=send-to]")).to_have_value("demo1, demo2, ")
        page.locator("[data-test=send-text]").press("Control+Enter")
        expect(page.locator("[data-test=send-item]")).to_have_count(2)


def test_ticked_users_are_sent_to_with_and_without_script(
    site: Site, names: dict[str, str], visit: OpenPage
):
    for script in (True, False):
        with visit(script=script) as page:
            page.goto(site.url("A users/?q=demo&sort=username"))
            for name in ("demo1", "demo2"):
                page.check(f"[data-test=user-tick][value={name}]")
            page.click("[data-test=bulk-send]")
            expect(page.locator("[data-test=send-to]")).to_have_value("demo1, demo2")


@pytest.mark.parametrize(
    ("kind", "code"),
    [("other", "device_replaced"), ("admin", "forced_offline"), ("removed", "account_removed"),
     ("password", "password_changed")],
)  # fmt: skip
def test_SES_3_kicked_client_hears_what_was_chosen(
    kind: str, code: str, site: Site, names: dict[str, str], visit: OpenPage
):
    """SES-1 too: the connection is listed, and gone afterwards; all without script."""
    with connected(site.server.ws_url, "demo1") as beside, visit(script=False) as page:
        page.goto(site.url("A sessions/?user=demo1"))
        assert page.locator("[data-test=session-row]").count() == 1
        page.click("[data-test=session-row] th a")
        page.check(f"[name=kind][value={kind}]")
        page.click("[data-test=session-kick]")
        kicked = beside.do(beside.client.expect("kicked"))
        assert kicked["code"] == code
        beside.do(beside.client.closed())
    with visit() as page:
        page.goto(site.url("A sessions/"))
        expect(page.locator("[data-test=session-row]")).to_have_count(0)


def test_SES_1_new_connection_appears_by_itself(site: Site, names: dict[str, str], visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A sessions/"))
        expect(page.locator("[data-test=session-row]")).to_have_count(0)
        with connected(site.server.ws_url, "demo2"):
            expect(page.locator("[data-test=session-row]")).to_have_count(1)


def test_closed_socket_sends_the_client_away(site: Site, names: dict[str, str], visit: OpenPage):
    with connected(site.server.ws_url, "demo1") as beside, visit(script=False) as page:
        page.goto(site.url("A sessions/?user=demo1"))
        page.click("[data-test=session-row] th a")
        page.click("[data-test=session-close]")
        page.click("[data-test=act-submit]")
        assert beside.do(beside.client.closed()) == 1001
