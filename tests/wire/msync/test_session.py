"""The rules of specs/msync.md section 1 (R8–R20) and the sync of section 4."""

import itertools

import pytest

from chat.domain.answers import LoggedIn, Sent, SyncPage
from chat.domain.bodies import Body
from chat.domain.commands import (
    GiveReceipt,
    JoinRoom,
    LogIn,
    MarkRead,
    RecallMessage,
    RequestContact,
    SendMessage,
)
from chat.domain.entries import EntryFlag
from chat.domain.errors import DeviceReplaced, MessageNotFound
from chat.domain.events import (
    Closing,
    Kicked,
    MessagePosted,
    RoomChange,
    RoomChanged,
    RosterChange,
    RosterChanged,
    logged,
)
from chat.domain.ids import derived_id
from chat.domain.targets import Conversation, ToUser
from chat.wire.base import FrameCache
from chat.wire.msync.pb import msync_pb2 as pb
from tests.wire.msync.sdk import (
    DEVICE,
    GROUP,
    ME,
    NOW_MS,
    Device,
    bob,
    entry_of,
    hear,
    message_up,
    posted,
    provision,
    sync_up,
    up,
)

PERSONAL = Conversation.personal(ME, 1)


@pytest.fixture
def device():
    made = Device()
    made.log_in()
    return made


def test_log_in_is_asked_with_the_token_and_the_lower_case_name():
    [run] = Device().say(provision(name="Alice")).runs
    command = run.command
    assert isinstance(command, LogIn)
    assert (command.appkey, command.username, command.token) == ("demo#app", "alice", "YWMt1")
    assert command.device == DEVICE


def test_the_answer_carries_resource_status_and_the_tokens_end():
    made = Device()
    [run] = made.say(provision()).runs
    heard = made.answer(run, LoggedIn(ME, 1, DEVICE, NOW_MS, 0, token_expires_ms=9))
    [(command, answer)] = heard.frames
    assert command == pb.MSync.PROVISION
    assert answer.HasField("status")
    assert (answer.resource, answer.auth_token) == (DEVICE, '{"expires_in":9}')


def test_frames_before_the_provision_close():
    assert Device().say(up(pb.MSync.UNREAD)).closes
    assert Device().say(b"\xff\xff").closes
    assert Device().tick(16.0).closes


def test_silence_closes_and_a_heartbeat_is_answered(device):
    device.now = 80.0
    [(command, answer)] = device.say(up(pb.MSync.UNREAD)).frames
    assert command == pb.MSync.UNREAD
    assert answer.timestamp == NOW_MS
    assert not device.tick(160.0).closes
    assert device.tick(171.0).closes


def test_every_meta_up_is_acknowledged_and_nothing_else_is_in_it(device):
    heard = device.say(sync_up(meta=message_up()))
    [run] = heard.runs
    assert isinstance(run.command, SendMessage)
    assert run.command.target == ToUser("bob")
    assert run.command.body == Body("txt", {"msg": "hi"})
    assert run.command.client_id == "5"
    [(_, ack)] = device.answer(run, Sent(77, NOW_MS)).frames
    assert (ack.meta_id, ack.server_id, ack.status.error_code) == (5, 77, 0)
    assert not ack.HasField("is_last")
    assert not ack.HasField("queue")
    assert not ack.metas


def test_what_cannot_be_read_is_refused_with_a_reason(device):
    meta = message_up()
    meta.payload = b"\xff\xff"
    [(_, ack)] = device.say(sync_up(meta=meta)).frames
    assert ack.meta_id == 5
    assert ack.status.error_code == pb.Status.FAIL
    assert ack.status.reason


