"""The socket's side: which paths answer, frames in and out, how it closes."""

import json
import socket
from collections.abc import AsyncIterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Server

from chat.domain.events import Closing
from chat.gateway import process
from chat.gateway.consumer import GatewayConsumer
from chat.gateway.frames import ready_frame
from chat.gateway.sockets import _daphne_protocol, _write_now, unwritten


@pytest.fixture
async def gateway() -> AsyncIterator[process.Gateway]:
    made = process.gateway()
    yield made
    await made.stop()
    process.forget_gateway()


def socket_at(path: str, **scope: Any) -> WebsocketCommunicator:
    made = WebsocketCommunicator(GatewayConsumer.as_asgi(), path, **scope)
    made.scope["client"] = ["127.0.0.1", 5]
    return made


async def opened(path: str = "/ws/native/") -> WebsocketCommunicator:
    socket = socket_at(path)
    accepted, _ = await socket.connect()
    assert accepted
    return socket


@pytest.mark.parametrize("path", ["/", "/wsx", "/ws/console/", "/ws/native", "/ws/native/x"])
async def test_other_paths_are_refused_before_they_open(gateway, path):
    accepted, _ = await socket_at(path).connect()
    assert not accepted


@pytest.mark.parametrize("path", ["/ws", "/ws/"])
@pytest.mark.parametrize(("offered", "selected"), [(["xmpp"], "xmpp"), ([], None)])
async def test_xmpp_is_selected_where_it_is_offered(gateway, path, offered, selected):
    socket = socket_at(path, subprotocols=offered)
    assert await socket.connect() == (True, selected)
    await socket.disconnect()


async def test_frames_are_answered_in_order_and_binary_closes(gateway):
    socket = await opened()
    for n in range(3):
        await socket.send_to(text_data=json.dumps({"op": "ping", "ref": str(n)}))
    answers = [json.loads(await socket.receive_from()) for _ in range(3)]
    assert [answer["re"] for answer in answers] == ["0", "1", "2"]
    await socket.send_to(bytes_data=b"x")
    assert await socket.receive_output() == {
        "type": "websocket.close",
        "code": 1003,
        "reason": "text frames only",
    }
    await socket.disconnect()


async def test_a_subprotocol_that_no_wire_here_speaks_is_not_selected(gateway):
    socket = socket_at("/ws/native/", subprotocols=["xmpp"])
    accepted, subprotocol = await socket.connect()
    assert (accepted, subprotocol) == (True, None)
    await socket.disconnect()


async def test_a_disconnect_forgets_the_connection(gateway):
    socket = await opened()
    assert len(gateway.connections) == 1
    await socket.disconnect()
    assert len(gateway.connections) == 0
    assert gateway.is_empty.is_set()


async def test_a_draining_process_takes_no_new_socket(gateway):
    gateway.is_draining = True
    accepted, _ = await socket_at("/ws/native/").connect()
    assert not accepted


async def test_goodbye_closes_with_1001(gateway):
    socket = await opened()
    for connection in list(gateway.connections):
        connection.say_goodbye(Closing())
    assert (await socket.receive_output())["code"] == 1001
    await socket.disconnect()


LONG = b"\x81\x7f" + (65536).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("size", "head"), [(5, b"\x81\x05"), (126, b"\x81\x7e\x00\x7e"), (65536, LONG)]
)
def test_a_ready_frame_has_the_length_its_payload_needs(size, head):
    assert ready_frame("x" * size) == head + b"x" * size


def test_a_ready_frame_of_bytes_is_binary():
    assert ready_frame(b"ab") == b"\x82\x02ab"


def test_only_daphne_s_own_send_is_stepped_around():
    async def send(*_: Any) -> None: ...

    assert _daphne_protocol(send) is None
    assert _daphne_protocol(partial(send, object())) is None


class Asked:
    """A reactor that counts what it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return lambda *_: setattr(self, "count", self.count + 1)


def pipe_of(end: socket.socket, asked: Asked) -> Any:
    """Twisted's transport over one end of a socket pair."""
    end.setblocking(False)
    parts: list[Any] = [Protocol(), ("127.0.0.1", 5), None, 1, asked]
    return Server(end, *parts)


def test_what_the_socket_takes_at_once_asks_no_selector():
    near, far = socket.socketpair()
    with near, far:
        pipe = pipe_of(near, asked := Asked())
        before = asked.count
        _write_now(pipe, b"one")
        assert (far.recv(9), asked.count) == (b"one", before)


def test_what_the_socket_does_not_take_waits_in_its_order():
    near, far = socket.socketpair()
    with near, far:
        pipe, sent = pipe_of(near, Asked()), [bytes([number]) * 400_000 for number in range(3)]
        for data in sent:
            _write_now(pipe, data)
        assert unwritten(pipe) > 0
        heard = b""
        while len(heard) < 1_200_000:
            heard += far.recv(65536)
            pipe.doWrite()
        assert heard == b"".join(sent)
        assert unwritten(pipe) == 0


def test_a_lost_connection_is_left_to_twisted():
    near, far = socket.socketpair()
    with near:
        pipe = pipe_of(near, Asked())
        far.close()
        _write_now(pipe, b"nobody")
        assert unwritten(pipe) == len(b"nobody")


def test_what_twisted_holds_is_counted():
    transport = SimpleNamespace(_tempDataLen=10, dataBuffer=b"x" * 7, offset=2)
    assert unwritten(transport) == 15
    assert unwritten(object()) == 0
