"""How questions are answered; and what our own client writes is what the session reads."""

import itertools
import re
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from chat.domain.answers import RosterItem, SyncPage
from chat.domain.bodies import BODY_TYPES, Body
from chat.domain.commands import (
    AnswerContact,
    Command,
    GiveReceipt,
    JoinRoom,
    LeaveRoom,
    ListBlocks,
    ListRoster,
    RemoveContact,
    SendMessage,
    SetBlocks,
    UnblockMembers,
)
from chat.domain.errors import NotMember, PeerNotFound
from chat.domain.events import Logged, MessagePosted, RosterChange, RosterChanged
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.wire.base import FrameCache
from imadmin.testclient.xmpp import XmppClient
from imadmin.testclient.xmpp_stanzas import message_event
from tests.wire.xmpp.answer_vectors import ANSWERS, AT_ONCE, result
from tests.wire.xmpp.cast import (
    BARE,
    CLIENT,
    FULL,
    GROUP,
    ID,
    PAIR,
    PERSONAL,
    ROOM,
    G,
    K,
    available,
    bound,
    entry,
    runs,
    said,
    told,
)
from tests.wire.xmpp.event_vectors import contact, push
from tests.wire.xmpp.vectors import COMMANDS


@pytest.mark.parametrize(("stanza", "outcome", "frames"), ANSWERS.values(), ids=ANSWERS.keys())
def test_question_is_answered(stanza: str, outcome: object, frames: list[str]) -> None:
    session = available()
    [run] = runs(session.receive(stanza, 0.0))
    assert said(session.answer(run.ref, outcome)) == frames


@pytest.mark.parametrize(("stanza", "frames"), AT_ONCE.values(), ids=AT_ONCE.keys())
def test_question_that_changes_nothing_is_answered_at_once(stanza: str, frames: list[str]) -> None:
    outputs = available().receive(stanza, 0.0)
    assert said(outputs) == frames
    assert runs(outputs) == []


def test_removal_that_finds_no_member_lifts_a_block() -> None:
    session = available()
    [run] = runs(session.receive(COMMANDS["kick"][0], 0.0))
    [lifted] = runs(session.answer(run.ref, NotMember()))
    assert lifted.command == UnblockMembers(ToGroup(GROUP), ("ann",))
    assert said(session.answer(lifted.ref, None)) == [result("", G)]


def test_who_removes_a_friend_is_answered_and_then_told() -> None:
    session = available()
    outputs = session.receive(COMMANDS["remove"][0], 0.0)
    assert said(outputs) == [result()]
    [run] = runs(outputs)
    assert said(session.answer(run.ref, True)) == [push("remove")]


def test_first_presence_with_a_status_starts_delivery_too() -> None:
    frame = f"<presence {CLIENT}><show>away</show><status>text</status></presence>"
    assert [type(run.command).__name__ for run in runs(bound().receive(frame, 0.0))] == [
        "ListRoster",
        "Sync",
    ]


def test_request_that_comes_between_roster_and_log_is_told() -> None:
    """The roster was read before it was made, the log after: only a second look finds it."""
    session = bound()
    roster, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    assert session.answer(roster.ref, []) == []
    asked = RosterChanged(RosterChange.REQUEST, "ann", "hello")
    answered = RosterChanged(RosterChange.REQUEST, "eve", "long ago")
    entries = (entry(answered, PERSONAL, id=5, seq=5), entry(asked, PERSONAL, id=6, seq=6))
    outputs = session.answer(sync.ref, SyncPage(entries, "", more=False))
    [again] = [run for run in runs(outputs) if run.command == ListRoster()]
    event = Logged(entries[1], asked)
    assert session.deliver(event, FrameCache()) == []  # still loading
    pending = RosterItem("ann", "pending_in", message="hello")
    assert said(session.answer(again.ref, [pending])) == [contact("subscribe", "hello", "ask-ann")]


def test_message_to_nobody_is_acknowledged_and_gone() -> None:
    session = available()
    [run] = runs(session.receive(COMMANDS["message to a user"][0], 0.0))
    [received] = said(session.answer(run.ref, PeerNotFound(username="ann")))
    assert re.fullmatch(
        f"<message {CLIENT} from='easemob.com' to='{FULL}'><body>c1</body>"
        r"<received xmlns='urn:xmpp:receipts' mid='\d+'>c1</received></message>",
        received,
    )