def receipt_up(kind, number=9):
    meta = message_up()
    body = pb.MessageBody(type=kind, ack_message_id=number)
    body.contents.add()
    meta.payload = body.SerializeToString()
    return sync_up(meta=meta)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (pb.MessageBody.READ_ACK, GiveReceipt("read", "bob", 9)),
        (pb.MessageBody.DELIVER_ACK, GiveReceipt("delivered", "bob", 9)),
        (pb.MessageBody.RECALL, RecallMessage(9)),
        (pb.MessageBody.CHANNEL_ACK, MarkRead(ToUser("bob"), (1 << 63) - 1, whole=True)),
    ],
)
def test_receipts_are_commands_too(device, kind, command):
    [run] = device.say(receipt_up(kind)).runs
    assert run.command == command
    [(_, ack)] = device.answer(run, None).frames
    assert (ack.meta_id, ack.status.error_code) == (5, 0)


def test_a_receipt_for_what_is_gone_is_acknowledged(device):
    [run] = device.say(receipt_up(pb.MessageBody.READ_ACK)).runs
    [(_, ack)] = device.answer(run, MessageNotFound()).frames
    assert ack.status.error_code == 0


def test_a_message_is_pushed_with_everything_that_clients_need(device):
    [batch] = device.tell(posted(1)).batches
    assert batch.HasField("queue")
    assert batch.HasField("is_last")
    assert not batch.is_last
    assert batch.next_key
    assert batch.queue == bob()
    [meta] = batch.metas
    sender = getattr(meta, "from")
    assert (sender.name, sender.client_resource, meta.to.name) == ("bob", "phone", ME)
    assert meta.HasField("ns")
    assert 0 < meta.id < 1 << 63
    assert meta.timestamp == NOW_MS


def test_one_batch_is_out_and_its_key_moves_on(device):
    [first] = device.tell(posted(1)).batches
    assert device.tell(posted(2)).batches == []
    heard = device.say(sync_up(queue=bob(), key=first.next_key))
    [second] = heard.batches
    assert [meta.id for meta in second.metas] == [posted(2).entry.id]
    assert second.next_key > first.next_key
    assert heard.marks == [(posted(1).entry.conversation.key, 1)]
    [end] = device.say(sync_up(queue=bob(), key=second.next_key)).batches
    assert (end.is_last, list(end.metas)) == (True, [])


def test_what_comes_in_one_turn_is_one_batch_of_each_queue(device):
    events = [posted(1), posted(1, conversation=GROUP), posted(2)]
    pair, group = device.tell(*events).batches
    assert [len(batch.metas) for batch in (pair, group)] == [2, 1]
    assert device.session.gathered() == []
    [end] = device.say(sync_up(queue=bob(), key=pair.next_key)).batches
    assert end.is_last


@pytest.mark.parametrize("end", [Kicked(DeviceReplaced()), Closing()])
def test_what_was_gathered_goes_out_before_the_end(device, end):
    device.session.deliver(posted(1), FrameCache())
    first, *_ = hear(device.session.deliver(end, FrameCache())).batches
    assert [meta.id for meta in first.metas] == [posted(1).entry.id]
    assert device.session.gathered() == []


def test_keys_rise_over_all_queues_and_are_never_given_twice(device):
    [one] = device.tell(posted(1)).batches
    [other] = device.tell(posted(1, conversation=GROUP)).batches
    assert other.next_key > one.next_key
    [again] = device.tick(12.0).batches[:1]
    assert again.next_key > other.next_key
    assert [meta.id for meta in again.metas] == [meta.id for meta in one.metas]


def test_an_unknown_key_acknowledges_nothing(device):
    device.tell(posted(1))
    heard = device.say(sync_up(queue=bob(), key=1))
    assert heard.marks == []


def test_nothing_is_pushed_before_the_first_unread():
    made = Device()
    assert made.log_in(posted(1).entry, reads=False).batches == []
    [(command, answer)] = made.say(up(pb.MSync.UNREAD)).frames
    assert command == pb.MSync.UNREAD
    assert [(one.queue.name, one.n) for one in answer.unread] == [("bob", 1)]
    [asked] = made.say(sync_up(queue=bob())).batches
    assert len(asked.metas) == 1


