"""SIGTERM: clients are told and closed with 1001, and what was acknowledged is there afterwards."""

import asyncio
import http.client
import json
import socket
import sqlite3
import threading
import time
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from imadmin.testclient.native import Lost, NativeClient
from tests.e2e.people import APPKEY, PASSWORD, make_people
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

GONE_S = 10.0  # design.md §3


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


def embedded(place: Path) -> Server:
    server = Server(place / "data")
    if "DATABASE_URL" in server.env:
        pytest.skip("it looks into the file of an embedded server")
    return server


def database_of(server: Server) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(server.data_dir / "imadmin.sqlite3"))


class Backend(threading.Thread):
    """Sends over one connection until it is told that no other answer comes, and then connects.

    What comes over a connection that was kept, after the last batch is stored, is refused."""

    def __init__(self, port: int, token: str, begun: threading.Barrier) -> None:
        super().__init__(daemon=True)
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.line.connect()
        self.headers = {"Authorization": f"Bearer {token}"}
        self.begun = begun
        self.ids: list[str] = []
        self.error: Exception | None = None

    def run(self) -> None:
        text = json.dumps({"to": ["bob"], "type": "txt", "body": {"msg": "x"}})
        try:
            while True:
                self.line.request("POST", "/demo/app/messages/users", text, self.headers)
                answer = self.line.getresponse()
                told = json.loads(answer.read())
                if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    self.ids.append(told["data"]["bob"])
                if answer.getheader("Connection") == "close":
                    self.line.connect()
                if len(self.ids) == 1:
                    self.begun.wait(30)
        except (http.client.HTTPException, OSError) as exc:
            self.error = exc
        finally:
            self.line.close()


def test_a_stopped_server_answers_what_it_was_asked_and_listens_no_more(tmp_path: Path):
    server = embedded(tmp_path)
    if server.kind == "uvicorn":
        pytest.skip("uvicorn closes what it has without a word")
    made = server.create_app(APPKEY)
    server.start()
    grant = {"grant_type": "client_credentials"}
    grant |= {name: made[name] for name in ("client_id", "client_secret")}
    token = httpx.post(f"{server.base_url}/demo/app/token", json=grant).json()["access_token"]
    begun = threading.Barrier(9)
    backends = [Backend(server.port, token, begun) for _ in range(8)]
    for backend in backends:
        backend.start()
    begun.wait(30)
    assert server.terminate() == 0
    for backend in backends:
        backend.join(30)
    assert [type(backend.error) for backend in backends] == [ConnectionRefusedError] * 8
    with database_of(server) as database:
        stored = {str(row[0]) for row in database.execute("SELECT id FROM chat_entryrow")}
    assert stored == {one for backend in backends for one in backend.ids}


def test_a_request_that_is_stuck_does_not_keep_a_stopped_server(tmp_path: Path):
    server = embedded(tmp_path)
    server.create_app(APPKEY, "--open-registration")
    server.start()
    body = b'{"username": "ann", "password": "1"}'
    head = b"POST /demo/app/users HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    with (
        database_of(server) as database,
        socket.create_connection(("127.0.0.1", server.port)) as line,
    ):
        database.execute("BEGIN IMMEDIATE")  # nobody else can write now
        line.sendall(head + body)
        server.wait_until_healthy()  # which is answered after that has begun
        began = time.monotonic()
        assert server.terminate(40) == 0
        assert time.monotonic() - began < GONE_S
