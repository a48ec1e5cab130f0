"""The 咚咚 article, played on the Connect page, with a native client on the other side."""

import functools
import http.server
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import NAMED_HOST, OpenPage, Site
from tests.browser.live_clients import LiveClients, LiveUser
from tests.browser.test_shell import AXE_RUN, enter_password, overflows, speak
from tests.e2e.servers import ROOT

pytestmark = pytest.mark.browser

Json = dict[str, Any]
PASSWORD = "123456"  # of the demo data
PICTURE = ROOT / "imadmin" / "console" / "demo" / "picture.png"
DEMO1, DEMO2 = ({"type": "user", "id": name} for name in ("demo1", "demo2"))


@pytest.fixture(scope="module")
def address(site: Site, browser: Any) -> str:
    """The page, in an app of its own that holds the demo data."""
    context = browser.new_context(java_script_enabled=False, storage_state=site.storage)
    page = context.new_page()
    page.goto(site.url("/console/apps/new/"))
    page.fill("[data-test=app-org]", "shop")
    page.fill("[data-test=app-name]", "talk")
    page.click("[data-test=app-create-submit]")
    page.goto(site.url("/console/apps/shop/talk/users/"))
    page.click("[data-test=demo-data]")
    speak(page, "en")  # for every test here: the operator's profile keeps it
    context.close()
    return site.url("/console/apps/shop/talk/connect/?sdk=dongdong")


class Shop:
    """demo1 at the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows = self.part("messages").locator("> li")

    def part(self, name: str) -> Locator:
        return self.page.locator(f"#dongdong [data-part={name}]")

    def connect(self, to: str = "demo2") -> "Shop":
        self.page.fill("#dd-to", to)
        self.page.press("#dd-to", "Enter")
        expect(self.part("state")).to_have_attribute("data-state", "open")
        expect(self.part("composer")).to_be_enabled()
        return self

    def say(self, text: str) -> Locator:
        self.page.fill("#dd-text", text)
        self.page.press("#dd-text", "Enter")
        return self.row(text)

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def last(self, state: str) -> str:
        """The newest row has come to this state; its message id."""
        expect(self.rows.last).to_have_attribute("data-state", state)
        return str(self.rows.last.get_attribute("data-mid"))


@pytest.fixture
def desk(address: str, site: Site, visit: OpenPage) -> Iterator[tuple[Shop, LiveUser]]:
    """demo1's page, open and signed in, and demo2 on a phone."""
    with ExitStack() as stack:
        clients = stack.enter_context(LiveClients(site.server.ws_url, "shop#talk"))
        grants = ["clipboard-read", "clipboard-write"]
        page = stack.enter_context(visit(permissions=grants))
        page.goto(address)
        yield Shop(page), clients.log_in("demo2", PASSWORD)


def test_text_image_camera_and_special_message_arrive(desk: tuple[Shop, LiveUser]):
    shop, demo2 = desk
    shop.connect()
    shop.say("你好 <b>")
    heard = demo2.hears(shop.last("sent"))
    assert heard["body"] == {"type": "txt", "msg": "你好 <b>"}
    assert heard["ext"]["dd"]["clientType"] == "m"
    shop.part("file").set_input_files(PICTURE)
    heard = demo2.hears(shop.last("sent"))
    assert download(heard["body"]) == PICTURE.read_bytes()
    assert heard["body"]["size"]["width"] > 0
    shop.part("camera").click()
    video = shop.part("dialog").locator("video")
    expect(video).to_be_visible()
    shop.page.wait_for_function("() => document.querySelector('dialog video').videoWidth > 0")
    shop.part("dialog").get_by_text("Send this picture").click()
    expect(shop.rows.last).not_to_have_attribute("data-mid", heard["id"])  # there is a new row
    expect(shop.rows.last.locator("img")).to_have_js_property("complete", True)
    heard = demo2.hears(shop.last("sent"))
    assert download(heard["body"])[:3] == b"\xff\xd8\xff"  # a JPEG
    assert heard["body"]["size"] == shop.rows.last.locator("img").evaluate(
        "(image) => ({ width: image.naturalWidth, height: image.naturalHeight })"
    )
    shop.part("special").locator("button").click()
    heard = demo2.hears(shop.last("sent"))
    assert heard["body"] == {"type": "txt", "msg": ""}
    assert heard["ext"]["dd"]["type"] == "order_card"
    expect(shop.rows.last).to_contain_text('order_card "Order 10086, paid"')


