"""What the Connect page prints for SDKs 4.x and 3.x runs as printed, in Node."""

import asyncio
import re
from pathlib import Path

import pytest

from accounts.domain.ids import Appkey
from imadmin.console.snippets import samples
from imadmin.testclient.native import NativeClient
from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.sdk.clients import DRIVER, TOOLS, sdk_module
from tests.npm import installed
from tests.requirements import need_command

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("name", "version"), [("web4", "4.21.1"), ("web3", "3.6.3"), ("miniprogram", "mini-4.21.1")]
)
async def test_a_printed_block_sends_its_message(server, people, name, version, tmp_path: Path):
    """The users of the block are put in for those that the page names; nothing else is changed."""
    one, two = people.take(2)
    tab = "miniprogram" if name == "miniprogram" else "web4"
    blocks = samples(tab, Appkey.parse(APPKEY), server.base_url, server.ws_url, "")
    [printed] = [block.text for block in blocks if block.name == name]
    text = printed.replace('"demo1"', f'"{one}"').replace('"demo2"', f'"{two}"')
    wanted = re.search(r"npm install ([^\s,]+)", text)
    assert wanted is not None
    assert wanted.group(1) == f"easemob-websdk@{version.removeprefix('mini-')}"
    page = tmp_path / "page.mjs"
    page.write_text(text)
    other = NativeClient(f"{server.ws_url}/ws/native/", APPKEY, two, password=PASSWORD)
    await other.connect()
    process = await asyncio.create_subprocess_exec(
        need_command("node"), str(DRIVER), str(sdk_module(version)),
        str(installed("tools", *TOOLS)), str(page), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        message = (await other.expect("message"))["message"]
        assert message["body"] == {"type": "txt", "msg": "hello"}
        assert message["from"] == one
    finally:
        process.kill()
        await process.wait()
        await other.close()
