"""No frame, whole, cut or changed, raises out of the session, goes without an answer, or costs much
memory."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.domain.answers import Sent
from chat.domain.commands import SendMessage
from chat.domain.errors import ImError
from chat.domain.ids import LEASED_PROCESSES, derived_id
from chat.wire.msync.pb import msync_pb2 as pb
from tests.wire.msync.sdk import NOW_MS, Device, bob, message_up, provision, sync_up, up
from tests.wire.msync.vectors import FRAMES

pytestmark = pytest.mark.fuzz

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


def settled(device, heard, outcome):
    """What is heard in the end, when every command has this outcome."""
    told = [*heard.frames, *heard.closes]
    for run in heard.runs:
        told += settled(device, device.answer(run, outcome), outcome) if run.ref else []
    return told


def may_be_ignored(frame):
    """Frames that ask for nothing. Source: msync.md 3.8."""
    said = pb.MSync.FromString(frame)
    if said.command != pb.MSync.SYNC:
        return said.command not in (pb.MSync.UNREAD, pb.MSync.LOGOUT)
    asked = pb.CommSyncUL.FromString(said.payload)
    return not asked.HasField("meta") and not asked.HasField("queue")


@settings(max_examples=300, deadline=None)
@given(mutated() | st.binary(max_size=60), st.sampled_from([None, ImError(), Sent(7, NOW_MS)]))
def test_no_frame_goes_without_an_answer_or_a_close(frame, outcome):
    device = Device()
    device.log_in()
    told = settled(device, device.say(frame), outcome)
    assert told or may_be_ignored(frame)


@settings(max_examples=100, deadline=None)
@given(mutated() | st.binary(max_size=60))
def test_before_the_log_in_every_frame_is_answered_and_closed(frame):
    device = Device()
    heard = device.say(frame)
    assert heard.closes or device.answer(heard.runs[0], ImError()).closes


REASONS = {
    "a text is not UTF-8",
    "customEvent must be a string",
    "customExts must hold strings",
}


def custom():
    """A custom message with texts at every depth."""
    body = pb.MessageBody(type=pb.MessageBody.SINGLE_CHAT)
    body.contents.add(type=pb.MessageBody.Content.CUSTOM, custom_event="MARK")
    body.contents[0].custom_exts.add(key="k", type=pb.KeyValue.STRING, string_value="v")
    body.ext.add(key="x", type=pb.KeyValue.JSON_STRING, string_value='["w"]')
    return body.SerializeToString()


@pytest.mark.parametrize("text", [b"MARK", b"\x01k", b"\x01v", b"\x01x", b'["w"]'])
def test_a_text_that_is_not_utf_8_is_refused(text):
    payload = custom()
    assert payload.count(text) == 1
    meta = message_up()
    meta.payload = payload.replace(text, text[:-1] + b"\xff")
    device = Device()
    device.log_in()
    [(_, ack)] = device.say(sync_up(meta=meta)).frames
    assert (ack.meta_id, ack.status.error_code) == (5, pb.Status.FAIL)
    assert ack.status.reason in REASONS
    meta.payload = payload.replace(b'["w"]', '"你"'.encode())
    [run] = device.say(sync_up(meta=meta)).runs
    assert isinstance(run.command, SendMessage)
    assert run.command.ext == {"x": "你"}


@pytest.mark.parametrize("space", [pb.Meta.CHAT, pb.Meta.ROSTER, pb.Meta.MUC])
def test_a_name_that_is_not_utf_8_is_refused(space):
    body = {
        pb.Meta.CHAT: pb.MessageBody(type=pb.MessageBody.READ_ACK),
        pb.Meta.ROSTER: pb.RosterBody(operation=pb.RosterBody.ADD, to=[pb.Jid(name="MARK")]),
        pb.Meta.MUC: pb.MucBody(operation=pb.MucBody.JOIN, muc_id=pb.Jid(name="MARK")),
    }[space]
    meta = pb.Meta(id=5, ns=space, payload=body.SerializeToString())
    meta.to.name = "MARK"
    frame = sync_up(meta=meta).replace(b"MARK", b"MAR\xff")
    device = Device()
    device.log_in()
    [(_, ack)] = device.say(frame).frames
    assert (ack.meta_id, ack.status.reason) == (5, "a text is not UTF-8")


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
