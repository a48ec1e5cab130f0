"""A lane's socket on a transport that remembers: joined writes, closing, slow readers."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet import tcp
from twisted.web.http_headers import Headers

from chat.domain.answers import LoggedIn
from chat.domain.events import Closing
from chat.gateway import connection as engine
from chat.gateway import lane, process
from chat.gateway.connection import Connection
from chat.gateway.lane import LaneSocket, Upgrade
from chat.gateway.routing import route_for
from chat.gateway.sockets import MAX_UNWRITTEN_BYTES
from tests.gateway.engine import DEMO1, Played, finish
from tests.gateway.test_frames import CLOSE, PING, TEXT, frame

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Remembering(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.unwritten = 0
        self.reads: list[bool] = []
        self.is_closed = self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.unwritten

    def pause_reading(self) -> None:
        self.reads.append(False)

    def resume_reading(self) -> None:
        self.reads.append(True)

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_aborted = True


class Line:
    """The client's end of one socket."""

    def __init__(self, running: process.Gateway, carried: bytes = b"") -> None:
        route = route_for("/ws/native/")
        assert route is not None
        self.running = running
        self.transport = Remembering()
        self.socket = LaneSocket(Upgrade(route, HEAD, "127.0.0.1:5"), carried)
        self.socket.connection_made(self.transport)

    @property
    def connection(self) -> Connection:
        [one] = self.running.connections
        return one

    def take(self) -> list[bytes]:
        writes, self.transport.writes = self.transport.writes, []
        return writes


@pytest.fixture
async def gateway() -> AsyncIterator[process.Gateway]:
    made = process.gateway()
    yield made
    await made.stop()
    process.forget_gateway()


def ping(ref: str) -> bytes:
    return frame(TEXT, json.dumps({"op": "ping", "ref": ref}).encode())


def refs(data: bytes) -> list[str]:
    return [part.split(b'"')[0].decode() for part in data.split(b'"re":"')[1:]]


async def test_answers_of_one_read_are_one_write(gateway):
    line = Line(gateway)
    assert line.take() == [HEAD]
    line.socket.data_received(ping("1") + ping("2") + ping("3"))
    [write] = line.take()
    assert refs(write) == ["1", "2", "3"]
    await asyncio.sleep(0)
    assert line.take() == []


async def test_what_came_with_the_upgrade_is_heard_first(gateway):
    line = Line(gateway, carried=ping("early") + ping("cut")[:7])
    line.socket.data_received(ping("cut")[7:])
    assert refs(b"".join(line.take())) == ["early", "cut"]


async def test_what_is_told_outside_a_read_waits_for_the_end_of_the_turn(gateway):
    line = Line(gateway)
    line.take()
    for n in range(3):
        line.connection.feed(json.dumps({"op": "ping", "ref": str(n)}), 1.0)
    assert line.take() == []
    await asyncio.sleep(0)
    [write] = line.take()
    assert refs(write) == ["0", "1", "2"]


async def test_a_ping_is_answered_with_its_payload(gateway):
    line = Line(gateway)
    line.take()
    line.socket.data_received(frame(PING, b"abc"))
    assert line.take() == [b"\x8a\x03abc"]


async def test_what_one_read_brings_beyond_the_bound_is_kept_and_heard_later(gateway, monkeypatch):
    monkeypatch.setattr(engine, "HOLD_ABOVE", 2)
    monkeypatch.setattr(engine, "READ_ON_AT", 1)
    line, services = Line(gateway), Played()
    line.connection._services = services
    log_in = {"op": "login", "ref": "l", "appkey": "demo#app", "token": "t"}
    asked = [frame(TEXT, json.dumps({"op": "roster", "ref": str(n)}).encode()) for n in range(9)]
    line.socket.data_received(frame(TEXT, json.dumps(log_in).encode()))
    [(connection, command, then)] = services.log_ins
    connection.become(DEMO1, command, 1000)
    then(LoggedIn("demo1", 1, "phone", 1, 0))
    await asyncio.sleep(0)
    line.take()
    line.socket.data_received(b"".join(asked[:7]))  # one runs; three are one too many to wait
    assert line.transport.reads == [False]
    line.socket.data_received(asked[7])  # a loop may have had it ready
    for n in range(8):
        for _ in range(2):
            await asyncio.sleep(0)
        assert len(services.runs) == n + 1
        finish(services.runs[n], [])
    await asyncio.sleep(0)
    assert line.transport.reads[-1] is True
    assert len(line.transport.reads) < 9
    await asyncio.sleep(0)
    assert refs(b"".join(line.take())) == [str(n) for n in range(8)]


