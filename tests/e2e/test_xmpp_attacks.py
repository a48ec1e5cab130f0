"""Hostile lines to the XMPP wire of a real server: each is told why and closed; nobody else is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chat.wire.xmpp.errors import stream_error
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, PASSWORD, make_people
from tests.e2e.raw_xmpp import BINARY, CONTINUED, OPEN, TEXT, Line
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

CLIENT = "xmlns='jabber:client'"
TO = f"{APPKEY}_u1@easemob.com"
LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol0 'lol'>"
    + "".join(f"<!ENTITY lol{n} '{f'&lol{n - 1};' * 10}'>" for n in range(1, 10))
    + f"]><message {CLIENT} to='{TO}'><body>&lol9;</body></message>"
)
MEBIBYTE = 2**20

# What is sent, and the condition of the stream error that it is answered with.
ATTACKS: dict[str, tuple[str, str]] = {
    "billion laughs": (LAUGHS, "restricted-xml"),
    "document type": ("<!DOCTYPE m SYSTEM 'file:///etc/passwd'><m/>", "restricted-xml"),
    "deep nesting": ("<a>" * 20_000, "policy-violation"),
    "many elements": (f"<message {CLIENT}>{'<a/>' * 10_000}</message>", "policy-violation"),
    "half a tag": (f"<message {CLIENT} to='{TO}", "not-well-formed"),
    "tag without an end": (f"<message {CLIENT} to='{TO}'><body>", "not-well-formed"),
    "end without a tag": ("</message>", "not-well-formed"),
    "two stanzas": (f"<presence {CLIENT}/><presence {CLIENT}/>", "not-well-formed"),
    "other namespace": ("<message xmlns='jabber:server'><body/></message>", "invalid-namespace"),
    "stream without framing": (
        "<open xmlns='jabber:client' to='easemob.com' version='1.0'/>",
        "invalid-namespace",
    ),
}


STREAM = "xmlns:stream='http://etherx.jabber.org/streams'"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("attacked") / "data")
    make_people(server, users=3 + len(ATTACKS), rooms=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def others(attacked: Server) -> AsyncIterator[tuple[XmppClient, XmppClient]]:
    """Two who talk to each other all the while."""
    made = [
        XmppClient(f"{attacked.ws_url}/ws/", APPKEY, user, password=PASSWORD)
        for user in ("u1", "u2")
    ]
    for client in made:
        await client.connect()
    yield made[0], made[1]
    for client in made:
        await client.close()


def told_of_bytes(server: Server) -> list[str]:
    """What is said to text that is none: without the lane the WebSocket library ends the socket
    before we see it (RFC 6455, 8.1)."""
    return [] if server.kind in {"daphne", "uvicorn"} else [stream_error("unsupported-encoding")]


async def untouched(one: XmppClient, two: XmppClient) -> None:
    sent = await one.send_text("u2", "still here?")
    await two.expect("message", {"id": sent["id"]})


async def attack(server: Server, frame: str, user: str = "") -> list[str]:
    """As a stranger, or logged in as a user; what the server says to it up to its close."""
    line = await Line.open(server.port)
    if user:
        await line.log_in(user)
    else:
        line.put(OPEN)
        while "features" not in (await line.frame() or "features"):
            pass
    line.put(frame)
    return await line.said()


@pytest.mark.parametrize("logged_in", [False, True], ids=["stranger", "user"])
async def test_attacker_is_told_and_closed_and_others_go_on(
    attacked: Server, others: tuple[XmppClient, XmppClient], logged_in: bool
) -> None:
    heard = await asyncio.gather(
        *(
            attack(attacked, frame, f"u{number}" if logged_in else "")
            for number, (frame, _) in enumerate(ATTACKS.values(), start=3)
        )
    )
    for (name, (_, condition)), [said] in zip(ATTACKS.items(), heard, strict=True):
        assert said.startswith(f"<stream:error {STREAM}><{condition} "), name
    await untouched(*others)


async def test_message_of_1_mib_is_refused_and_one_above_it_closes(
    attacked: Server, others: tuple[XmppClient, XmppClient]
) -> None:
    head, tail = f"<message {CLIENT} type='chat' id='big' to='{TO}'><body>", "</body></message>"
    said = '{"bodies":[{"type":"txt","msg":"%s"}]}'.replace('"', "&quot;")
    room = MEBIBYTE - len(head) - len(said) + 2 - len(tail)
    stanza = head + said % ("x" * room) + tail
    assert len(stanza) == MEBIBYTE
    line = await Line.open(attacked.port)
    await line.log_in("u0")
    line.put(stanza)
    assert "message too large" in (await line.frame() or "")
    line.put(stanza + " ")
    assert await line.said() == [stream_error("policy-violation")]
    stranger = await Line.open(attacked.port)
    stranger.put(stanza)
    [error] = await stranger.said()
    assert f"<stream:error {STREAM}><policy-violation " in error
    await untouched(*others)


async def test_text_that_is_not_utf_8_ends_the_socket(
    attacked: Server, others: tuple[XmppClient, XmppClient]
) -> None:
    for logged_in in (False, True):
        line = await Line.open(attacked.port)
        if logged_in:
            await line.log_in("u0")
        line.put(b"<message xmlns='jabber:client'><body>\xff\xfe\xc3(</body></message>")
        assert await line.said() == told_of_bytes(attacked)
    await untouched(*others)


async def test_binary_frame_is_a_stream_error(attacked: Server) -> None:
    line = await Line.open(attacked.port)
    line.put(b"\x00\x01", BINARY)
    [error] = await line.said()
    assert "<unsupported-encoding " in error


async def test_stanza_in_pieces_is_whole_and_a_lost_half_is_nothing(
    attacked: Server, others: tuple[XmppClient, XmppClient]
) -> None:
    """RFC 6455 lets a text frame come in fragments; a line may end in the middle of one."""
    _one, two = others
    body = (
        "{&quot;bodies&quot;:[{&quot;type&quot;:&quot;txt&quot;,&quot;msg&quot;:&quot;hi&quot;}]}"
    )
    stanza = (
        f"<message {CLIENT} type='chat' id='p1' to='{APPKEY}_u2@easemob.com'>"
        f"<body>{body}</body></message>"
    )
    line = await Line.open(attacked.port)
    await line.log_in("u0")
    line.put(stanza[:40], TEXT, last=False)
    line.put(stanza[40:90], CONTINUED, last=False)
    line.put(stanza[90:], CONTINUED)
    assert (await two.expect("message"))["message"]["body"]["msg"] == "hi"
    assert "<received " in (await line.frame() or "")
    line.put(stanza.replace("p1", "p2")[:90], TEXT, last=False)
    line.drop()
    await untouched(*others)
    assert [event for event in two.events if event["ev"] == "message"] == []


def resident_kb(server: Server) -> int:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1])


async def test_memory_is_given_back(
    attacked: Server, others: tuple[XmppClient, XmppClient]
) -> None:
    async def storm() -> None:
        frames = [frame for frame, _ in ATTACKS.values()] * 6
        await asyncio.gather(*(attack(attacked, frame) for frame in frames))

    await storm()
    before = resident_kb(attacked)
    for _ in range(2):
        await storm()
    assert resident_kb(attacked) - before < 16 * 1024
    await untouched(*others)
