"""What the numbers rest on: frames found wherever they are cut, marks in any frame, medians."""

import asyncio
import itertools
import json
import time

import pytest
import websockets

from tests.bench import workloads
from tests.bench.__main__ import arguments, table
from tests.bench.drivers import FILL, NativeDriver, XmppDriver, marked
from tests.bench.sockets import RawSocket

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
FRAMES = [b"a", b"", b"b" * 200, b"c" * 70_000]
BYTES = HEAD + b"".join(
    (
        b"\x81\x01a",
        b"\x81\x00",
        b"\x81\x7e\x00\xc8" + FRAMES[2],
        b"\x82\x7f" + (70_000).to_bytes(8, "big") + FRAMES[3],
    )
)


async def test_frames_are_found_wherever_they_are_cut():
    for size in (1, 3, 1000, len(BYTES)):
        socket = RawSocket()
        heard: list[bytes] = []
        socket.on_frame = heard.append
        for at in range(0, len(BYTES) if size > 1 else 300, size):
            socket.data_received(BYTES[at : at + size])
        assert heard == (FRAMES if size > 1 else FRAMES[:3])
        assert socket.opened.done()


async def test_a_refused_upgrade_is_told():
    socket = RawSocket()
    socket.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert "403" in str(socket.opened.exception())


async def test_every_message_of_a_frame_is_a_delivery():
    driver = NativeDriver({"appkey": "demo#app"}, "u0", "token")
    heard: list[int] = []
    driver.on_text = heard.append
    one, other = marked(), marked()
    assert len(one) == len("@@") + 19 + len(FILL)
    assert driver.delivered(f"…{one}…{other}".encode())
    assert heard == [int(text[2:21]) for text in (one, other)]
    assert not driver.delivered(b'{"ok":true}')
    await asyncio.sleep(0)


def test_the_table_holds_the_median_of_the_rounds():
    runs = [("chat", "ours", "native", {"per_s": n}) for n in (5, 100, 7)]
    [row] = table(runs)
    assert row["per_s"] == 7
    assert not row["failed"]


def test_the_table_holds_the_worst_of_what_must_not_happen():
    good, bad = {"per_s": 5, "lost": 0, "failures": []}, {"per_s": 5, "lost": 2, "failures": ["2"]}
    dead = {"failures": ["the generator ended"]}
    [row] = table([("rate", "ours", "native", one) for one in (good, bad, dead, good)])
    assert (row["lost"], row["failed"]) == (2, 2)
    assert row["failures"] == ["2", "the generator ended"]


async def test_an_open_loop_that_was_held_up_says_when_its_messages_were_due():
    due: list[int] = []
    began = time.perf_counter_ns()
    feeding = asyncio.create_task(workloads.feed(1000, due.append))
    await asyncio.sleep(0.01)
    time.sleep(0.1)  # noqa: ASYNC251 (the generator is held up)
    await asyncio.sleep(0.01)
    feeding.cancel()
    assert len(due) >= 110
    assert {later - one for one, later in itertools.pairwise(due)} == {1_000_000}
    assert began <= due[0] <= began + 10_000_000


class Small:
    """A server of the native wire that closes one of its connections, if it is told which."""

    def __init__(self, loses: str = "") -> None:
        self.loses = loses
        self.sockets: dict[str, websockets.ServerConnection] = {}

    async def serve(self, socket: websockets.ServerConnection) -> None:
        user = json.loads(await socket.recv())["token"]
        self.sockets[user] = socket
        await socket.send('{"re":"l","ok":true}')
        async for frame in socket:
            asked = json.loads(frame)
            if user == self.loses:
                await socket.close(1013)
                return
            await socket.send('{"ok":true}')
            await self.sockets[asked["to"]["id"]].send(json.dumps(asked["body"]))


async def run_rate(small: Small, monkeypatch) -> workloads.Json:
    monkeypatch.setattr(workloads, "WARM_UP_S", 0.0)
    monkeypatch.setattr(workloads, "SETTLE_S", 0.3)
    async with websockets.serve(small.serve, "127.0.0.1", 0) as server:
        [listening] = server.sockets
        where = {"host": "127.0.0.1", "port": listening.getsockname()[1], "path": "/"}
        plan = {
            "wire": "native", "where": where | {"appkey": "demo#app"}, "roots": [], "pairs": 2,
            "users": [(f"u{n}", f"u{n}") for n in range(4)], "seconds": 0.3, "per_s": 100,
        }  # fmt: skip
        return await workloads.rate(plan)


async def test_a_run_whose_messages_all_arrive_has_not_failed(monkeypatch):
    numbers = await run_rate(Small(), monkeypatch)
    assert numbers["failures"] == []
    assert numbers["sent"] == numbers["acked"] >= 30


async def test_a_lost_connection_fails_the_run_and_leaves_the_others_their_rate(monkeypatch):
    numbers = await run_rate(Small(loses="u0"), monkeypatch)
    assert numbers["failures"][0] == "1 connections lost (1013)"
    assert numbers["lost"] == 1
    assert numbers["unsent"] >= 10
    assert numbers["acked"] >= 15
    assert abs(numbers["sent"] + numbers["unsent"] - 2 * numbers["acked"]) <= 2


async def test_no_run_uses_the_client_ids_of_another():
    # A server drops what it has seen, and acknowledges it: nothing would be delivered.
    where = {"appkey": "demo#app", "domain": "easemob.com", "rooms": "conference.easemob.com"}
    for make in (NativeDriver, XmppDriver):
        driver = make(where, "u0", "token")
        put: list[bytes] = []
        driver.socket.put = lambda payload, kind=0: put.append(payload)  # type: ignore[method-assign] # noqa: B023
        driver.send("u1")
        driver.send("u1")
        assert [f"{make.run}.{n}".encode() in frame for n, frame in enumerate(put, 1)] == [True] * 2


async def test_an_xmpp_receiver_confirms_each_message_of_ours():
    # What is not confirmed is sent again at the next log-in: the next run would begin with it.
    driver = XmppDriver({"appkey": "demo#app", "domain": "easemob.com"}, "u0", "token")
    put: list[bytes] = []
    driver.socket.put = lambda payload, kind=0: put.append(payload)  # type: ignore[method-assign]
    driver.on_frame(
        f"<message from='a' id='123' xmlns='b'><body>{marked()}</body></message>".encode()
    )
    [said] = put
    assert b"<received xmlns='urn:xmpp:receipts' id='123'/>" in said


def test_names_that_there_are_not_are_refused_before_anything_starts(capsys):
    assert arguments(["--workloads", "chat,logins"]).workloads == ["chat", "logins"]
    for name in ("targets", "stores", "wires", "workloads", "compare"):
        with pytest.raises(SystemExit):
            arguments([f"--{name}", "storm"])
        assert f"--{name}: storm: there are " in capsys.readouterr().err
