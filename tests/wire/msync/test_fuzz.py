"""No frame, whole, cut or changed, raises out of the session, or costs much memory."""

import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from chat.domain.ids import LEASED_PROCESSES, derived_id
from chat.wire.msync.pb import msync_pb2 as pb
from tests.wire.msync.sdk import Device, bob, message_up, provision, sync_up, up
from tests.wire.msync.vectors import FRAMES

WHOLE = [
    *FRAMES.values(),
    provision(),
    up(pb.MSync.UNREAD),
    sync_up(meta=message_up()),
    sync_up(queue=bob(), key=3),
]


@st.composite
def mutated(draw):
    frame = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 4))):
        if frame:
            frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    return bytes(frame[: draw(st.integers(0, len(frame)))])


@settings(max_examples=300, deadline=None)
@given(st.lists(mutated() | st.binary(max_size=60), max_size=6), st.booleans())
def test_no_frame_breaks_the_session(frames, logged_in):
    device = Device()
    if logged_in:
        device.log_in()
    for frame in frames:
        heard = device.say(frame)
        if heard.closes:
            assert device.say(up(pb.MSync.UNREAD)).frames == []
            break


# What a session keeps of any frame: the ask that waits for its outcome, an answer, a queue.
OVERHEAD_BYTES = 16 * 1024
TIMES_ITS_SIZE = 10


@settings(max_examples=40, deadline=None)
@given(mutated(), st.integers(0, 200_000))
def test_no_frame_costs_more_than_ten_times_its_size(frame, padding):
    meta = message_up("x" * padding)
    for one in (frame, sync_up(meta=meta), sync_up(meta=meta)[: padding // 2]):
        device = Device()
        device.log_in()
        tracemalloc.start()
        device.session.receive(one, 2.0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= OVERHEAD_BYTES + TIMES_ITS_SIZE * len(one)


@settings(max_examples=200)
@given(st.integers(1, (1 << 63) - 1), st.integers(1, 500))
def test_derived_ids_are_nobodys_and_of_the_same_millisecond(entry_id, number):
    made = derived_id(entry_id, number)
    assert made >> 22 == entry_id >> 22
    assert (made >> 12) & 1023 >= LEASED_PROCESSES
    assert 0 < made < 1 << 63
    assert made != derived_id(entry_id, number + 1)
