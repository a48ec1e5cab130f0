"""Upgrades on a real server, as raw bytes, over the lane and over the ordinary path: the same
answers, wherever the bytes are cut and whatever else the connection carried."""

import contextlib
import hashlib
import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.e2e.servers import Server
from tests.gateway.test_frames import CLOSE, CONTINUATION, PING, TEXT, frame

pytestmark = pytest.mark.e2e

KEY = b64encode(b"0123456789abcdef").decode()
DEADLINE_S = 20


@pytest.fixture(scope="module", params=["lane", "daphne"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    running = Server(tmp_path_factory.mktemp("upgrade") / "data", kind=request.param).start()
    yield running
    running.stop()


@dataclass
class Raw:
    """A TCP connection to the server, and what came of it."""

    line: socket.socket
    rest: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def put(self, data: bytes) -> None:
        self.line.sendall(data)

    def until(self, mark: bytes) -> bytes:
        while mark not in self.rest:
            self._read()
        taken, _, self.rest = self.rest.partition(mark)
        return taken

    def _read(self) -> None:
        data = self.line.recv(65536)
        if not data:
            raise EOFError(self.rest)
        self.rest += data

    def exactly(self, count: int) -> bytes:
        while len(self.rest) < count:
            self._read()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def answer(self) -> int:
        """The status of an HTTP answer; its headers are kept."""
        first, *lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        return int(first.split()[1])

    def frame(self) -> tuple[int, bytes]:
        first, size = self.exactly(2)
        if size == 126:
            size = int.from_bytes(self.exactly(2), "big")
        elif size == 127:
            size = int.from_bytes(self.exactly(8), "big")
        return first, self.exactly(size)

    def ref(self) -> str:
        return str(json.loads(self.frame()[1])["re"])

    def until_ended(self) -> None:
        """Whatever the server still says; it ends the connection."""
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                self._read()

    def is_ended(self) -> bool:
        try:
            return not self.rest and not self.line.recv(1)
        except ConnectionResetError:
            return True


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    with socket.create_connection(("127.0.0.1", server.port), DEADLINE_S) as line:
        yield Raw(line)


def upgrade(path: str = "/ws/native/", **changes: str | None) -> bytes:
    headers: dict[str, str | None] = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return ("\r\n".join([f"GET {path} HTTP/1.1", *lines]) + "\r\n\r\n").encode()


def ping(ref: str) -> bytes:
    return frame(TEXT, json.dumps({"op": "ping", "ref": ref}).encode())


def test_a_handshake_is_accepted_and_frames_are_answered(raw):
    raw.put(upgrade(Origin="http://elsewhere.example"))
    assert raw.answer() == 101
    proof = hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    assert raw.headers["sec-websocket-accept"] == b64encode(proof).decode()
    assert raw.headers["upgrade"].lower() == "websocket"
    assert raw.headers["server"] == "imadmin"
    assert "sec-websocket-protocol" not in raw.headers
    assert "sec-websocket-extensions" not in raw.headers
    raw.put(ping("1") + ping("2"))
    assert [raw.ref(), raw.ref()] == ["1", "2"]


def test_a_request_cut_anywhere_is_the_same_request(raw):
    whole = upgrade()
    for at in range(0, len(whole), 7):
        raw.put(whole[at : at + 7])
    assert raw.answer() == 101
    raw.put(ping("1"))
    assert raw.ref() == "1"


def test_a_request_before_on_the_same_connection_does_not_matter(raw):
    raw.put(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert raw.answer() == 200
    size = int(raw.headers["content-length"])
    assert json.loads(raw.exactly(size))["status"] == "ok"
    raw.put(upgrade())
    assert raw.answer() == 101
    raw.put(ping("1"))
    assert raw.ref() == "1"


@pytest.mark.parametrize("path", ["/ws/", "/ws"])
def test_the_sub_protocol_is_chosen(raw, path):
    raw.put(upgrade(path, Sec_WebSocket_Protocol="other, xmpp"))
    assert raw.answer() == 101
    assert raw.headers["sec-websocket-protocol"] == "xmpp"


def test_an_extension_is_not_taken(raw):
    raw.put(upgrade(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
    assert raw.answer() == 101
    assert "sec-websocket-extensions" not in raw.headers


@pytest.mark.parametrize("path", ["/ws/nothing", "/ws/native", "/websocket/x"])
def test_other_paths_are_refused(raw, path):
    raw.put(upgrade(path))
    assert raw.answer() == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Sec_WebSocket_Version": "12"}, 400),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Connection": "keep-alive"}, 400),
        ({"Host": None}, 400),
        ({"Sec_WebSocket_Version": None}, 400),
    ],
)
def test_a_broken_handshake_is_refused(raw, changes, status):
    raw.put(upgrade(**changes))
    assert raw.answer() == status


def test_fragments_and_pings_between_them(raw):
    raw.put(upgrade())
    assert raw.answer() == 101
    whole = json.dumps({"op": "ping", "ref": "你"}, ensure_ascii=False).encode()
    cut = whole.index("你".encode()) + 1
    raw.put(frame(TEXT, whole[:cut], fin=False) + frame(PING, b"now"))
    assert raw.frame() == (0x8A, b"now")
    raw.put(frame(CONTINUATION, whole[cut:]))
    assert raw.ref() == "你"


def test_a_close_is_answered_and_the_connection_ends(raw):
    raw.put(upgrade())
    assert raw.answer() == 101
    raw.put(frame(CLOSE, b"\x03\xe8"))
    assert raw.frame() == (0x88, b"\x03\xe8")
    assert raw.is_ended()


def test_a_refusal_of_the_wire_closes_with_its_code(raw):
    raw.put(upgrade())
    assert raw.answer() == 101
    raw.put(frame(2, b"binary"))
    opcode, said = raw.frame()
    assert (opcode, said[:2]) == (0x88, (1003).to_bytes(2, "big"))
    raw.put(frame(CLOSE, said[:2]))
    assert raw.is_ended()


def test_a_broken_frame_ends_the_connection(raw):
    raw.put(upgrade())
    assert raw.answer() == 101
    raw.put(b"\x81\x01a")  # not masked
    raw.until_ended()


# RFC 6455 4.1 lets no client do this; the ordinary path drops what came early.
@pytest.mark.parametrize("server", ["lane"], indirect=True)
def test_what_came_with_the_request_is_heard(raw):
    raw.put(upgrade() + ping("early"))
    assert raw.answer() == 101
    assert raw.ref() == "early"


def test_the_log_has_no_error(server):
    assert "ERROR" not in server.log()
    assert "Traceback" not in server.log()
