"""The table of vectors, read both ways, and what depends on the client or on the order."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from chat.domain.answers import RosterItem, SyncPage
from chat.domain.bodies import Body
from chat.domain.commands import (
    Command,
    ListRoster,
    MarkReceived,
    RequestContact,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryFlag
from chat.domain.errors import (
    Blocked,
    ChatroomNotFound,
    GroupNotFound,
    ImError,
    MessageTooLarge,
    Muted,
    RoomFull,
    SenderNotMember,
)
from chat.domain.events import (
    Fact,
    Logged,
    MessagePosted,
    RosterChange,
    RosterChanged,
    logged,
)
from chat.domain.targets import Conversation
from chat.wire.base import FrameCache, Told
from chat.wire.xmpp.session import XmppSession
from tests.wire.xmpp.cast import (
    ANN,
    BARE,
    CLIENT,
    FULL,
    ID,
    IN_GROUP,
    MUC_USER,
    PAIR,
    PERSONAL,
    G,
    R,
    available,
    bound,
    entry,
    runs,
    said,
    told,
)
from tests.wire.xmpp.event_vectors import EVENTS, POSTED
from tests.wire.xmpp.vectors import COMMANDS, MARK, iq, query


@pytest.mark.parametrize(("stanza", "command"), COMMANDS.values(), ids=COMMANDS.keys())
def test_stanza_is_the_command(stanza: str, command: Command) -> None:
    asked = runs(available().receive(stanza, 0.0))
    assert [run.command for run in asked] == [command]


@pytest.mark.parametrize(("fact", "where", "stanzas"), EVENTS.values(), ids=EVENTS.keys())
def test_event_is_the_stanzas(fact: Fact, where: Conversation, stanzas: list[str]) -> None:
    heard = told(available(), (fact, where))
    assert heard == stanzas
    for stanza in heard:
        assert_harmless(stanza)


def assert_harmless(stanza: str) -> None:
    """None of the shapes of §11."""
    element = ET.fromstring(stanza)
    if element.tag.endswith("message"):
        assert element.find("{jabber:client}body") is not None
    for invite in element.iter(f"{{{MUC_USER}}}invite"):
        assert invite.find(f"{{{MUC_USER}}}reason") is not None
    for item in element.iter(f"{{{MUC_USER}}}item"):
        if item.get("role") == "none" and item.get("jid"):
            actor = item.find(f"{{{MUC_USER}}}actor")
            assert actor is not None
            assert actor.get("nick")
    for item in element.iter("{jabber:iq:roster}item"):
        assert item.get("subscription") in ("both", "none", "remove")
        assert item.get("name") is None
    assert "<jid>" not in stanza


def answer(session: XmppSession, stanza: str, outcome: object) -> list[str]:
    [run] = runs(session.receive(stanza, 0.0))
    return said(session.answer(run.ref, outcome))


MESSAGE = COMMANDS["message to a user"][0]


def test_sender_is_acknowledged_with_both_ids() -> None:
    from chat.domain.answers import Sent

    assert answer(available(), MESSAGE, Sent(ID, 1)) == [
        f"<message {CLIENT} from='easemob.com' to='{FULL}'><body>c1</body>"
        f"<received xmlns='urn:xmpp:receipts' mid='{ID}'>c1</received></message>"
    ]


DEVICE = "<resource>webim</resource><device_uuid>device_uuid</device_uuid>"
NOT_A_MEMBER = (
    "<error code='406' type='modify'>"
    "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>"
    "Only occupants are allowed to send messages to the conference</text></error>"
)


@pytest.mark.parametrize(
    "refusal", [SenderNotMember(), GroupNotFound(room_id="1"), ChatroomNotFound(room_id="1")]
)
def test_old_client_gets_an_error_without_a_body(refusal: ImError) -> None:
    [error] = answer(available(), MESSAGE, refusal)
    assert re.fullmatch(
        f"<message {CLIENT} type='error' from='{ANN}' to='{FULL}' id='\\d+'><body/>"
        f"{re.escape(NOT_A_MEMBER)}</message>",
        error,
    )


def test_newer_client_gets_its_own_words_back() -> None:
    [error] = answer(available(inner=DEVICE), MESSAGE, SenderNotMember())
    text = ET.fromstring(error).findtext("{jabber:client}body", "")
    assert json.loads(text)["bodies"] == [{"type": "txt", "msg": "hi"}]


def test_version_tells_a_newer_client_too() -> None:
    session = available()
    version = "<name>easemob</name><version>1.4.13</version>"
    session.receive(iq("result", query("jabber:iq:version", version)), 0.0)
    [error] = answer(session, MESSAGE, SenderNotMember())
    assert "<body>{" in error


def test_muted_sender_is_acknowledged_and_then_told_by_the_same_id() -> None:
    received, error = answer(available(), MESSAGE, Muted())
    [mid] = re.findall(r"mid='(\d+)'", received)
    assert f" id='{mid}'" in error
    assert "<user-muted " in error


def test_blocked_sender_is_not_told() -> None:
    [received] = answer(available(), MESSAGE, Blocked(username="ann"))
    assert "<received " in received


def test_too_large_a_message_is_an_error_and_ends_nothing() -> None:
    [error] = answer(available(), MESSAGE, MessageTooLarge(limit=1))
    assert "message too large" in error


@pytest.mark.parametrize(
    "text", ["", "hello", "[]", "{}", '{"bodies":[]}', '{"bodies":[1]}', '{"bodies":[{}]}',
             '{"bodies":[{"type":"txt"}]}', '{"bodies":[{"type":"txt","msg":"x"}],"ext":1}',
             "[" * 100_000]
)  # fmt: skip
def test_what_is_no_message_comes_back_as_an_error(text: str) -> None:
    frame = f"<message type='chat' to='{ANN}' id='c1' {CLIENT}><body>"
    frame += text.replace('"', "&quot;") + "</body></message>"
    [error] = said(available().receive(frame, 0.0))
    assert "<body/><error code='400' type='modify'><bad-request " in error


def test_forged_sender_is_nobodys() -> None:
    frame = MESSAGE.replace("Bob", "eve")
    [run] = runs(available().receive(frame, 0.0))
    assert isinstance(run.command, SendMessage)
    assert run.command.sender == ""


def test_body_goes_out_in_ascii_on_one_line() -> None:
    fact = MessagePosted(Body("txt", {"msg": "a\n\u2028</script>'\"&<"}), {"k": "值"})
    [stanza] = told(available(), (fact, PAIR))
    assert stanza.isascii()
    assert "\n" not in stanza
    text = ET.fromstring(stanza).findtext("{jabber:client}body", "")
    assert json.loads(text)["bodies"][0]["msg"] == "a\n\u2028</script>'\"&<"


def test_command_always_has_an_action() -> None:
    [stanza] = told(available(), (MessagePosted(Body("cmd", {})), PAIR))
    assert "&quot;action&quot;:&quot;&quot;" in stanza


@pytest.mark.parametrize("id_", ["1;alert(1)", "a'b", "9" * 30, "", "x"])
def test_receipt_of_anything_but_an_id_is_dropped(id_: str) -> None:
    frame = (
        f'<message to="{ANN}" id="c" {CLIENT}><body>x</body>'
        f'<acked xmlns="urn:xmpp:receipts" id="{id_}"/></message>'
    )
    assert available().receive(frame, 0.0) == []


# Missed and live


def received(id_: int) -> str:
    return (
        f"<message from='{FULL}' to='easemob.com' id='{id_}' {CLIENT}>"
        f"<received xmlns='urn:xmpp:receipts' id='{id_}'/></message>"
    )


def test_missed_messages_come_in_order_of_time_with_their_stamp() -> None:
    session = bound()
    _, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    late = entry(POSTED, PAIR, id=2, seq=1)
    early = entry(POSTED, IN_GROUP, id=1, seq=9)
    frames = said(session.answer(sync.ref, SyncPage((late, early), "", more=False)))
    assert [re.findall(r" id='(\d+)'", frame) for frame in frames] == [["1"], ["2"]]
    stamp = "<delay xmlns='urn:xmpp:delay' stamp='2016-10-31T08:40:52.877Z'/></message>"
    assert all(frame.endswith(stamp) for frame in frames)


def test_what_happens_while_loading_comes_after_what_was_missed_and_once() -> None:
    session = bound()
    _, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    both, live = entry(POSTED, id=1, seq=1), entry(POSTED, id=2, seq=2)
    for one in (both, live):
        assert session.deliver(logged(one), FrameCache()) == []
    frames = said(session.answer(sync.ref, SyncPage((both,), "", more=False)))
    assert [re.findall(r" id='(\d+)'", frame)[0] for frame in frames] == ["1", "2"]


def test_recorded_messages_are_told_of_when_they_go_out_missed_held_or_live() -> None:
    session = bound()
    _, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    missed, held, live = (entry(POSTED, id=n, seq=n, flags=EntryFlag.RECORDED) for n in (1, 2, 3))
    assert session.deliver(logged(held), FrameCache()) == []
    outputs = session.answer(sync.ref, SyncPage((missed,), "", more=False))
    outputs += session.deliver(logged(live), FrameCache())
    outputs += session.deliver(logged(entry(POSTED, id=4, seq=4)), FrameCache())
    assert [one.entries for one in outputs if isinstance(one, Told)] == [
        (missed,),
        (held,),
        (live,),
    ]


def test_nothing_is_told_before_the_first_presence() -> None:
    assert told(bound(), (POSTED, PAIR)) == []


def test_pages_are_read_until_there_are_no_more() -> None:
    session = bound()
    _, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    [following] = runs(
        session.answer(sync.ref, SyncPage((entry(POSTED, id=1, seq=1),), "5.1", more=True))
    )
    assert following.command == Sync(after="5.1", limit=200)
    frames = said(
        session.answer(following.ref, SyncPage((entry(POSTED, id=2, seq=2),), "", more=False))
    )
    assert len(frames) == 2


def test_open_request_is_shown_once_at_the_start() -> None:
    session = bound()
    roster, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    request = RosterChanged(RosterChange.REQUEST, "ann", "hello")
    session.deliver(Logged(entry(request, PERSONAL), request), FrameCache())
    item = RosterItem("ann", "pending_in", message="hello")
    assert said(session.answer(roster.ref, [item])) == [
        f"<presence {CLIENT} from='{ANN}' to='{BARE}' type='subscribe' id='ask-ann'>"
        "<status>hello</status></presence>"
    ]
    assert said(session.answer(sync.ref, SyncPage((), "", more=False))) == []


def test_cursor_follows_what_the_client_acknowledged() -> None:
    session = available()
    for n in (1, 2):
        session.deliver(logged(entry(POSTED, id=n, seq=n)), FrameCache())
    assert runs(session.receive(received(2), 0.0)) == []
    [run] = runs(session.receive(received(1), 0.0))
    assert run.command == MarkReceived(PAIR, 2)
    assert session.receive(received(1), 0.0) == []


def test_entry_without_a_stanza_is_received_at_once() -> None:
    from chat.domain.events import MessageRecalled

    recalled = logged(entry(MessageRecalled(1), id=3, seq=3))
    [run] = runs(available().deliver(recalled, FrameCache()))
    assert run.command == MarkReceived(PAIR, 3)


def test_frame_is_made_once_for_all_receivers() -> None:
    cache = FrameCache()
    event = logged(entry(POSTED, IN_GROUP))
    first, second = available(), available()
    frames = said(first.deliver(event, cache)) + said(second.deliver(event, cache))
    assert len(set(frames)) == 1
    assert len(cache.frames) == 1


# Answers


def test_friend_is_not_asked_again() -> None:
    session = available()
    frame = COMMANDS["request"][0]
    [run] = runs(session.receive(frame, 0.0))
    assert session.answer(run.ref, [RosterItem("ann", "friends")]) == []
    [run] = runs(session.receive(frame, 0.0))
    [asked] = runs(session.answer(run.ref, []))
    assert asked.command == RequestContact("ann", "hi")
    assert "ask='subscribe'" in said(session.answer(asked.ref, False))[0]


def test_removal_of_a_stranger_is_told_to_nobody_else() -> None:
    session = available()
    outputs = session.receive(COMMANDS["remove"][0], 0.0)
    assert said(outputs) == [f"<iq {CLIENT} type='result' id='q' from='{BARE}' to='{FULL}'/>"]
    [push] = said(session.answer(runs(outputs)[0].ref, False))
    assert "subscription='remove'" in push


def test_roster_lists_friends_without_names() -> None:
    items = [RosterItem("ann", "friends", "Annie"), RosterItem("eve", "pending_in")]
    assert answer(available(), iq("get", query("jabber:iq:roster")), items) == [
        f"<iq {CLIENT} type='result' id='q' from='{BARE}' to='{FULL}'>"
        f"<query xmlns='jabber:iq:roster'><item jid='{ANN}' subscription='both'/></query></iq>"
    ]
    assert COMMANDS["roster"][1] == ListRoster()


JOIN = COMMANDS["join a chatroom"][0]


def test_joining_a_chatroom_is_answered_under_the_name_as_typed() -> None:
    assert answer(available(), JOIN, None) == [
        f"<presence {CLIENT} from='{R}/Bob' to='{FULL}'>{MARK}</presence>",
        f"<iq {CLIENT} type='result' id='x:sendIQ' from='{R}/Bob' to='{FULL}'/>",
    ]


def test_joining_again_announces_nobody() -> None:
    session = available()
    answer(session, JOIN, None)
    [run] = runs(session.receive(JOIN, 0.0))
    assert getattr(run.command, "announce", None) is False


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(ChatroomNotFound(room_id="1"), "404"), (RoomFull(room_id="1", kind="chatroom"), "406")],
)
def test_refused_join_is_an_iq_error(refusal: ImError, code: str) -> None:
    frames = answer(available(), JOIN, refusal)
    assert frames[-1].startswith(f"<iq {CLIENT} type='error' id='x:sendIQ' from='{R}/Bob'")
    assert f"<error code='{code}'" in frames[-1]
    assert len(frames) == (2 if isinstance(refusal, RoomFull) else 1)


def test_leaving_a_chatroom_is_answered() -> None:
    assert answer(available(), COMMANDS["leave a chatroom"][0], None) == [
        f"<presence {CLIENT} from='{R}/Bob' to='{FULL}' type='unavailable'"
        f" presence_type='unavailable'>{MARK}</presence>",
        f"<iq {CLIENT} type='result' id='x' from='{R}/Bob' to='{FULL}'/>",
    ]


def test_created_group_has_the_caller_as_its_owner() -> None:
    assert answer(available(), COMMANDS["create a group"][0], None) == [
        f"<presence {CLIENT} from='{G}/bob' to='{FULL}'><x xmlns='{MUC_USER}'>"
        f"<item affiliation='owner' jid='{BARE}' role='moderator'/><status code='201'/></x>"
        "</presence>"
    ]


def test_empty_block_list_and_one_with_a_name() -> None:
    frame = COMMANDS["get blocks"][0]
    [empty] = answer(available(), frame, [])
    assert "<list name='special'/>" in empty
    [full] = answer(available(), frame, ["ann"])
    assert (
        "<list name='special'>"
        f"<item type='jid' value='{ANN}' action='deny' order='1'><message/></item></list>"
    ) in full
