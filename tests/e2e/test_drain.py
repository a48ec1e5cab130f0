"""SIGTERM: clients are told and closed with 1001, and what was acknowledged is there afterwards."""

import asyncio
from pathlib import Path

import pytest

from imadmin.testclient.native import Lost, NativeClient
from tests.e2e.people import APPKEY, PASSWORD, make_people
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e


async def test_a_stopped_server_says_goodbye_and_keeps_what_it_acknowledged(tmp_path: Path):
    server = Server(tmp_path / "data")
    name1, name2 = make_people(server, users=2, rooms=0).take(2)
    await asyncio.to_thread(server.start)
    url = f"{server.ws_url}/ws/native/"
    demo1 = NativeClient(url, APPKEY, name1, password=PASSWORD)
    await demo1.connect()
    to = {"type": "user", "id": name2}
    sends = [
        demo1.start("send", to=to, body={"type": "txt", "msg": str(n)}, id=f"c{n}")
        for n in range(200)
    ]
    await sends[0]
    code = await asyncio.to_thread(server.terminate)
    answers = await asyncio.gather(*sends, return_exceptions=True)
    assert code == 0
    assert await demo1.closed() == 1001
    assert [event["ev"] for event in demo1.events] == ["closing"]
    acked = [answer["id"] for answer in answers if isinstance(answer, dict)]
    assert all(isinstance(answer, dict | Lost) for answer in answers)
    await demo1.close()
    await asyncio.to_thread(server.start)
    demo2 = NativeClient(url, APPKEY, name2, password=PASSWORD)
    await demo2.connect()
    stored = [event["id"] for event in await demo2.sync() if event["ev"] == "message"]
    assert set(acked) <= set(stored)
    assert len(stored) == len(set(stored))
    await demo2.close()
    await asyncio.to_thread(server.stop)
