"""Edits and group read receipts as this wire tells them (specs/msync.md 5.3)."""

import json

import pytest
from msgspec.structs import replace

from chat.domain.bodies import Body
from chat.domain.entries import Entry
from chat.domain.events import (
    Edit,
    Fact,
    GroupMessageRead,
    Logged,
    MessageEdited,
    MessagePosted,
    fact_of,
    to_entry_parts,
)
from chat.domain.targets import Conversation
from chat.wire.msync.metas import history_meta, items_of
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb

PAIR = Conversation.pair("demo1", "demo2")
NOTE = {
    "count": 2,
    "operator": "demo1",
    "edit_time": 9,
    "sender": "demo1",
    "send_time": 7,
    "chat_type": "chat:user",
}


def entry_for(fact: Fact, talk: Conversation = PAIR, sender: str = "demo1", ms: int = 9) -> Entry:
    kind, type_name, payload = to_entry_parts(fact)
    made = Entry(50, 1, talk, 1, kind, type_name, sender, payload, ms)
    assert fact_of(made) == fact
    return made


def only_meta(fact: Fact, entry: Entry, me: str) -> tuple[str, pb.Meta, pb.MessageBody]:
    [(queue, encoded)] = items_of(Logged(entry, fact), Reader("demo#app", me, "web_1"))
    meta = pb.Meta.FromString(encoded)
    return queue[0], meta, pb.MessageBody.FromString(meta.payload)


def test_an_edit_carries_the_new_content_and_who_changed_it():
    fact = MessageEdited(5, Body("txt", {"msg": "new"}), {"k": 1}, 2, "demo1", 7)
    queue, meta, body = only_meta(fact, entry_for(fact), "demo2")
    assert (queue, meta.id) == ("demo1", 50)
    assert getattr(meta, "from").name == "demo1"
    assert (body.type, body.edit_message_id) == (pb.MessageBody.EDIT, 5)
    assert body.contents[0].text == "new"
    assert json.loads(body.meta) == {"edit_msg": NOTE}


def test_history_shows_an_edited_message_with_the_same_note():
    posted = MessagePosted(Body("txt", {"msg": "new"}), None, edited=Edit(2, "demo1", 9))
    entry = entry_for(posted, ms=7)
    meta = pb.Meta.FromString(history_meta(entry, "demo#app"))
    body = pb.MessageBody.FromString(meta.payload)
    assert json.loads(body.meta) == {"edit_msg": NOTE}


def test_the_author_of_a_group_message_learns_who_has_read_it():
    fact = GroupMessageRead("123456789012345", 5, "demo2", 3, "seen")
    own = Conversation.personal("demo1", 1)
    queue, meta, body = only_meta(fact, entry_for(fact, own, "demo2"), "demo1")
    assert (queue, meta.to.name) == ("123456789012345", "123456789012345")
    assert getattr(meta, "from").name == "demo2"
    assert (body.type, body.ack_message_id) == (pb.MessageBody.READ_ACK, 5)
    assert (body.msg_config.allow_group_ack, body.ack_content) == (True, "seen")
    [count] = body.ext
    assert (count.key, json.loads(count.string_value)) == ("group_read_count", {"5": 3})
    unasked = replace(fact, asked=False)
    reader = Reader("demo#app", "demo1", "web_1")
    assert items_of(Logged(entry_for(unasked, own, "demo2"), unasked), reader) == []


TALKS = {
    "pair": PAIR,
    "group": Conversation.room("group", "1" * 15, 7),
    "chatroom": Conversation.room("chatroom", "2" * 15, 8),
}


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
@pytest.mark.parametrize("device", ["", "web_1"])
def test_what_receivers_get_is_the_senders_part_behind_a_meta_as_the_library_writes_it(
    talk, device
):
    fact = MessagePosted(Body("txt", {"msg": "x"}))
    raw = pb.Meta(payload=b"said").SerializeToString()
    entry = replace(entry_for(fact, talk), raw=raw, sender_device=device, id=1 << 62)
    to = pb.Jid(app_key="demo#app", name="demo2", domain="easemob.com")
    if talk.kind != "pair":
        to = pb.Jid(app_key="demo#app", name=talk.room_id, domain="conference.easemob.com")
    wanted = pb.Meta(id=1 << 62, to=to, timestamp=9, ns=pb.Meta.CHAT, payload=b"said")
    sender = getattr(wanted, "from")
    sender.app_key, sender.name, sender.domain = "demo#app", "demo1", "easemob.com"
    if device:
        sender.client_resource = device
    assert pb.Meta.FromString(history_meta(entry, "demo#app")) == wanted
    wanted.meta = b'{"is_online":0}'
    [(_, told)] = items_of(Logged(entry, fact), Reader("demo#app", "demo2", "web_1"))
    assert pb.Meta.FromString(told) == wanted