def test_history_comes_ten_at_a_time_until_the_end_mark(desk: tuple[Shop, LiveUser]):
    shop, demo2 = desk
    told = demo2.ask("history", conversation=DEMO1, before="-1", limit=100)
    shop.connect()
    expect(shop.rows).to_have_count(10)
    expect(shop.part("end")).to_be_hidden()
    seen = 10
    while seen < told["total"]:
        shop.part("log").evaluate("(log) => { log.scrollTop = 0; }")
        seen = min(seen + 10, told["total"])
        expect(shop.rows).to_have_count(seen)
    expect(shop.part("end")).to_be_visible()
    expect(shop.part("earlier")).to_be_hidden()
    shown = shop.rows.evaluate_all("(rows) => rows.map((row) => row.dataset.mid)")
    assert shown[::-1] == [message["id"] for message in told["messages"]]


def test_read_recalled_and_copied(desk: tuple[Shop, LiveUser]):
    shop, demo2 = desk
    shop.connect().say("read me")
    mid = shop.last("sent")
    demo2.hears(mid)
    demo2.read(DEMO1, mid)
    shop.last("read")
    expect(shop.row("read me")).to_contain_text("✓✓ read")
    shop.row("read me").get_by_text("Copy").click()
    expect(shop.page.locator("[data-test=toast]")).to_contain_text("Copied")
    assert shop.page.evaluate("navigator.clipboard.readText()") == "read me"
    shop.row("read me").locator("[data-part=recall]").click()
    demo2.is_told("recalled", {"message_id": mid})
    expect(shop.part("log")).to_be_focused()  # the button is gone
    shop.last("recalled")
    expect(shop.rows.last).not_to_contain_text("read me")
    theirs = demo2.say(DEMO1, "wrong window")
    expect(shop.row("wrong window")).to_have_attribute("data-mid", theirs)
    demo2.ask("recall", id=theirs)
    shop.last("recalled")


def test_failed_send_says_why_and_is_sent_again(desk: tuple[Shop, LiveUser]):
    shop, demo2 = desk
    demo2.ask("block", user="demo1")
    try:
        row = shop.connect().say("are you there?")
        shop.last("failed")
        expect(row).to_contain_text("not sent")
    finally:
        demo2.ask("unblock", user="demo1")
    # What failed before a disconnect can still be sent, as the same message.
    shop.part("disconnect").click()
    expect(shop.part("state")).to_have_attribute("data-state", "closed")
    shop.connect()
    row.get_by_text("Send again").click()
    heard = demo2.hears(shop.last("sent"))
    assert heard["body"]["msg"] == "are you there?"
    demo2.hears_nothing_more()


def test_group_unread_and_the_newest(desk: tuple[Shop, LiveUser]):
    shop, demo2 = desk
    shop.connect()
    shop.part("group").locator("button").click()
    title = shop.part("title")
    expect(title).to_have_text(re.compile(r"^\d{15}$"))
    group = {"type": "group", "id": title.inner_text()}
    shop.say("welcome")
    assert demo2.hears(shop.last("sent"))["conversation"] == group

    demo2.say(DEMO1, "psst")  # in the other conversation
    place = shop.part("places").locator("li", has_text="demo2")
    expect(place).to_contain_text("1 unread")
    expect(shop.part("total")).to_have_text("1")
    place.get_by_role("button").click()
    expect(shop.row("psst")).to_be_visible()
    expect(shop.part("total")).to_have_text("0")

    shop.part("log").evaluate("(log) => { log.scrollTop = 30; }")  # one reads further up
    expect(shop.part("newest")).to_be_visible()
    mid = demo2.say(DEMO1, "still there?")
    expect(shop.part("newest")).to_contain_text("1")
    expect(place).to_contain_text("1 unread")
    shop.part("newest").click()
    expect(shop.part("newest")).to_be_hidden()
    expect(shop.part("log")).to_be_focused()
    demo2.is_told("receipt", {"kind": "read", "up_to": mid})
    expect(shop.row("still there?")).to_be_in_viewport()


