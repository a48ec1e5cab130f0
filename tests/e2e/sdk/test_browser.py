"""The SDK as a page of another origin has it: CORS is real, and so are sockets and forms."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.sdk.sites import served
from tests.requirements import is_root, need_chromium

pytestmark = pytest.mark.e2e

LOG_IN = """async ([appKey, apiUrl, url, user, pwd]) => {
  window.WebIM = window.WebIM || window.websdk;
  const SDK = window.WebIM.default || window.WebIM;
  window.SDK = SDK;
  const conn = window.conn = new SDK.connection({appKey, isHttpDNS: false, url, apiUrl});
  window.heard = [];
  const hear = (kind) => (message) => window.heard.push({kind, ...message});
  conn.addEventHandler("page", {
    onTextMessage: hear("text"), onImageMessage: hear("image"), onError: hear("error"),
  });
  await conn.open({user, pwd});
}"""
SEND = """async (what) => {
  const SDK = window.SDK;
  if (what.type === "img") {
    const data = new File([new Uint8Array(2000).fill(7)], "a.png", {type: "image/png"});
    what.file = {data, filename: "a.png", filetype: "png", url: ""};
  }
  return (await window.conn.send(SDK.message.create(what))).serverMsgId;
}"""
HEARD = "(id) => window.heard.find((message) => message.id === id)"
FETCH = "async (url) => (await (await fetch(url)).arrayBuffer()).byteLength"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    """A site of its own with the SDK's file and an empty page."""
    with served(tmp_path) as address:
        yield address


@pytest.fixture
async def pages(origin: str) -> AsyncIterator[list[Page]]:
    path = need_chromium()
    async with async_playwright() as playwright:
        args = ["--no-sandbox"] if is_root() else []
        browser = await playwright.chromium.launch(executable_path=path, args=args)
        opened = []
        for _ in range(2):
            page = await (await browser.new_context()).new_page()
            await page.goto(origin)
            opened.append(page)
        yield opened
        await browser.close()


async def heard(page: Page, message_id: str):
    return await (await page.wait_for_function(HEARD, arg=message_id, timeout=15_000)).json_value()


async def test_two_pages_of_another_origin_talk(pages, server, names):
    one, two = names(2)
    alice, bob = pages
    base, sockets = server.base_url, f"{server.ws_url}/websocket"
    for page, user in ((alice, one), (bob, two)):
        await page.evaluate(LOG_IN, [APPKEY, base, sockets, user, PASSWORD])
    for sender, receiver, to in ((alice, bob, two), (bob, alice, one)):
        text = {"type": "txt", "chatType": "singleChat", "to": to, "msg": "你好"}
        got = await heard(receiver, await sender.evaluate(SEND, text))
        assert got["msg"] == "你好"

    image = {"type": "img", "chatType": "singleChat", "to": two, "width": 4, "height": 3}
    got = await heard(bob, await alice.evaluate(SEND, image))
    assert await bob.evaluate(FETCH, got["url"]) == 2000

    await alice.evaluate("(name) => conn.addUsersToBlocklist({name: [name]})", two)
    assert (await alice.evaluate("() => conn.getBlocklist()"))["data"] == [two]
    await alice.evaluate("(name) => conn.removeUserFromBlocklist({name: [name]})", two)
    found = await bob.evaluate("() => conn.getServerConversations({pageSize: 20, cursor: ''})")
    assert [item["conversationId"] for item in found["data"]["conversations"]] == [one]
    refused = await alice.evaluate(
        "() => conn.getGroupInfo({groupId: '1'}).then(() => null, (error) => error.type)"
    )
    assert refused == 605