async def test_a_close_is_answered_and_the_socket_closed(gateway):
    line = Line(gateway)
    line.take()
    line.socket.data_received(ping("1") + frame(CLOSE, b"\x0f\xa1bye") + ping("2"))
    [write] = line.take()
    assert refs(write) == ["1"]
    assert write.endswith(b"\x88\x02\x0f\xa1")
    assert line.transport.is_closed
    line.socket.connection_lost(None)
    assert gateway.is_empty.is_set()


async def test_a_violation_is_named_and_the_peer_has_time_to_answer(gateway):
    line = Line(gateway)
    line.take()
    line.socket.data_received(ping("1") + frame(TEXT, b"\xff"))
    said = b"".join(line.take())
    assert refs(said) == ["1"]
    assert b"\x88" in said
    assert b"\x03\xef" in said  # 1007
    assert not line.transport.is_closed
    line.socket.connection_lost(None)
    assert not gateway.connections


async def test_our_close_is_said_once_and_its_answer_closes_the_socket(gateway):
    line = Line(gateway)
    line.take()
    line.connection.say_goodbye(Closing())
    await asyncio.sleep(0)
    [write] = line.take()
    assert b"\x03\xe9" in write  # 1001
    line.socket.data_received(frame(CLOSE, b"\x03\xe9"))
    assert line.take() == []
    assert line.transport.is_closed
    line.socket.connection_lost(None)


async def test_a_slow_reader_is_closed_with_1013(gateway):
    line = Line(gateway)
    line.take()
    line.transport.unwritten = MAX_UNWRITTEN_BYTES + 1
    line.socket.data_received(ping("1"))
    await asyncio.sleep(0)
    assert b"\x03\xf5" in b"".join(line.take())
    line.socket.connection_lost(None)


async def test_pings_alone_do_not_fill_the_memory(gateway):
    line = Line(gateway)
    line.transport.unwritten = MAX_UNWRITTEN_BYTES + 1
    line.socket.data_received(frame(PING, b"x" * 125))
    await asyncio.sleep(0)
    assert line.connection.close_code == 1013
    line.socket.connection_lost(None)


async def test_a_process_that_drains_closes_whoever_is_on_the_way(gateway):
    gateway.is_draining = True
    line = Line(gateway)
    await asyncio.sleep(0)
    assert b"\x03\xe9" in b"".join(line.take())
    line.socket.connection_lost(None)


async def test_a_lost_socket_ends_its_connection(gateway):
    line = Line(gateway)
    line.socket.connection_lost(ConnectionResetError())
    assert not gateway.connections
    line.socket.data_received(ping("1"))  # harmless
    line.socket.wake()
    await asyncio.sleep(0)


def test_an_unknown_daphne_is_left_alone(monkeypatch, caplog):
    monkeypatch.setattr(lane, "version", lambda _: "5.0.0")
    assert not lane.install()
    assert "The lane is off" in caplog.text


# Which upgrades are taken

GOOD = {
    b"host": [b"localhost"],
    b"upgrade": [b"websocket"],
    b"connection": [b"keep-alive, Upgrade"],
    b"sec-websocket-version": [b"13"],
    b"sec-websocket-key": [b"MDEyMzQ1Njc4OWFiY2RlZg=="],
}