def test_a_listed_queue_that_nobody_asks_for_is_pushed():
    made = Device()
    made.log_in(posted(1).entry)
    assert made.tick(2.0).batches == []
    [batch] = made.tick(3.0).batches
    assert len(batch.metas) == 1


def test_unread_waits_for_the_first_page():
    made = Device()
    [run] = made.say(provision()).runs
    [reading] = made.answer(run, LoggedIn(ME, 1, DEVICE, NOW_MS, 0)).runs
    assert made.say(up(pb.MSync.UNREAD)).frames == []
    [(command, _)] = made.answer(reading, SyncPage((), "", more=False)).frames
    assert command == pb.MSync.UNREAD


def test_what_happens_while_pages_are_read_comes_after_them_and_once():
    made = Device()
    [run] = made.say(provision()).runs
    [reading] = made.answer(run, LoggedIn(ME, 1, DEVICE, NOW_MS, 0)).runs
    assert made.tell(posted(2)).batches == []
    assert made.tell(posted(3)).batches == []
    made.answer(reading, SyncPage((posted(1).entry, posted(2).entry), "", more=False))
    made.say(up(pb.MSync.UNREAD))
    [batch] = made.say(sync_up(queue=bob())).batches
    assert [meta.id for meta in batch.metas] == [posted(n).entry.id for n in (1, 2, 3)]


WATCHED = EntryFlag.COUNTS | EntryFlag.RECORDED


def test_a_recorded_message_is_told_when_its_batch_goes_out_and_once(device):
    heard = device.tell(posted(1, flags=WATCHED))
    assert (len(heard.batches), heard.told) == (1, [1])
    assert device.tell(posted(2, flags=WATCHED)).told == []  # it waits for the first's key
    assert device.tell(posted(3)).told == []
    again = device.tick(12.0)
    assert again.told == [2]
    assert device.say(sync_up(queue=bob(), key=again.batches[0].next_key)).told == []
    assert device.tell(posted(4, flags=WATCHED)).told == [4]


def test_a_recorded_message_of_the_backlog_is_told_when_it_goes_out():
    made = Device()
    [run] = made.say(provision()).runs
    [reading] = made.answer(run, LoggedIn(ME, 1, DEVICE, NOW_MS, 0)).runs
    assert made.tell(posted(2, flags=WATCHED)).told == []
    page = SyncPage((posted(1, flags=WATCHED).entry,), "", more=False)
    assert made.answer(reading, page).told == []
    made.say(up(pb.MSync.UNREAD))
    assert made.say(sync_up(queue=bob())).told == [1, 2]


def test_a_batch_has_at_most_twenty_items():
    made = Device()
    made.log_in(*(posted(n).entry for n in range(1, 31)))
    [batch] = made.say(sync_up(queue=bob())).batches
    assert len(batch.metas) == 20


def test_a_log_in_two_queues_is_received_up_to_its_gap(device):
    asked = [
        logged(entry_of(RosterChanged(RosterChange.REQUEST, name), seq, PERSONAL, name))
        for seq, name in ((1, "bob"), (2, "carol"))
    ]
    [_] = device.tell(asked[0]).batches
    [second] = device.tell(asked[1]).batches
    carol = pb.Jid(app_key="demo#app", name="carol", domain="easemob.com")
    assert device.say(sync_up(queue=carol, key=second.next_key)).marks == []
    [first] = device.say(sync_up(queue=bob())).batches
    assert device.say(sync_up(queue=bob(), key=first.next_key)).marks == [(PERSONAL.key, 2)]


def test_the_senders_bytes_reach_the_receiver(device):
    payload = message_up("as it was").payload + b"\xf8\x07\x01"  # a field that nobody knows
    raw = pb.Meta(payload=payload)
    raw.ext.add(key="k", type=pb.KeyValue.INT, varint_value=1)
    fact = MessagePosted(Body("txt", {"msg": "as it was"}))
    event = logged(entry_of(fact, 1, raw=raw.SerializeToString()))
    [batch] = device.tell(event).batches
    [meta] = batch.metas
    assert meta.payload == payload
    assert meta.ext[0].key == "k"


