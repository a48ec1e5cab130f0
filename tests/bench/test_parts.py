"""What the numbers rest on: frames found wherever they are cut, marks in any frame, medians."""

import asyncio

from tests.bench.__main__ import table
from tests.bench.drivers import FILL, NativeDriver, marked
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
