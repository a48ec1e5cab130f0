"""What a user's other devices are told of what one of them did (specs/msync.md 6.4)."""

import json

import pytest

from chat.domain.entries import Entry, EntryKind
from chat.domain.events import Logged, fact_of, logged, to_entry_parts
from chat.domain.own_changes import OwnChange, OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.targets import Conversation, ToGroup, ToUser
from chat.wire.msync.metas import items_of
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.native.events import event_json
from tests.wire.msync.sdk import Device

OWN = Conversation.personal("alice", 1)
GROUP = "123456789012345"
SILENT = {"type": "NONE", "interval": "", "until_ms": 0}


def conv(op, ident="bob", kind="chat", **more):
    head = {"op": op, "from": "alice", "res": "web_2", "id": ident, "type": kind, "ts": 9}
    return {"type": "conv", "data": head | more}


def muted(**value):
    return {"type": "user_notification_mute", "values": [{"operator_resource": "web_2", **value}]}


TOLD = [
    (OwnChanged(OwnChange.CONVERSATION_PINNED, ToUser("bob")), conv("top")),
    (OwnChanged(OwnChange.CONVERSATION_UNPINNED, ToUser("bob")), conv("not_top")),
    (OwnChanged(OwnChange.CONVERSATION_REMOVED, ToGroup(GROUP)), conv("del", GROUP, "groupchat")),
    (
        OwnChanged(OwnChange.CONVERSATION_MARKED, ToUser("bob"), {"mark": "mark_2"}),
        conv("mark", ext="mark_2"),
    ),
    (
        OwnChanged(OwnChange.CONVERSATION_UNMARKED, ToUser("bob"), {"mark": "mark_2"}),
        conv("mark_delete", ext="mark_2"),
    ),
    (
        OwnChanged(OwnChange.HISTORY_REMOVED, ToUser("bob")),
        {
            "type": "roaming_delete",
            "data": {"resource": "web_2", "to": "bob", "chatType": "chat"},
        },
    ),
    (
        OwnChanged(OwnChange.SILENCED, ToUser("bob"), SILENT),
        muted(user="bob", data={"type": "NONE"}),
    ),
    (
        OwnChanged(OwnChange.SILENCED, ToGroup(GROUP), SILENT | {"type": "ALL", "until_ms": 99}),
        muted(group=GROUP, data={"type": "ALL", "ignoreDuration": 99}),
    ),
    (
        OwnChanged(OwnChange.SILENCED, ToUser("bob"), SILENT | {"type": "DEFAULT"}),
        muted(user="bob", data={}),
    ),
    (
        OwnChanged(OwnChange.SILENCED, None, SILENT | {"interval": "8:0-9:0"}),
        muted(data={"type": "NONE", "ignoreInterval": "8:0-9:0"}),
    ),
]


def entry_for(fact):
    kind, type_name, payload = to_entry_parts(fact)
    stored = json.loads(json.dumps(payload))
    made = Entry(50, 1, OWN, 1, kind, type_name, "alice", stored, 9, sender_device="web_2")
    assert fact_of(made) == fact
    return made


@pytest.mark.parametrize(("fact", "notice"), TOLD)
def test_other_devices_get_the_notice(fact, notice):
    [(queue, encoded)] = items_of(
        Logged(entry_for(fact), fact), Reader("demo#app", "alice", "web_1")
    )
    meta = pb.Meta.FromString(encoded)
    assert queue == ("alice", "easemob.com", "")
    assert (meta.id, meta.ns, getattr(meta, "from").name) == (50, pb.Meta.NOTIFY, "admin")
    assert json.loads(meta.payload) == notice
    assert min(meta.payload) >= 0x10


def test_what_these_clients_know_no_notice_of_is_received_all_the_same():
    device = Device()
    device.log_in()
    fact = OwnChanged(OwnChange.HISTORY_REMOVED)
    heard = device.tell(logged(entry_for(fact)))
    assert not heard.frames
    assert heard.marks == [("me:1", 1)]


def test_the_native_wire_tells_it_too():
    fact = OwnChanged(OwnChange.CONVERSATION_MARKED, ToUser("bob"), {"mark": "mark_2"})
    told = event_json(Logged(entry_for(fact), fact), "alice")
    assert told["ev"] == "own"
    assert (told["kind"], told["mark"]) == ("conversation_marked", "mark_2")
    assert told["target"] == {"type": "user", "id": "bob"}


@pytest.mark.parametrize(
    ("talk", "kind", "ident"),
    [
        (Conversation.pair("alice", "bob"), "chat", "bob"),
        (Conversation.room("group", GROUP, 7), "groupchat", GROUP),
        (Conversation.room("chatroom", GROUP, 7), "chatroom", GROUP),
    ],
    ids=["pair", "group", "chatroom"],
)
@pytest.mark.parametrize("pinned", [True, False])
def test_everyone_is_told_of_a_pin(talk, kind, ident, pinned):
    fact = MessagePinned(77, pinned)
    _, type_name, payload = to_entry_parts(fact)
    entry = Entry(50, 1, talk, 1, EntryKind.PIN, type_name, "bob", payload, 9)
    assert fact_of(entry) == fact
    [(queue, encoded)] = items_of(Logged(entry, fact), Reader("demo#app", "alice", "web_1"))
    assert queue == ("alice", "easemob.com", "")
    told = {"op": "pin" if pinned else "pin_delete", "from": "bob", "res": "", "id": ident}
    told |= {"type": kind, "ts": 9, "ext": "77"}
    notice = json.loads(pb.Meta.FromString(encoded).payload)
    assert notice == {"type": "conv", "data": told}
    shown = event_json(Logged(entry, fact), "alice")
    assert (shown["ev"], shown["by"], shown["message_id"]) == ("pin", "bob", "77")
    assert shown["kind"] == ("added" if pinned else "removed")