def test_text_without_a_sub_type_gets_none(device):
    [batch] = device.tell(posted(1)).batches
    body = pb.MessageBody.FromString(batch.metas[0].payload)
    assert not body.contents[0].HasField("sub_type")


_seqs = itertools.count(1)


def muc(device, change, users, sender="bob", staff=(), **detail):
    fact = RoomChanged(change, "group", GROUP.room_id, users, detail, staff)
    heard = device.tell(logged(entry_of(fact, next(_seqs), GROUP, sender)))
    return [pb.MucBody.FromString(meta.payload) for batch in heard.batches for meta in batch.metas]


def test_each_newcomer_is_an_event_of_its_own_with_its_own_id(device):
    fact = RoomChanged(RoomChange.MEMBERS_ADDED, "group", GROUP.room_id, ("carol", "dave"))
    entry = entry_of(fact, 1, GROUP)
    [batch] = device.tell(logged(entry)).batches
    assert [meta.id for meta in batch.metas] == [entry.id, derived_id(entry.id, 1)]
    bodies = [pb.MucBody.FromString(meta.payload) for meta in batch.metas]
    assert [body.operation for body in bodies] == [pb.MucBody.PRESENCE] * 2
    assert all(body.HasField("muc_id") and body.HasField("from") for body in bodies)


def test_who_is_put_in_or_thrown_out_hears_of_it(device):
    [body] = muc(device, RoomChange.MEMBERS_ADDED, (ME,), name="qa")
    assert (body.operation, body.muc_name) == (pb.MucBody.DIRECT_JOINED, "qa")


def test_the_removed_user_gets_a_kick(device):
    [body] = muc(device, RoomChange.MEMBERS_REMOVED, (ME,))
    assert (body.operation, body.to[0].name) == (pb.MucBody.KICK, ME)


def test_a_mute_concerns_the_muted_and_the_staff(device):
    assert muc(device, RoomChange.MUTED, ("carol",), staff=("bob",)) == []
    [body] = muc(device, RoomChange.MUTED, (ME, "carol"), staff=("bob",), expires_ms=-1)
    assert (body.to[0].name, body.ext) == (ME, '{"user_mute_time": -1}')


def test_a_room_is_joined_over_the_socket(device):
    body = pb.MucBody(operation=pb.MucBody.JOIN, is_chatroom=True)
    body.muc_id.name = "123456789012346"
    meta = pb.Meta(id=5, ns=pb.Meta.MUC, payload=body.SerializeToString())
    [run] = device.say(sync_up(meta=meta)).runs
    assert isinstance(run.command, JoinRoom)
    [(_, ack)] = device.answer(run, None).frames
    assert ack.status.error_code == 0
    [extra] = ack.metas
    assert pb.MucBody.FromString(extra.payload).operation == pb.MucBody.JOIN


def test_a_contact_is_asked_for_over_the_socket(device):
    body = pb.RosterBody(operation=pb.RosterBody.ADD, reason="hello")
    body.to.add(name="Bob")
    meta = pb.Meta(id=5, ns=pb.Meta.ROSTER, payload=body.SerializeToString())
    heard = device.say(sync_up(meta=meta))
    assert [run.command for run in heard.runs] == [RequestContact("bob", "hello")]
    [(_, ack)] = heard.frames
    assert ack.status.error_code == 0


def test_what_comes_again_is_handed_out_once(device):
    again = logged(entry_of(RosterChanged(RosterChange.REQUEST, "bob"), 1, PERSONAL, "bob"))
    [batch] = device.tell(again).batches
    device.say(sync_up(queue=bob(), key=batch.next_key))  # nothing is out any more
    assert device.tell(again).batches == []
