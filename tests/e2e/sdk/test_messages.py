"""Two users of a real SDK write to each other."""

import asyncio
from typing import Any

import pytest

from tests.e2e.sdk.clients import Refused

pytestmark = pytest.mark.e2e

EXT = {"k": "v", "n": 1, "deep": {"a": [1, None]}, "yes": True, "f": 1.5}


def text_of(sdk, got):
    return got["data"] if sdk.old else got["msg"]


async def test_a_text_arrives_with_its_ext(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    message_id = await alice.send_text(two, "你好", ext=EXT)
    got = await bob.expect("onTextMessage", {"id": message_id})
    assert text_of(bob, got) == "你好"
    assert got["from"] == one
    assert got["ext"] == EXT


PLACE = {"lat": 39.9, "lng": 116.4, "addr": "Beijing"}
TYPES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("loc", PLACE, "onLocationMessage", {"addr": "Beijing"}),
    ("cmd", {"action": "go"}, "onCmdMessage", {"action": "go"}),
    (
        "custom",
        {"customEvent": "gift", "customExts": {"n": "1"}},
        "onCustomMessage",
        {"customEvent": "gift"},
    ),
    (  # more than a backend may say (rest.md 1.8)
        "custom",
        {"customEvent": "订单 已支付", "customExts": {str(n): "x" for n in range(20)}},
        "onCustomMessage",
        {"customEvent": "订单 已支付"},
    ),
]


async def test_every_type_without_a_file_arrives_both_ways(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    for sender, receiver in ((alice, bob), (bob, alice)):
        for kind, fields, event, shown in TYPES:
            kind = "location" if sender.old and kind == "loc" else kind
            await sender.send(kind, receiver.user, ext=EXT, **fields)
            got = await receiver.expect(event, shown)
            assert got["from"] == sender.user
            assert got["ext"] == EXT


async def test_who_was_away_gets_everything_once_and_in_order(online, started, names):
    one, two = names(2)
    alice = await online(one)
    for n in range(50):
        await alice.send_text(two, str(n))
    bob = await online(two)
    for n in range(50):
        assert text_of(bob, await bob.expect("onTextMessage")) == str(n)
    await bob.close()
    await alice.send_text(two, "50")
    again = await online(two)
    assert text_of(again, await again.expect("onTextMessage")) == "50"
    await alice.send_text(two, "51")
    assert text_of(again, await again.expect("onTextMessage")) == "51"


async def test_a_thousand_messages_arrive_in_order(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    sends = [alice.start_send("txt", two, msg=str(n)) for n in range(300)]
    await asyncio.gather(*sends)
    for n in range(300):
        assert text_of(bob, await bob.expect("onTextMessage")) == str(n)


async def test_receipts_reach_the_sender(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    message_id = await alice.send_text(two, "hi")
    await bob.expect("onTextMessage", {"id": message_id})
    bob.start_send("delivery", one, id=message_id, ackId=message_id, mid=message_id)
    await alice.expect("onDeliveredMessage", {"mid": message_id})
    bob.start_send("read", one, id=message_id)
    await alice.expect("onReadMessage", {"mid": message_id})
    bob.start_send("channel", one)
    got = await alice.expect("onChannelMessage")
    assert got["from"] == two


async def test_a_recalled_message_is_taken_back(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    message_id = await alice.send_text(two, "oops")
    await bob.expect("onTextMessage", {"id": message_id})
    asked = {"mid": message_id, "to": two, "chatType": "singleChat"}
    if alice.old:
        await alice.call_back("recallMessage", asked | {"type": "chat"})
    else:
        await alice.call("recallMessage", asked)
    got = await bob.expect("onRecallMessage", {"mid": message_id})
    assert got["from"] == one


async def test_a_blocked_sender_is_refused(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    if bob.old:
        await bob.call("addToBlackList", {"name": [one]})
    else:
        await bob.call("addUsersToBlocklist", {"name": [one]})
    assert await refusal_of(alice, two) == 603


async def refusal_of(sender, to):
    """The type with which a text is refused; 3.x tells nobody when a block is done."""
    async with asyncio.timeout(10):
        while True:
            try:
                await sender.send_text(to, "hi")
            except Refused as refused:
                return refused.type


async def test_a_second_device_of_the_sender_gets_a_copy(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    desk = await online(one, deviceId="desk")
    message_id = await alice.send_text(two, "hi")
    await bob.expect("onTextMessage", {"id": message_id})
    got = await desk.expect("onTextMessage", {"id": message_id})
    assert got["from"] == one
    assert got["to"] == two


async def test_a_cut_connection_loses_nothing(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two, deviceId="fixed")
    for n in range(60):
        await alice.send_text(two, str(n))
        if n in (10, 30):
            await bob.cut()
    seen: list[int] = []
    while len(seen) < 60:
        got = await bob.expect("onTextMessage")
        seen.append(int(text_of(bob, got)))
    assert seen == list(range(60))
