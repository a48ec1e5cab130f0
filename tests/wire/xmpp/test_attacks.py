"""Whatever comes in: no exception, a stream error at worst, and no memory kept."""

import tracemalloc
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.wire.base import Close, Send
from chat.wire.xmpp.framing import MAX_DEPTH
from chat.wire.xmpp.session import State, XmppSession
from tests.wire.xmpp.cast import CLIENT, OPEN, auth, available, bind, opened, said
from tests.wire.xmpp.vectors import COMMANDS

LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>"
    + "".join(
        f"<!ENTITY lol{n} '{f'&lol{n - 1};' * 10}'>".replace("&lol0;", "&lol;")
        for n in range(1, 10)
    )
    + "]><message xmlns='jabber:client'><body>&lol9;</body></message>"
)
HOSTILE = {
    "billion laughs": LAUGHS,
    "external entity": "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><m>&x;</m>",
    "unknown entity": f"<message {CLIENT}><body>&nbsp;</body></message>",
    "comment": f"<message {CLIENT}><!-- x --></message>",
    "processing instruction": f"<message {CLIENT}><?php x ?></message>",
    "deep": "<a>" * 100_000,
    "deep and closed": "<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1),
    "two stanzas": f"<presence {CLIENT}/><presence {CLIENT}/>",
    "open end": f"<message {CLIENT}>",
    "unbound prefix": "<stream:features/>",
    "not XML": "hello",
    "many attributes": f"<message {CLIENT} " + " ".join(f"a{n}='x'" for n in range(5000)) + "/>",
    "other namespace of a stanza": "<message xmlns='jabber:server'><body/></message>",
    "other namespace of the stream": "<open xmlns='jabber:client' to='easemob.com'/>",
    "lone surrogate": f"<message {CLIENT}><body>\ud800</body></message>",
    "control character": f"<message {CLIENT}><body>\x01</body></message>",
    "more than 1 MiB": f"<message {CLIENT}><body>{'x' * 2**20}</body></message>",
}


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("make", [opened, available], ids=["before log-in", "logged in"])
def test_hostile_frame_is_a_stream_error(make, frame):
    session = make()
    [frame_out] = said(session.receive(frame, 0.0))
    assert frame_out.startswith("<stream:error ")
    assert session.state is State.ENDING
    session.tick(1.0)
    assert session.tick(2.0) == [Close(1000)]


def test_frames_before_the_log_in_are_small() -> None:
    frame = f"<message {CLIENT}><body>{'x' * 70_000}</body></message>"
    assert "policy-violation" in said(opened().receive(frame, 0.0))[0]


def test_binary_frames_are_refused() -> None:
    assert "unsupported-encoding" in said(available().receive(b"<presence/>", 0.0))[0]


def test_memory_stays_flat_under_attack() -> None:
    def attack() -> None:
        for frame in HOSTILE.values():
            available().receive(frame, 0.0)

    attack()
    tracemalloc.start()
    attack()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5):
        attack()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 200_000


names = st.sampled_from(
    ["open", "auth", "iq", "presence", "message", "bind", "query", "x", "body", "item", "received"]
)
spaces = st.sampled_from(
    [
        "jabber:client",
        "jabber:iq:roster",
        "jabber:iq:privacy",
        "urn:xmpp:receipts",
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#admin",
        "http://jabber.org/protocol/muc#owner",
        "urn:ietf:params:xml:ns:xmpp-bind",
        "urn:ietf:params:xml:ns:xmpp-framing",
        "easemob:x:roomtype",
    ]
)
keys = st.sampled_from(["to", "from", "type", "id", "jid", "affiliation", "subscription", "name"])
values = st.sampled_from(
    ["get", "set", "result", "chat", "groupchat", "chatroom", "unavailable", "subscribe", "1", "",
     "demo#app_ann@easemob.com", "demo#app_1@conference.easemob.com/bob", "none", "outcast", "&lt;",
     "conference.easemob.com", "remove", "9" * 30]
)  # fmt: skip
attributes = st.dictionaries(keys, values, max_size=4)


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def build(name: str, space: str, attrs: dict[str, str], inside: str) -> str:
        listed = "".join(f" {key}='{value}'" for key, value in attrs.items())
        return f"<{name} xmlns='{space}'{listed}>{inside}</{name}>"

    return st.builds(build, names, spaces, attributes, inner)


texts = st.sampled_from(["", "x", "{}", '{"bodies":[{}]}', '{"bodies":[{"type":"txt"}]}', "[1]"])
stanzas = st.recursive(texts, element, max_leaves=4)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([frame for frame, _ in COMMANDS.values()]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.text(max_size=3)), max_size=3),
)
def test_no_broken_vector_breaks_a_session(
    frame: str, changes: list[tuple[float, int, str]]
) -> None:
    """Real stanzas with pieces taken out and others put in: a command, an answer or the end."""
    for place, length, put in changes:
        at = int(place * len(frame))
        frame = frame[:at] + put + frame[at + length :]
    for session in (opened(), available()):
        for output in session.receive(frame, 0.0):
            if isinstance(output, Send):
                ET.fromstring(str(output.frame))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(stanzas | st.text(max_size=30) | st.sampled_from([OPEN, auth(), bind()]), max_size=4)
)
def test_no_frame_breaks_a_session(frames: list[str]) -> None:
    for session in (XmppSession(lambda: 0), opened(), available()):
        for frame in frames:
            for output in session.receive(frame, 0.0):
                if isinstance(output, Send):
                    assert str(output.frame).startswith("<")
