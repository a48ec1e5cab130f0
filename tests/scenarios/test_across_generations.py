"""What clients of every generation say to each other: every pair of wires, both ways.

The other scenarios use what only the native wire has (history, unread counts, requests of every
kind); here is what all wires have. What the first generation cannot show runs without it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
Client = NativeClient | XmppClient | MsyncClient
WIRES = ("native", "xmpp", "msync")
PAIRS = [(one, other) for one in WIRES for other in WIRES]
LATER = [pair for pair in PAIRS if "xmpp" not in pair]
# The native wire has no request for it.
EDITING = [pair for pair in LATER if pair[0] == "msync"]


def pair_id(pair: tuple[str, str]) -> str:
    return "-".join(pair)


later_wires = pytest.mark.parametrize("wires", LATER, ids=pair_id, indirect=True)

BODIES: list[Json] = [
    {"type": "txt", "msg": '你好 <b> & "quotes" \\ \u2028'},
    {"type": "img", "url": "http://x/1", "secret": "s", "size": {"width": 1, "height": 2}},
    {"type": "audio", "url": "http://x/2", "length": 3, "filename": "a.amr"},
    {"type": "video", "url": "http://x/3", "length": 3, "thumb": "http://x/t"},
    {"type": "file", "url": "http://x/4", "filename": "a.pdf", "file_length": 5},
    {"type": "loc", "lat": 39.9, "lng": 116.4, "addr": "Beijing"},
    {"type": "cmd", "action": "go"},
    {"type": "custom", "customEvent": "gift", "customExts": {"n": "1"}},
    # Beyond what a backend may say (rest.md 1.8).
    {
        "type": "custom",
        "customEvent": "订单 已支付，请确认收货地址与发票信息之后，再点击下方的按钮 v2",
        "customExts": {str(n): "x" for n in range(20)},
    },
]


def make(wire: str, server: Server, user: str) -> Client:
    if wire == "native":
        return NativeClient(f"{server.ws_url}/ws/native/", APPKEY, user, password=PASSWORD)
    if wire == "msync":
        return MsyncClient(f"{server.ws_url}/websocket", APPKEY, user, password=PASSWORD)
    return XmppClient(f"{server.ws_url}/ws/", APPKEY, user, password=PASSWORD)


@pytest.fixture(params=PAIRS, ids=pair_id)
def wires(request: pytest.FixtureRequest) -> tuple[str, str]:
    pair: tuple[str, str] = request.param
    return pair


Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
async def online(server: Server, people: People, wires: tuple[str, str]) -> AsyncIterator[Connect]:
    """Connect the first or the other user: online(0), online(1, name)."""
    made: list[Client] = []

    async def connect(which: int, user: str = "") -> Client:
        client = make(wires[which], server, user or people.take(1)[0])
        made.append(client)
        await client.connect()
        return client

    yield connect
    for client in made:
        await client.close()


async def join(client: Client, room: str) -> None:
    if isinstance(client, NativeClient):
        await client.room("join", room)
    else:
        await client.join(room)


async def quiet(client: Client) -> None:
    await client.ping()
    assert [event for event in client.events if event["ev"] == "message"] == []


async def missed(client: Client) -> list[Json]:
    """The messages that came while the user was away."""
    if isinstance(client, NativeClient):
        return [e["message"] for e in await client.sync() if e["ev"] == "message"]
    return [event["message"] for event in client.events if event["ev"] == "message"]


async def test_every_body_arrives_unchanged_with_its_ext(online: Connect) -> None:
    one, two = await online(0), await online(1)
    ext = {"n": 1, "deep": {"list": [1, None, "好"]}}
    for body in BODIES:
        sent = await one.send({"type": "user", "id": two.user}, body, ext=ext)
        message = (await two.expect("message"))["message"]
        assert (message["id"], message["from"]) == (sent["id"], one.user)
        assert (message["body"], message["ext"]) == (body, ext)
        assert message["to"] == {"type": "user", "id": two.user}
    await quiet(one)


async def test_who_was_away_gets_each_message_once_in_order(
    online: Connect, people: People
) -> None:
    one, [away] = await online(0), people.take(1)
    for n in range(5):
        await one.send_text(away, str(n))
    two = await online(1, away)
    assert [m["body"]["msg"] for m in await missed(two)] == ["0", "1", "2", "3", "4"]


async def test_group_is_heard_by_its_members(
    online: Connect, server: Server, people: People
) -> None:
    one, two = await online(0), await online(1)
    owner = NativeClient(f"{server.ws_url}/ws/native/", APPKEY, "keeper", password=PASSWORD)
    await owner.connect()
    group = {"type": "group", "id": await owner.create_group("qa", [one.user, two.user])}
    await one.send_text(group, "hello")
    message = (await two.expect("message"))["message"]
    assert (message["to"], message["from"]) == (group, one.user)
    await owner.group("remove", group["id"], usernames=[two.user])
    await owner.ping()
    await one.send_text(group, "gone?")
    await quiet(two)
    with pytest.raises(Refused):
        await two.send_text(group, "let me")
    await owner.close()


async def test_chatroom_is_heard_while_one_is_in_it(online: Connect, people: People) -> None:
    room = people.take_room()
    one, two = await online(0), await online(1)
    await join(one, room)
    await join(two, room)
    target = {"type": "chatroom", "id": room}
    await one.send_text(target, "hello")
    assert (await two.expect("message"))["message"]["to"] == target
    await quiet(one)


async def test_friends_are_made_and_parted(online: Connect) -> None:
    one, two = await online(0), await online(1)
    await one.add_contact(two.user, "it is me")
    if not isinstance(two, XmppClient):
        asked = await two.expect("roster", {"kind": "request", "user": one.user})
        assert asked["message"] == "it is me"
    else:
        seen = await two.expect("presence", {"type": "subscribe", "user": one.user})
        assert seen["status"] == "it is me"
    await two.accept_contact(one.user)
    if not isinstance(one, XmppClient):
        await one.expect("roster", {"kind": "added", "user": two.user})
    else:
        await one.expect("presence", {"type": "subscribed", "user": two.user})
    for client, other in ((one, two), (two, one)):
        assert [item["user"] for item in await client.roster()] == [other.user]
    await one.remove_contact(two.user)
    if not isinstance(two, XmppClient):
        await two.expect("roster", {"kind": "removed", "user": one.user})
    else:
        await two.expect("presence", {"type": "unsubscribe", "user": one.user})
    assert await two.roster() == []


async def test_read_receipt_reaches_the_author(online: Connect) -> None:
    one, two = await online(0), await online(1)
    sent = await one.send_text(two.user, "hi")
    await two.expect("message")
    await two.read(one.user, sent["id"])
    receipt = await one.expect("receipt", {"kind": "read"})
    assert (receipt["by"], receipt["up_to"]) == (two.user, sent["id"])


@later_wires
async def test_delivery_receipt_reaches_the_author(online: Connect) -> None:
    one, two = await online(0), await online(1)
    assert not isinstance(one, XmppClient)
    assert not isinstance(two, XmppClient)
    sent = await one.send_text(two.user, "hi")
    await two.expect("message")
    await two.delivered(one.user, sent["id"])
    receipt = await one.expect("receipt", {"kind": "delivered"})
    assert (receipt["by"], receipt["up_to"]) == (two.user, sent["id"])


async def take_back(client: NativeClient | MsyncClient, message_id: str, to: Json) -> None:
    if isinstance(client, NativeClient):
        await client.recall(message_id)
    else:
        await client.recall(message_id, to)


@pytest.mark.parametrize("wires", EDITING, ids=pair_id, indirect=True)
async def test_edit_reaches_whoever_has_the_message(online: Connect) -> None:
    one, two = await online(0), await online(1)
    assert isinstance(one, MsyncClient)
    for to in await both_places(one, two):
        sent = await one.send_text(to, "helo")
        await two.expect("message", {"id": sent["id"]})
        body = {"type": "txt", "msg": "hello"}
        await one.edit(sent["id"], to, body)
        edited = await two.expect("edited", {"message_id": sent["id"]})
        assert (edited["body"], edited["by"]) == (body, one.user)
    await quiet(two)


@later_wires
async def test_recall_reaches_whoever_has_the_message(online: Connect) -> None:
    one, two = await online(0), await online(1)
    assert not isinstance(one, XmppClient)
    for to in await both_places(one, two):
        sent = await one.send_text(to, "oops")
        await two.expect("message", {"id": sent["id"]})
        await take_back(one, sent["id"], to)
        await two.expect("recalled", {"message_id": sent["id"], "by": one.user})
    await quiet(two)


async def both_places(one: NativeClient | MsyncClient, two: Client) -> list[Json]:
    """The other user, and a group of both."""
    group = await one.create_group("qa", [two.user])
    return [{"type": "user", "id": two.user}, {"type": "group", "id": group}]


@later_wires
async def test_only_the_author_can_take_a_message_back(online: Connect) -> None:
    one, two = await online(0), await online(1)
    assert not isinstance(two, XmppClient)
    sent = await one.send_text(two.user, "mine")
    await two.expect("message")
    with pytest.raises(Refused):
        await take_back(two, sent["id"], {"type": "user", "id": one.user})
    await quiet(one)
