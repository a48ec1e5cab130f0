"""Frames down equal the vectors byte for byte; frames up are read as what they say."""

import pytest

from chat.wire.msync import frames
from chat.wire.msync.pb import msync_pb2 as pb
from tests.wire.msync.sdk import bob
from tests.wire.msync.vectors import FRAMES

APP = "demo#app"
RESOURCE = "webim_web_1"

BOB = bob().SerializeToString()


def now_of(name):
    """The time that a vector carries."""
    message = pb.MSync.FromString(FRAMES[name])
    kind = pb.CommUnreadDL if message.command == pb.MSync.UNREAD else pb.CommSyncDL
    return kind.FromString(message.payload).timestamp


def test_a_provision_is_accepted_and_refused():
    assert frames.provision(RESOURCE, pb.Status.OK, expires_ms=1_800_000_000_000) == FRAMES["D1"]
    refused = frames.provision(RESOURCE, pb.Status.FAIL, "Sorry, user not found")
    assert refused == FRAMES["D2"]


def test_unread_queues_are_listed():
    assert frames.unread([], now_of("D3")) == FRAMES["D3"]
    assert frames.unread([(BOB, 2)], now_of("D4")) == FRAMES["D4"]


def test_batches_and_their_end():
    payload = pb.MSync.FromString(FRAMES["D6"]).payload
    batch = pb.CommSyncDL.FromString(payload)
    metas = [meta.SerializeToString() for meta in batch.metas]
    assert frames.batch(BOB, metas, 7, now_of("D6")) == FRAMES["D6"]
    assert frames.drained(BOB, now_of("D7")) == FRAMES["D7"]


def test_acknowledgements():
    first = pb.CommSyncDL.FromString(pb.MSync.FromString(FRAMES["D8"]).payload)
    assert frames.acknowledged(5, first.server_id, now_of("D8")) == FRAMES["D8"]
    refused = pb.CommSyncDL.FromString(pb.MSync.FromString(FRAMES["D9"]).payload)
    status = pb.Status(error_code=pb.Status.FAIL, reason="blocked")
    made = frames.acknowledged(refused.meta_id, refused.server_id, now_of("D9"), status)
    assert made == FRAMES["D9"]


def test_a_kick():
    batch = pb.CommSyncDL.FromString(pb.MSync.FromString(FRAMES["D10"]).payload)
    operation = pb.StatisticsBody.USER_LOGIN_ANOTHER_DEVICE
    made = frames.kicked(APP, "alice", batch.metas[0].id, operation, now_of("D10"))
    assert made == FRAMES["D10"]


def test_frames_up_are_read():
    unread = frames.decode(FRAMES["U1"])
    assert unread is not None
    assert unread.command == pb.MSync.UNREAD
    reading = pb.CommSyncUL.FromString(pb.MSync.FromString(FRAMES["U2"]).payload)
    assert (reading.queue, reading.HasField("key")) == (bob(), False)
    acknowledging = pb.CommSyncUL.FromString(pb.MSync.FromString(FRAMES["U3"]).payload)
    assert (acknowledging.queue, acknowledging.key) == (bob(), 7)


def test_no_frame_is_read_from_noise():
    assert frames.decode(b"\xff\xff\xff") is None


@pytest.mark.parametrize("key", [1, 127, 128, 16383, 16384, 16385, 2**21, 1_800_000_000_000 << 10])
def test_a_key_of_any_size_is_read_as_it_was_given(key):
    name = frames.encoded_jid("demo#app", "bob", frames.USER_DOMAIN)
    message = pb.MSync.FromString(frames.batch(name, [], key, 2))
    assert pb.CommSyncDL.FromString(message.payload).next_key == key
