"""Messages in threads on this wire: marked by the sender, told of by the server (msync.md 5.3)."""

import json

from msgspec.structs import replace

from chat.domain.bodies import Body
from chat.domain.commands import GiveGroupReceipt, MarkRead, SendMessage
from chat.domain.events import Logged, MessageEdited, MessagePosted
from chat.domain.targets import Conversation, ThreadPlace, ToGroup, ToThread
from chat.wire.msync.metas import history_meta, items_of
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.msync.requests import command_of
from tests.wire.msync.test_message_changes import entry_for

THREAD = "300000000000003"
IN_THREAD = Conversation.room("thread", THREAD, 44)
PLACE = ThreadPlace("100000000000001", 5, "lunch")
NOTE = {"msg_parent_id": "5", "muc_parent_id": "100000000000001", "thread_name": "lunch"}


def meta_up(note, kind=pb.MessageBody.GROUP_CHAT, **fields):
    body = pb.MessageBody(type=kind, meta=note, **fields)
    body.contents.add(type=pb.MessageBody.Content.TEXT, text="noodles")
    meta = pb.Meta(id=5, ns=pb.Meta.CHAT, payload=body.SerializeToString())
    meta.to.name, meta.to.domain = THREAD, "conference.easemob.com"
    return meta


def test_what_the_client_marks_is_for_the_thread():
    command = command_of(meta_up('{"thread":{}}'), "1")
    assert isinstance(command, SendMessage)
    assert command.target == ToThread(THREAD)
    for other in ("", "{}", "no json", "[]", '{"translations":[]}', "[" * 9999):
        command = command_of(meta_up(other), "1")
        assert isinstance(command, SendMessage)
        assert command.target == ToGroup(THREAD)


def test_receipts_in_a_thread_are_for_the_thread():
    read = meta_up('{"thread":{}}', pb.MessageBody.READ_ACK, ack_message_id=9)
    assert command_of(read, "1") == MarkRead(ToThread(THREAD), 9)
    asked = meta_up('{"thread":{}}', pb.MessageBody.READ_ACK, ack_message_id=9)
    body = pb.MessageBody.FromString(asked.payload)
    body.msg_config.allow_group_ack = True
    asked.payload = body.SerializeToString()
    assert command_of(asked, "1") == GiveGroupReceipt(ToThread(THREAD), 9)


def delivered(fact, raw=None):
    entry = replace(entry_for(fact, IN_THREAD), raw=raw)
    [(queue, encoded)] = items_of(Logged(entry, fact), Reader("demo#app", "demo2", "web_1"))
    return queue, pb.Meta.FromString(encoded)


def test_receivers_get_the_senders_bytes_and_behind_them_the_place_of_the_thread():
    sent = meta_up('{"translations":[{"code":"en","text":"x"}],"thread":{}}')
    command = command_of(sent, "1")
    assert isinstance(command, SendMessage)
    fact = MessagePosted(command.body, command.ext, command.options, thread=PLACE)
    queue, meta = delivered(fact, command.raw)
    assert queue[0] == THREAD
    assert meta.payload.startswith(sent.payload)
    body = pb.MessageBody.FromString(meta.payload)
    assert body.contents[0].text == "noodles"
    assert json.loads(body.meta) == {
        "translations": [{"code": "en", "text": "x"}],
        "thread": NOTE,
    }


def test_other_wires_messages_and_edits_say_their_thread_too():
    _, meta = delivered(MessagePosted(Body("txt", {"msg": "x"}), None, thread=PLACE))
    assert json.loads(pb.MessageBody.FromString(meta.payload).meta) == {"thread": NOTE}
    edit = MessageEdited(5, Body("txt", {"msg": "new"}), None, 1, "demo1", 7, PLACE)
    _, meta = delivered(edit)
    note = json.loads(pb.MessageBody.FromString(meta.payload).meta)
    assert (note["thread"], note["edit_msg"]["count"]) == (NOTE, 1)


def test_history_says_what_lies_below_a_message():
    group = Conversation.room("group", "100000000000001", 42)
    entry = entry_for(MessagePosted(Body("txt", {"msg": "x"}), None), group)
    meta = pb.Meta.FromString(history_meta(entry, "demo#app", {"id": THREAD}))
    note = json.loads(pb.MessageBody.FromString(meta.payload).meta)
    assert note == {"thread_overview": {"id": THREAD}}
