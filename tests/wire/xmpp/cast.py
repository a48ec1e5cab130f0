"""A bound session, and the values that the vectors are made of."""

import base64
from typing import Any

from chat.domain.answers import LoggedIn, SyncPage
from chat.domain.commands import CheckLogIn, ListRoster, LogIn, Sync
from chat.domain.entries import Entry
from chat.domain.events import Event, Fact, Logged, to_entry_parts
from chat.domain.targets import Conversation
from chat.wire.base import FrameCache, Output, Run, Send
from chat.wire.xmpp.session import XmppSession

TIME = 1_477_903_252_877  # 2016-10-31T08:40:52.877Z
ID = 1234567890123456789
K = "demo#app"
GROUP, ROOM = "100000000000001", "200000000000002"
PAIR = Conversation.pair("ann", "bob")
IN_GROUP = Conversation.room("group", GROUP, 42)
IN_ROOM = Conversation.room("chatroom", ROOM, 43)
PERSONAL = Conversation.personal("bob", 2)

OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='easemob.com' version='1.0'/>"
CLIENT = "xmlns='jabber:client'"
MUC_USER = "http://jabber.org/protocol/muc#user"
FULL = f"{K}_bob@easemob.com/webim"
BARE = f"{K}_bob@easemob.com"
ANN = f"{K}_ann@easemob.com"
G = f"{K}_{GROUP}@conference.easemob.com"
R = f"{K}_{ROOM}@conference.easemob.com"


def auth(secret: str = "$t$token", user: str = "bob") -> str:
    plain = f"{K}_{user}@easemob.com\0{K}_{user}\0{secret}"
    said = base64.b64encode(plain.encode()).decode()
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{said}</auth>"


def bind(inner: str = "<resource>webim</resource>") -> str:
    return (
        f"<iq type='set' id='_bind_auth_2' {CLIENT}>"
        f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{inner}</bind></iq>"
    )


def said(outputs: list[Output]) -> list[str]:
    """The frames among the outputs."""
    return [str(output.frame) for output in outputs if isinstance(output, Send)]


def runs(outputs: list[Output]) -> list[Run]:
    return [output for output in outputs if isinstance(output, Run)]


def opened() -> XmppSession:
    session = XmppSession(lambda: TIME)
    session.opened(0.0)
    session.receive(OPEN, 0.0)
    return session


def proven() -> XmppSession:
    session = opened()
    [run] = runs(session.receive(auth(), 0.0))
    assert isinstance(run.command, CheckLogIn)
    session.answer(run.ref, None)
    session.receive(OPEN, 0.0)
    return session


def bound(inner: str = "<resource>webim</resource>") -> XmppSession:
    session = proven()
    [run] = runs(session.receive(bind(inner), 0.0))
    assert isinstance(run.command, LogIn)
    session.answer(run.ref, LoggedIn("bob", 2, "webim", TIME, 0))
    return session


def available(*missed: Entry, inner: str = "<resource>webim</resource>") -> XmppSession:
    """After the first presence; what was missed has been sent."""
    session = bound(inner)
    roster, sync = runs(session.receive(f"<presence {CLIENT}/>", 0.0))
    assert isinstance(roster.command, ListRoster)
    assert isinstance(sync.command, Sync)
    session.answer(roster.ref, [])
    session.answer(sync.ref, SyncPage(missed, "", more=False))
    return session


def entry(fact: Fact, conversation: Conversation = PAIR, **more: Any) -> Entry:
    kind, type_name, payload = to_entry_parts(fact)
    values: dict[str, Any] = {
        "id": ID,
        "app_id": 1,
        "conversation": conversation,
        "seq": 7,
        "kind": kind,
        "type": type_name,
        "sender": "ann",
        "payload": payload,
        "created_ms": TIME,
    }
    return Entry(**(values | more))


def told(session: XmppSession, event: Event | tuple[Fact, Conversation]) -> list[str]:
    if isinstance(event, tuple):
        fact, conversation = event
        event = Logged(entry(fact, conversation), fact)
    return said(session.deliver(event, FrameCache()))
