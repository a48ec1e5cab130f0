"""What autobahn does for nobody with a socket, a read, a message and a frame, and now does not."""

from types import SimpleNamespace
from typing import Any

import pytest
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket import protocol as private
from autobahn.websocket import xormasker
from daphne import ws_protocol
from twisted.internet.testing import StringTransport

from imadmin import websocket_reading
from imadmin.websocket_reading import Masker, MessageReader

protocol: Any = private
autobahn_s: Any = xormasker
MASK = bytes((0x12, 0xFF, 0x00, 0x9A))


class Transport(StringTransport):
    def setTcpNoDelay(self, enabled) -> None:
        """A socket's option."""


@pytest.fixture(autouse=True)
def _put_back(monkeypatch):
    for place, name in (
        (protocol, "pformat"),
        (protocol, "create_xor_masker"),
        (ws_protocol.WebSocketFactory, "protocol"),
    ):
        monkeypatch.setattr(place, name, getattr(place, name))


def test_a_socket_s_settings_are_written_out_only_for_who_reads_them(monkeypatch):
    websocket_reading.install()
    lines: list[object] = []
    opened = WebSocketServerProtocol()
    opened.factory = WebSocketServerFactory()
    opened.factory.setProtocolOptions(openHandshakeTimeout=0)
    log = SimpleNamespace(debug=lambda _line, **values: lines.append(values.get("attrs")))
    monkeypatch.setattr(WebSocketServerProtocol, "log", log)
    opened.makeConnection(Transport())
    [settings] = [line for line in lines if line is not None]
    assert isinstance(settings, list)
    assert ("openHandshakeTimeout", 0) in [(name, value) for name, value, _ in settings]


def test_all_else_is_written_out():
    assert websocket_reading.settings_later({"a": 1}) == "{'a': 1}"


def test_daphne_and_autobahn_use_them():
    websocket_reading.install()
    assert ws_protocol.WebSocketFactory.protocol is MessageReader
    assert protocol.create_xor_masker is Masker


@pytest.mark.parametrize("name", websocket_reading._NAMES)
def test_where_a_name_has_gone_daphne_reads_as_ever(monkeypatch, name):
    stripped = type("Stripped", (), {one: None for one in websocket_reading._NAMES if one != name})
    monkeypatch.setattr(ws_protocol, "WebSocketProtocol", stripped)
    websocket_reading.install()
    assert ws_protocol.WebSocketFactory.protocol is not MessageReader


@pytest.mark.parametrize("sizes", [(0,), (1,), (3, 4, 5), (127, 1, 300), (1000,), (2, 0, 2)])
def test_a_mask_is_applied_as_autobahn_s(sizes):
    ours, theirs = Masker(MASK), autobahn_s.create_xor_masker(MASK, sum(sizes))
    for size in sizes:
        piece = bytes(number % 256 for number in range(size))
        assert ours.process(piece) == (theirs.process(piece) if piece else b"")
        assert ours.pointer() == theirs.pointer()
    ours.reset()
    assert (ours.pointer(), ours.process(MASK)) == (0, bytes(4))


class Heard(MessageReader):
    """A reader whose message has come whole."""

    def __init__(self, *, failed: bool = False) -> None:
        super().__init__()
        self.messages: list[tuple[bytes, bool]] = []
        self.failedByMe = failed
        self.trackedTimings = None
        self.message_is_binary = True
        self.message_data = [b"ab", b"c"]

    def _onMessage(self, payload, is_binary) -> None:
        self.messages.append((payload, is_binary))


def test_a_message_is_told_once_and_let_go():
    reader = Heard()
    reader.onMessageEnd()
    assert (reader.messages, reader.message_data) == ([(b"abc", True)], None)


def test_after_a_failure_nothing_is_told():
    reader = Heard(failed=True)
    reader.onMessageEnd()
    assert (reader.messages, reader.message_data) == ([], None)


def test_listeners_of_autobahn_s_events_still_hear():
    reader, heard = Heard(), []
    reader.on("message", lambda payload, is_binary: heard.append((payload, is_binary)))
    reader.onMessageEnd()
    assert reader.messages == heard == [(b"abc", True)]
