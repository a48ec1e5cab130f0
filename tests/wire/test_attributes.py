"""What each wire says of attributes that changed (msync.md 6.2, operations 43 to 45)."""

import json

import pytest

from chat.domain.entries import Entry
from chat.domain.events import Logged, RoomChange, RoomChanged, to_entry_parts
from chat.domain.targets import Conversation, RoomKind
from chat.wire.msync.muc import bodies_of
from chat.wire.native.events import event_json

PAIRS = {"k": "v"}


def told(change, kind: RoomKind, detail, *users):
    fact = RoomChanged(change, kind, "123456789012345", users, detail)
    entry_kind, name, payload = to_entry_parts(fact)
    where = Conversation.room(kind, fact.room_id, 7)
    return fact, Entry(9, 1, where, 3, entry_kind, name, "demo2", payload, 1_735_689_600_000)


@pytest.mark.parametrize(
    ("change", "operation"),
    [(RoomChange.ATTRIBUTES_SET, 43), (RoomChange.ATTRIBUTES_REMOVED, 44)],
)
def test_a_chatrooms_attributes_are_told(change, operation):
    fact, entry = told(change, "chatroom", {"properties": PAIRS, "failed": {"a b": "no"}}, "demo2")
    (body,) = bodies_of(entry, fact, "demo#app", "demo1")
    assert body.operation == operation
    assert json.loads(body.event_info.ext) == {
        "result": {"successKeys": ["k"], "errorKeys": {"a b": "no"}},
        "properties": PAIRS,
    }
    native = event_json(Logged(entry, fact), "demo1")
    assert (native["ev"], native["kind"]) == ("room", change.value)
    assert (native["by"], native["properties"]) == ("demo2", PAIRS)


def test_a_members_attributes_are_told():
    fact, entry = told(RoomChange.MEMBER_ATTRIBUTES, "group", {"properties": PAIRS}, "demo3")
    (body,) = bodies_of(entry, fact, "demo#app", "demo1")
    assert body.operation == 45
    assert json.loads(body.event_info.ext) == {"username": "demo3", "properties": PAIRS}
    native = event_json(Logged(entry, fact), "demo1")
    assert (native["ev"], native["kind"]) == ("group", "member_attributes")
    assert (native["user"], native["properties"]) == ("demo3", PAIRS)
