"""RFC 6455, section 5, from the server's side: what a client may send, and what ends it."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.gateway.frames import (
    NO_STATUS,
    Closed,
    FrameReader,
    Ping,
    Violation,
    close_frame,
    pong,
    ready_frame,
    unmasked,
    xor,
)

MASK = b"\x37\xfa\x21\x3d"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
LIMIT = 100_000


def masked(payload: bytes, mask: bytes = MASK) -> bytes:
    return bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bytes = MASK) -> bytes:
    first, size = (0x80 if fin else 0) | opcode, len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + mask + masked(payload, mask)


def heard(*pieces: bytes) -> list[object]:
    reader = FrameReader(LIMIT)
    return list(itertools.chain.from_iterable(reader.feed(piece) for piece in pieces))


def code_of(*pieces: bytes) -> int:
    """How a client that sends this is closed."""
    *_, last = heard(*pieces)
    assert isinstance(last, Violation)
    return last.code


@pytest.mark.parametrize("size", [0, 1, 3, 125, 126, 127, 65535, 65536, LIMIT])
def test_a_message_of_any_size_is_heard_whole(size):
    assert heard(frame(TEXT, b"x" * size)) == ["x" * size]
    assert heard(frame(BINARY, b"x" * size)) == [b"x" * size]


def test_several_frames_in_one_read_are_heard_in_order():
    assert heard(frame(TEXT, b"a") + frame(BINARY, b"b") + frame(TEXT)) == ["a", b"b", ""]


@given(st.lists(st.binary(max_size=300), max_size=4), st.data())
def test_frames_may_be_cut_anywhere(payloads, data):
    whole = b"".join(frame(BINARY, payload) for payload in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in itertools.pairwise([0, *cuts, len(whole)])]
    assert heard(*pieces) == payloads


def test_byte_by_byte():
    whole = frame(TEXT, b"x" * 200) + frame(PING, b"p") + frame(BINARY, b"y" * 70_000)[:500]
    assert heard(*(bytes([byte]) for byte in whole)) == ["x" * 200, Ping(b"p")]


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", MASK])
def test_any_mask_is_taken_off(mask):
    assert heard(frame(TEXT, "你好 hello".encode(), mask=mask)) == ["你好 hello"]


@given(st.binary(max_size=70), st.binary(min_size=4, max_size=4))
def test_taking_a_mask_off_is_its_definition(payload, mask):
    assert unmasked(payload, mask) == xor(payload, mask) == masked(payload, mask)


def test_fragments_make_one_message():
    parts = [frame(TEXT, b"a", fin=False), frame(CONTINUATION, b"b", fin=False)]
    assert heard(*parts, frame(CONTINUATION, b"c"), frame(TEXT, b"d")) == ["abc", "d"]


def test_a_fragment_may_be_empty_and_a_character_may_be_cut():
    half, rest = "é".encode()[:1], "é".encode()[1:]
    parts = [frame(TEXT, half, fin=False), frame(CONTINUATION, fin=False)]
    assert heard(*parts, frame(CONTINUATION, rest)) == ["é"]


def test_control_frames_stand_between_fragments():
    parts = [frame(BINARY, b"a", fin=False), frame(PING, b"1"), frame(PONG, b"2")]
    assert heard(*parts, frame(CONTINUATION, b"b")) == [Ping(b"1"), b"ab"]


def test_a_close_between_fragments_ends_them():
    parts = [frame(TEXT, b"a", fin=False), frame(CLOSE, b"\x03\xe8")]
    assert heard(*parts, frame(CONTINUATION, b"b")) == [Closed(1000)]


def test_a_pong_that_nobody_asked_for_is_nothing():
    assert heard(frame(PONG, b"x"), frame(TEXT, b"a")) == ["a"]


@pytest.mark.parametrize(
    "pieces",
    [
        [frame(CONTINUATION, b"x")],
        [frame(CONTINUATION, b"x", fin=False)],
        [frame(TEXT, b"a", fin=False), frame(TEXT, b"b")],
        [frame(TEXT, b"a", fin=False), frame(BINARY, b"b", fin=False)],
        [frame(TEXT, b"a"), frame(CONTINUATION, b"b")],
    ],
)
def test_fragments_out_of_order_are_refused(pieces):
    assert code_of(*pieces) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_unknown_opcodes_are_refused(opcode):
    assert code_of(frame(opcode, b"x")) == 1002


@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
def test_reserved_bits_are_refused(bit):
    whole = frame(TEXT, b"x")
    assert code_of(bytes([whole[0] | bit]) + whole[1:]) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_an_unmasked_frame_is_refused(opcode):
    assert code_of(bytes([0x80 | opcode, 1, 65])) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_control_frames_are_short_and_whole(opcode):
    assert code_of(frame(opcode, b"\x03\xe8" + b"x" * 124)) == 1002
    assert code_of(frame(opcode, b"\x03\xe8", fin=False)) == 1002


@pytest.mark.parametrize(
    "head",
    [b"\x82\xfe\x00\x7d", b"\x82\xff" + (65535).to_bytes(8, "big"), b"\x82\xff" + b"\xff" * 8],
)
def test_a_length_is_in_its_shortest_form_and_below_2_to_63(head):
    assert code_of(head + MASK) in {1002, 1009}


def test_too_large_is_told_before_it_is_read():
    head = frame(BINARY, b"x" * (LIMIT + 1))[:10]
    assert code_of(head) == 1009


def test_fragments_count_together():
    half = b"x" * (LIMIT // 2)
    parts = [frame(BINARY, half, fin=False), frame(CONTINUATION, half, fin=False)]
    assert code_of(*parts, frame(CONTINUATION, b"x")) == 1009


@pytest.mark.parametrize(
    "text", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"]
)
def test_text_that_is_not_utf8_is_refused(text):
    assert code_of(frame(TEXT, b"ok" + text)) == 1007
    assert code_of(frame(TEXT, b"ok" + text, fin=False), frame(CONTINUATION)) == 1007
    assert heard(frame(BINARY, text)) == [text]


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1013, 3000, 4999])
def test_a_close_has_a_code_and_a_reason(code):
    assert heard(frame(CLOSE, code.to_bytes(2, "big") + "再见".encode())) == [Closed(code)]


def test_a_close_may_say_nothing():
    assert heard(frame(CLOSE)) == [Closed(NO_STATUS)]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535])
def test_codes_that_may_not_be_sent_are_refused(code):
    assert code_of(frame(CLOSE, code.to_bytes(2, "big"))) == 1002


def test_a_close_of_one_byte_or_with_a_broken_reason_is_refused():
    assert code_of(frame(CLOSE, b"\x03")) == 1002
    assert code_of(frame(CLOSE, b"\x03\xe8\xff")) == 1007


def test_nothing_is_heard_after_the_end():
    assert heard(frame(CLOSE) + frame(TEXT, b"a"), frame(TEXT, b"b")) == [Closed(NO_STATUS)]
    assert heard(frame(TEXT, b"a"), frame(TEXT, b"\xff"), frame(TEXT, b"b"))[0] == "a"
    assert len(heard(frame(3), frame(TEXT, b"b"))) == 1


def test_what_the_server_writes():
    assert ready_frame("é") == b"\x81\x02\xc3\xa9"
    assert pong(b"x" * 125) == b"\x8a\x7d" + b"x" * 125
    assert close_frame(1001, "going away") == b"\x88\x0c\x03\xe9going away"
    assert close_frame(NO_STATUS) == b"\x88\x00"


def test_a_long_reason_is_cut_between_characters():
    whole = close_frame(1000, "好" * 100)
    assert whole[1] <= 125
    assert set(whole[4:].decode()) == {"好"}
