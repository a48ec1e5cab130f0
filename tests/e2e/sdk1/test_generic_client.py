"""A client that knows XMPP and nothing of the vendor: log in with PLAIN, roster, send, receive."""

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from imadmin.testclient.rest import RestClient
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server
from tests.npm import installed

pytestmark = pytest.mark.e2e

STANZA = "stanza@12.21.0"


def start(server: Server, user: str, to: str, body: str, password: str = PASSWORD) -> list[str]:
    script = Path(__file__).with_name("generic.cjs")
    named = [f"{APPKEY}_{name}@easemob.com" for name in (user, to)]
    where = [str(script), str(installed("stanza", STANZA)), f"{server.ws_url}/ws/"]
    return ["node", *where, named[0], password, named[1], body]


async def heard(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    said: dict[str, Any] = json.loads(line)
    return said


async def test_general_client_talks_with_the_vendors_kind(
    server: Server, people: People, backend: RestClient
) -> None:
    one, two = people.take(2)
    await backend.add_friend(one, two)
    peer = XmppClient(f"{server.ws_url}/ws/", APPKEY, two, password=PASSWORD)
    await peer.connect()
    body = json.dumps({"bodies": [{"type": "txt", "msg": "hi"}]})
    process = await asyncio.create_subprocess_exec(*start(server, one, two, body), stdout=PIPE)
    assert await heard(process) == {"ev": "roster", "names": [f"{APPKEY}_{two}@easemob.com"]}
    message = (await peer.expect("message"))["message"]
    assert (message["from"], message["body"]["msg"]) == (one, "hi")
    await peer.send_text(one, "and you")
    answer = await heard(process)
    assert answer["from"] == f"{APPKEY}_{two}@easemob.com"
    assert json.loads(answer["text"])["bodies"] == [{"type": "txt", "msg": "and you"}]
    await asyncio.wait_for(process.wait(), 10)
    await peer.close()


async def test_general_client_with_a_wrong_password_is_refused(
    server: Server, people: People
) -> None:
    one, two = people.take(2)
    process = await asyncio.create_subprocess_exec(
        *start(server, one, two, "{}", "wrong"), stdout=PIPE
    )
    assert await heard(process) == {"ev": "refused"}
    with contextlib.suppress(ProcessLookupError):  # it ends with its connection
        process.kill()
    await process.wait()