def request(headers: dict[bytes, list[bytes]] | None = None, **changes: Any) -> Any:
    """A request as Daphne has parsed it; `changes` are of the request itself."""
    known = Headers()
    for name, values in {**GOOD, **(headers or {})}.items():
        known.setRawHeaders(name, values)
    server = SimpleNamespace(
        proxy_forwarded_address_header=None,
        proxy_forwarded_port_header=None,
        proxy_forwarded_proto_header=None,
    )
    peer = SimpleNamespace(host="192.0.2.7", port=4000)
    made = {
        "method": b"GET",
        "path": b"/ws/native/",
        "clientproto": b"HTTP/1.1",
        "requestHeaders": known,
        "server": server,
        "channel": SimpleNamespace(transport=SimpleNamespace(getPeer=lambda: peer)),
    }
    return SimpleNamespace(**(made | changes))


async def test_a_good_handshake_is_taken(gateway):
    upgrade = lane._upgrade_of(request())
    assert upgrade is not None
    assert upgrade.address == "192.0.2.7:4000"
    assert upgrade.head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("origin", [b"null", b"https://example.com", b"http://a.b:8000/"])
async def test_any_origin_may_connect(gateway, origin):
    assert lane._upgrade_of(request({b"origin": [origin]})) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {b"host": []},
        {b"host": [b"a", b"b"]},
        {b"upgrade": [b"h2c"]},
        {b"connection": [b"keep-alive"]},
        {b"sec-websocket-version": [b"8"]},
        {b"sec-websocket-key": [b"c2hvcnQ="]},
        {b"sec-websocket-key": [b"!!!!!!!!!!!!!!!!!!!!!!=="]},
        {b"sec-websocket-key": [b"MDEyMzQ1Njc4OWFiY2RlZg==", b"MDEyMzQ1Njc4OWFiY2RlZg=="]},
        {b"content-length": [b"5"]},
        {b"transfer-encoding": [b"chunked"]},
        {b"origin": [b"no origin"]},
        {b"origin": [b"http://a", b"http://b"]},
    ],
)
async def test_anything_odd_is_left_to_the_ordinary_path(gateway, headers):
    assert lane._upgrade_of(request(headers)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"method": b"POST"},
        {"clientproto": b"HTTP/1.0"},
        {"path": b"/ws/console/"},
        {"path": b"/ws/nothing"},
        {"path": b"/demo/app/users"},
    ],
)
async def test_other_requests_are_left_to_the_ordinary_path(gateway, changes):
    assert lane._upgrade_of(request(**changes)) is None


async def test_a_process_that_drains_takes_none(gateway):
    gateway.is_draining = True
    assert lane._upgrade_of(request()) is None


async def test_the_address_behind_a_proxy_is_read_as_daphne_reads_it(gateway):
    asked = request({b"x-forwarded-for": [b"203.0.113.9, 10.0.0.1"]})
    assert lane._address_of(asked) == "192.0.2.7:4000"
    asked.server.proxy_forwarded_address_header = "X-Forwarded-For"
    assert lane._address_of(asked) == "203.0.113.9:0"


def movable(line: socket.socket, **changes: Any) -> Any:
    """A request on a plain TCP transport of Twisted's."""
    transport = tcp.Server.__new__(tcp.Server)
    fields = {"socket": line, "dataBuffer": b"", "_tempDataBuffer": [], "TLS": False}
    transport.__dict__.update(fields | {"disconnecting": False} | changes)
    channel = SimpleNamespace(transport=transport, requests=[1], _dataBuffer=[])
    return SimpleNamespace(channel=channel, isSecure=lambda: bool(transport.TLS))


def test_only_a_plain_socket_with_nothing_left_to_write_is_moved():
    with socket.socket() as line:
        assert lane._is_movable(movable(line))
        # TLS that ends in Daphne: the bytes on the socket are not ours to read.
        assert not lane._is_movable(movable(line, TLS=True))
        assert not lane._is_movable(movable(line, dataBuffer=b"x"))
        assert not lane._is_movable(movable(line, _tempDataBuffer=[b"x"]))
        assert not lane._is_movable(movable(line, disconnecting=True))
        assert not lane._is_movable(movable(line, socket=None))
    wrapped = SimpleNamespace(channel=SimpleNamespace(transport=object()))
    assert not lane._is_movable(wrapped)
