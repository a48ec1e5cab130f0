"""CON-1: the page that Connect prints for the 1.x SDK runs as printed."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from accounts.domain.ids import Appkey
from imadmin.console.snippets import samples
from imadmin.testclient.rest import RestClient
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.sdk1.clients import VERSIONS
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

APPKEY, PRINTED = "acme#sdk1", "1.4.15"


async def test_CON_1_printed_page_says_hello(server: Server, modules: Path) -> None:
    if PRINTED not in VERSIONS:
        pytest.skip(f"{PRINTED} is not among the selected versions")
    made = server.create_app(APPKEY)
    keys = made["client_id"], made["client_secret"]
    async with RestClient(server.base_url, APPKEY, *keys) as backend:
        for name in ("demo1", "demo2"):
            await backend.register(name, "123456")
    [sample] = samples("web1", Appkey.parse(APPKEY), server.base_url, server.ws_url, "")
    demo2 = XmppClient(f"{server.ws_url}/ws/", APPKEY, "demo2", password="123456")
    await demo2.connect()
    script = Path(__file__).with_name("page.cjs")
    page = await asyncio.create_subprocess_exec(
        "node", str(script), str(modules), PRINTED, stdin=PIPE, stdout=PIPE
    )
    assert page.stdin is not None
    assert page.stdout is not None
    page.stdin.write(sample.text.encode())
    page.stdin.close()
    heard = await demo2.expect("message", {"message.from": "demo1"})
    assert heard["message"]["body"]["msg"] == "hello"
    async for line in page.stdout:
        if json.loads(line)[:2] == ["log", "sent"]:
            assert json.loads(line)[2] == heard["message"]["id"]
            break
    page.kill()
    await page.wait()
    await demo2.close()
