"""CON-1: what Connect prints for the 1.x generation runs as printed."""

import asyncio
import json
import subprocess
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from accounts.domain.ids import Appkey
from imadmin.console.snippets import samples
from imadmin.testclient.rest import RestClient
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY as DEMO
from tests.e2e.people import People
from tests.e2e.sdk1.clients import VERSIONS
from tests.e2e.sdk1.conftest import Pages
from tests.e2e.servers import Server
from tests.requirements import need_command

pytestmark = pytest.mark.e2e

PRINTED = "1.4.15"


async def test_CON_1_printed_page_says_hello(server: Server, people: People, modules: Path) -> None:
    if PRINTED not in VERSIONS:
        pytest.skip(f"{PRINTED} is not among the selected versions")
    made = people.take_app()
    keys = made.client_id, made.client_secret
    async with RestClient(server.base_url, made.appkey, *keys) as backend:
        for name in ("demo1", "demo2"):
            await backend.register(name, "123456")
    [sample] = samples("web1", Appkey.parse(made.appkey), server.base_url, server.ws_url, "")
    demo2 = XmppClient(f"{server.ws_url}/ws/", made.appkey, "demo2", password="123456")
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


def exported(server: Server, module: Path) -> dict[str, Any]:
    """What the printed module exports."""
    printed = samples("miniprogram", Appkey.parse(DEMO), server.base_url, server.ws_url, "")
    [text] = [sample.text for sample in printed if sample.name == "minidemo"]
    module.write_text(text)
    script = f"import config from {json.dumps(str(module))}; console.log(JSON.stringify(config))"
    command = [need_command("node"), "--input-type=module", "-e", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    config: dict[str, Any] = json.loads(done.stdout)
    return config


async def test_printed_configuration_of_the_wechat_demo_leads_here(
    pages: Pages, people: People, server: Server, tmp_path: Path
) -> None:
    """The demo itself is in no registry: a web build of its generation takes what it exports, in
    the options where the demo puts it."""
    config = exported(server, tmp_path / "WebIMConfig.mjs")
    user, other = people.take(2)
    page = await pages.page(
        user, url=config.pop("xmppURL"), apiUrl=(api := config.pop("apiURL")),
        isAutoLogin=False, **{key: config[key] for key in config if key != "appkey"},
    )  # fmt: skip
    page.appkey = config["appkey"]
    await page.log_in(apiUrl=api)
    await page.do("setPresence")
    assert (await page.send(other, "hello"))["mid"].isdigit()