def test_own_words_from_another_device_come_as_ones_own() -> None:
    session = available()
    fact = MessagePosted(Body("txt", {"msg": "hi"}))
    mine = entry(fact, PAIR, sender="bob", sender_device="phone")
    [stanza] = said(session.deliver(Logged(mine, fact), FrameCache()))
    assert stanza.startswith(f"<message {CLIENT} from='{BARE}' to='{BARE}' type='chat' id='{ID}'>")
    assert "&quot;to&quot;:&quot;ann&quot;" in stanza


# Bodies, both ways (5.1, 5.4)

BODIES: dict[str, dict[str, Any]] = {
    "txt": {"msg": "[):] hi"},
    "cmd": {"msg": "", "action": "wave"},
    "loc": {"addr": "北京", "lat": 39.9, "lng": 116.4},
    "img": {
        "url": "http://x/1", "secret": "s", "filename": "a.png", "filetype": "image/png",
        "size": {"width": 1, "height": 2}, "length": 0, "file_length": 9,
    },
    "audio": {"url": "http://x/2", "secret": "s", "filename": "a.amr", "length": 3,
              "file_length": 9, "filetype": "audio/amr"},
    "file": {"url": "http://x/3", "secret": "s", "filename": "a.pdf", "file_length": 9},
    "video": {"url": "http://x/4", "filetype": "mp4", "filename": "v.mp4", "size": {"width": 1}},
    "custom": {"customEvent": "gift", "customExts": {"n": "1"}},
}  # fmt: skip


@pytest.mark.parametrize("kind", BODY_TYPES)
async def test_body_goes_in_and_out_unchanged(kind: str) -> None:
    body = Body(kind, BODIES[kind])
    command = await written(lambda client: client.send("ann", {"type": kind, **BODIES[kind]}))
    assert command == SendMessage(ToUser("ann"), body, {}, "c1")
    [stanza] = told(available(), (MessagePosted(body), PAIR))
    heard = message_event(ET.fromstring(stanza))["message"]
    assert heard["body"] == {"type": kind, **BODIES[kind]}


# What our own client writes is what the session reads

Writes = Callable[[XmppClient], Awaitable[Any]]


class _Sent(Exception):
    """The frame."""


class _Pen(XmppClient):
    def __init__(self) -> None:
        super().__init__("", K, "Bob", password="x")
        self._ids = itertools.count(1)

    def _put(self, frame: str) -> None:
        raise _Sent(frame)


async def written(write: Writes) -> Command:
    """The command that the session makes of what the client sent."""
    with pytest.raises(_Sent) as sent:
        await write(_Pen())
    [run] = runs(available().receive(str(sent.value), 0.0))
    return run.command


CALLS: dict[str, tuple[Writes, Command]] = {
    "to a group": (
        lambda c: c.send_text({"type": "group", "id": GROUP}, "hi", ext={"k": 1}),
        SendMessage(ToGroup(GROUP), Body("txt", {"msg": "hi"}), {"k": 1}, "c1"),
    ),
    "to a chatroom": (
        lambda c: c.send_text({"type": "chatroom", "id": ROOM}, "hi"),
        SendMessage(ToChatroom(ROOM), Body("txt", {"msg": "hi"}), {}, "c1"),
    ),
    "read": (lambda c: c.read("ann", str(ID)), GiveReceipt("read", "ann", ID, in_groups=True)),
    "delivered": (
        lambda c: c.delivered("ann", str(ID)),
        GiveReceipt("delivered", "ann", ID, in_groups=True),
    ),
    "roster": (lambda c: c.roster(), ListRoster()),
    "blocks": (lambda c: c.blocks(), ListBlocks()),
    "set blocks": (lambda c: c.set_blocks(["ann", "eve"]), SetBlocks(("ann", "eve"))),
    "decline": (
        lambda c: c.decline_contact("ann"),
        AnswerContact("ann", accept=False, message="no"),
    ),
    "remove": (lambda c: c.remove_contact("ann"), RemoveContact("ann")),
    "accept": (lambda c: c.accept_contact("ann"), AnswerContact("ann", accept=True)),
    "join": (lambda c: c.join(ROOM), JoinRoom(ToChatroom(ROOM), announce=True)),
    "leave": (lambda c: c.leave(ROOM), LeaveRoom(ToChatroom(ROOM))),
}


@pytest.mark.parametrize(("write", "command"), CALLS.values(), ids=CALLS.keys())
async def test_call_of_our_client_is_the_command(write: Writes, command: Command) -> None:
    assert await written(write) == command