def test_token_is_nowhere_but_in_memory(desk: tuple[Shop, LiveUser], site: Site, address: str):
    shop, _ = desk
    with shop.page.expect_response("**/connect/token/") as told:
        shop.connect()
    token = told.value.json()["token"]
    assert token.startswith("YWMt")
    kept = (
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert token not in shop.page.content() + shop.page.evaluate(kept)
    assert token not in site.server.log()
    shop.page.goto(site.url("/console/apps/shop/talk/audit/?action=token.issue"))
    expect(shop.page.locator("[data-test=audit-row]").first).to_contain_text("demo1")
    assert token not in shop.page.content()


def test_unknown_user_is_a_sentence_and_no_loop(desk: tuple[Shop, LiveUser]):
    shop, _ = desk
    shop.page.fill("#dd-pin", "nobody")
    shop.part("connect").get_by_text("Connect", exact=True).click()
    expect(shop.part("trouble")).to_have_text("There is no such user.")
    expect(shop.part("state")).to_have_attribute("data-state", "closed")


def test_without_script_the_page_says_what_it_needs(address: str, visit: OpenPage):
    with visit(script=False) as page:
        page.goto(address)
        expect(page.locator("[data-test=needs-script]")).to_be_visible()
        expect(page.locator("#dongdong")).to_be_hidden()
        expect(page.locator("[data-test=sample-dongdong]")).to_be_visible()


def test_page_without_a_trusted_origin_offers_the_phones_camera(
    address: str, site: Site, browser: Browser
):
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    named = address.replace("127.0.0.1", NAMED_HOST)
    page.goto(named)  # sign-in comes first, and goes on to the page
    enter_password(page)
    page.wait_for_url(named)
    assert page.evaluate("isSecureContext") is False
    shop = Shop(page).connect()
    expect(shop.part("camera")).to_be_hidden()
    capture = shop.part("capture")
    expect(capture).to_have_attribute("capture", "environment")
    expect(shop.part("cameras")).to_contain_text("only over TLS")
    capture.set_input_files(PICTURE)
    shop.last("sent")
    context.close()


def test_printed_page_runs_from_another_origin(
    address: str, site: Site, browser: Browser, visit: OpenPage, tmp_path: Path
):
    with visit() as page:
        page.goto(address)
        text = page.locator("[data-test=sample-dongdong]").inner_text()
    (tmp_path / "page.html").write_text(text)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages,
        LiveClients(site.server.ws_url, "shop#talk") as clients,
    ):
        threading.Thread(target=pages.serve_forever).start()
        page = browser.new_page(locale="en-US")
        page.goto(f"http://127.0.0.1:{pages.server_port}/page.html")
        shop, demo2 = Shop(page).connect(), clients.log_in("demo2", PASSWORD)
        shop.say("from elsewhere")
        demo2.hears(shop.last("sent"))
        shop.part("file").set_input_files(PICTURE)
        demo2.hears(shop.last("sent"))
        expect(shop.rows.last.locator("img")).to_have_js_property("naturalWidth", 320)
        page.close()
        pages.shutdown()


def test_page_leads_to_the_librarys_calls(address: str, visit: OpenPage, axe_source: str):
    with visit() as page:
        page.goto(address)
        page.click("[data-test=sdk-api]")
        expect(page.get_by_role("heading", level=1)).to_have_text("imadmin-sdk: API")
        expect(page.locator("body")).to_contain_text("pullHistoryMsg(startMid: string | number")
        page.evaluate(axe_source)
        assert page.evaluate(AXE_RUN) == []
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(AXE_RUN) == []
        page.set_viewport_size({"width": 390, "height": 800})
        assert not overflows(page)


def download(body: Json) -> bytes:
    with urllib.request.urlopen(body["url"], timeout=10) as answer:
        return bytes(answer.read())
