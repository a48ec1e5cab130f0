"""Which rule wants what."""

import pytest

from accounts.domain.ids import Appkey
from chat.domain.entries import Entry, EntryFlag, EntryKind
from chat.domain.events import RoomChange, RosterChange
from chat.domain.targets import Conversation
from chat.webhooks.payloads import post_send_body, sign
from chat.webhooks.rules import MUC_OPERATIONS, ROSTER_NAMES, Rule, is_selector, selector_of, wants

PAIR = Conversation.pair("tom", "zoe")
GROUP = Conversation.room("group", "259817360123905", 7)
ROOM = Conversation.room("chatroom", "259817360123907", 8)


def rule(**changes):
    given = {"selectors": frozenset({"chat", "groupchat", "chatroom"}), **changes}
    return Rule(1, 1, "r", "post", "http://127.0.0.1/", "s", **given)


def text(where=PAIR, sender="tom", **changes):
    given = {"payload": {"body": {"msg": "hi"}, "ext": {"k": 1}}, "created_ms": 1, **changes}
    return Entry(1297401234567890123, 1, where, 1, EntryKind.MESSAGE, "txt", sender, **given)


def heard(a_rule, entry, *, by_rest=False):
    return wants(a_rule, selector_of(entry), entry, by_rest=by_rest)


@pytest.mark.parametrize(
    ("where", "selector"),
    [(PAIR, "chat:txt"), (GROUP, "groupchat:txt"), (ROOM, "chatroom:txt")],
)
def test_message_is_named_by_its_conversation_and_type(where, selector):
    assert selector_of(text(where)) == selector
    assert heard(rule(selectors=frozenset({selector})), text(where))
    assert heard(rule(selectors=frozenset({selector.partition(":")[0]})), text(where))
    assert not heard(rule(selectors=frozenset({"muc"})), text(where))


def test_every_change_of_a_room_and_contact_has_a_selector():
    assert {change for change in RoomChange if change not in MUC_OPERATIONS} <= {
        RoomChange.REQUEST_DECLINED
    }
    assert set(ROSTER_NAMES) == set(RosterChange)
    assert all(is_selector(f"muc:{name}") for name in MUC_OPERATIONS.values())


def test_unknown_selectors_are_seen():
    assert not is_selector("chat:smell")
    assert not is_selector("chats")
    assert not is_selector("recall:txt")


def test_rest_messages_are_left_out_when_the_rule_says_so():
    assert heard(rule(include_rest=True), text(), by_rest=True)
    assert not heard(rule(include_rest=False), text(), by_rest=True)


def test_import_is_history_and_not_told():
    assert not heard(rule(), text(flags=EntryFlag.HISTORY_ONLY))


def test_from_and_to_means_one_to_one_only():
    narrow = rule(from_names=frozenset({"tom"}), to_names=frozenset({"zoe"}))
    assert heard(narrow, text())
    assert not heard(narrow, text(sender="zoe"))
    assert not heard(narrow, text(GROUP))


def test_from_and_room_means_that_person_in_that_room():
    narrow = rule(from_names=frozenset({"tom"}), room_ids=frozenset({GROUP.room_id}))
    assert heard(narrow, text(GROUP))
    assert not heard(narrow, text(GROUP, sender="zoe"))
    assert not heard(narrow, text())


def test_all_three_filters_mean_nothing():
    one = frozenset({"tom"})
    narrow = rule(from_names=one, to_names=frozenset({"zoe"}), room_ids=frozenset({GROUP.room_id}))
    assert not heard(narrow, text())
    assert not heard(narrow, text(GROUP))


def test_ext_keys_ask_for_one_of_them():
    assert heard(rule(ext_keys=frozenset({"k", "other"})), text())
    assert not heard(rule(ext_keys=frozenset({"other"})), text())


def test_signature_is_the_documented_one():
    signature = sign("acme#demo_1001", "s3cr3t", 1735689600000)
    assert signature == "bef2781ab439e2608a931e5f6db4e592"


def test_group_message_is_told_as_the_vendor_does():
    body = post_send_body(Appkey("acme", "demo"), text(GROUP), offline=False, host="h")
    assert body == {
        "callId": "acme#demo_1297401234567890123",
        "eventType": "chat",
        "timestamp": 1,
        "chat_type": "groupchat",
        "from": "tom",
        "to": GROUP.room_id,
        "group_id": GROUP.room_id,
        "msg_id": "1297401234567890123",
        "payload": {"bodies": [{"msg": "hi", "type": "txt"}], "ext": {"k": 1}},
        "host": "h",
        "appkey": "acme#demo",
        "securityVersion": "1.0.0",
    }


def test_custom_exts_are_told_in_both_forms():
    entry = text(payload={"body": {"customEvent": "e", "customExts": {"a": "1"}}})
    custom = Entry(**{**{f: getattr(entry, f) for f in Entry.__struct_fields__}, "type": "custom"})
    [body] = post_send_body(Appkey("a", "b"), custom, offline=True, host="")["payload"]["bodies"]
    assert body == {
        "customEvent": "e",
        "customExts": [{"a": "1"}],
        "v2:customExts": {"a": "1"},
        "type": "custom",
    }
