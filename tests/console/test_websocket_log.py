"""What autobahn logs of a socket that opens."""

from types import SimpleNamespace
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket import protocol as private
from twisted.internet.testing import StringTransport

from imadmin import websocket_log

protocol: Any = private


class Transport(StringTransport):
    def setTcpNoDelay(self, enabled) -> None:
        """A socket's option."""


def test_a_socket_s_settings_are_written_out_only_for_who_reads_them(monkeypatch):
    monkeypatch.setattr(protocol, "pformat", protocol.pformat)  # put back afterwards
    websocket_log.install()
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
    assert websocket_log.settings_later({"a": 1}) == "{'a': 1}"
