"""README's page, as printed, from another origin than the server's."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PASSWORD
from tests.browser.live_clients import LiveClients
from tests.e2e.servers import ROOT, Server

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

README = ROOT / "README.md"
MAX_LINES = 40


# README's cache, on a page that only shows: what was kept, then what changed.
KEPT_PAGE = """
async ([server, appkey]) => {
  const { ImClient } = await import(`${server}/static/sdk/imadmin.js`);
  const { ConversationCache, webStorage } = await import(`${server}/static/sdk/storage.js`);
  const url = `${server.replace("http", "ws")}/ws/native/`;
  window.im = new ImClient({ url, appkey, user: "demo3", password: "123456" });
  const kept = new ConversationCache(window.im, webStorage());
  const texts = (messages) => messages.map(({ body }) => body.msg);
  kept.on("changed", ({ messages }) => { window.shown = texts(messages); });
  return texts(await kept.open({ type: "user", id: "demo4" }));
}
"""


# What README's 咚咚 lines leave to the reader: the module, one's own server, one's own page.
DONGDONG_AROUND = """
const { createDongdong } = await import(`${server}/static/sdk/dongdong.js`);
const asked = { grant_type: "password", username: "demo1", password: "123456" };
const askMyServer = async () => {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(asked);
  const answer = await fetch(`${server}/demo/app/token`, { method: "POST", headers, body });
  return (await answer.json()).access_token;
};
window.shown = [];
const show = (...all) => window.shown.push(all);
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("demo") / "data", args=("--demo",)).start()
    yield server
    server.stop()


@pytest.fixture
def elsewhere(tmp_path: Path, demo: Server) -> Iterator[str]:
    """README's page on a server of its own; its address."""
    found = re.search(r"```html\n(.*?)```", README.read_text(), re.DOTALL)
    assert found
    assert len(found[1].splitlines()) <= MAX_LINES
    folder = tmp_path / "page"
    folder.mkdir()
    text = found[1].replace("127.0.0.1:8000", f"127.0.0.1:{demo.port}")
    (folder / "page.html").write_text(text)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages:
        threading.Thread(target=pages.serve_forever).start()
        yield f"http://127.0.0.1:{pages.server_port}/page.html"
        pages.shutdown()


def test_readmes_page_sends_receives_and_sees_it_read(browser: Browser, elsewhere: str):
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(elsewhere)
    expect(page.locator("#log")).to_contain_text("connected")
    page.fill("input", "hello from elsewhere")
    page.click("button")
    log = page.locator("#log")
    expect(log).to_contain_text("demo1: hello from elsewhere")
    expect(log).to_contain_text("stored as")
    expect(log).to_contain_text("read by demo2")
    assert errors == []
    page.close()


def test_a_reloaded_page_shows_what_local_storage_kept(
    browser: Browser, elsewhere: str, demo: Server
):
    page = browser.new_page()
    page.goto(elsewhere)
    where = [demo.base_url, "demo#app"]
    assert page.evaluate(KEPT_PAGE, where) == []
    page.evaluate("""async () => {
      await im.connect();
      await im.sendText({ type: "user", id: "demo4" }, "kept");
    }""")
    page.wait_for_function("() => window.shown?.length === 1")
    page.reload()
    assert page.evaluate(KEPT_PAGE, where) == ["kept"]  # nobody has connected
    with LiveClients(demo.ws_url, "demo#app") as clients:
        demo4 = clients.log_in("demo4", "123456")
        demo4.say({"type": "user", "id": "demo3"}, "meanwhile")
    page.evaluate("im.connect()")
    page.wait_for_function("() => window.shown?.join() === 'kept,meanwhile'")
    page.close()


def test_readmes_dongdong_lines_send_and_show(browser: Browser, elsewhere: str, demo: Server):
    found = re.search(r"```js\n(const sdk = createDongdong.*?)```", README.read_text(), re.DOTALL)
    assert found
    lines = found[1].replace("127.0.0.1:8000", f"127.0.0.1:{demo.port}")
    page = browser.new_page()
    page.goto(elsewhere)
    demo1 = {"type": "user", "id": "demo1"}
    with LiveClients(demo.ws_url, "demo#app") as clients:
        demo2 = clients.log_in("demo2", "123456")
        with page.expect_console_message() as told:
            page.evaluate(f"async ([server]) => {{ {DONGDONG_AROUND} {lines} }}", [demo.base_url])
        heard = demo2.hears(told.value.text.split()[0])
        assert heard["body"] == {"type": "txt", "msg": "hello"}
        demo2.say(demo1, "welcome")
        page.wait_for_function("() => window.shown.at(-1)?.join() === 'demo2,text,welcome'")
    page.close()


def test_first_operator_of_a_demo_gets_its_app_without_naming_one(browser: Browser, demo: Server):
    context = browser.new_context(locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo.base_url}/console/")
    fields = {"code": demo.manage("setup_code").stdout.split()[2], "name": "root",
              "password": PASSWORD, "password-again": PASSWORD}  # fmt: skip
    for name, value in fields.items():
        page.fill(f"[data-test=setup-{name}]", value)
    page.click("[data-test=setup-submit]")
    assert page.url == f"{demo.base_url}/console/apps/demo/app/connect/", page.inner_text("main")
    context.close()
