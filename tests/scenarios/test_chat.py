"""Two people write to each other: online, away, on two devices, over a lost connection.

Over every pair of wires. What the native wire alone says of it is in native/test_frames.
"""

import asyncio

import pytest

from tests.scenarios.devices.device import Lost, Refused, group, user
from tests.scenarios.pairs import on_covering_pairs, on_each_wire

pytestmark = pytest.mark.e2e

EXT = {"n": 1, "deep": {"list": [1, None, "好"]}}
BODIES = [
    {"type": "txt", "msg": '你好 <b> & "quotes" \\ \u2028'},
    {
        "type": "img",
        "url": "http://x/chatfiles/1",
        "secret": "s",
        "size": {"width": 1, "height": 2},
    },
    {"type": "audio", "url": "http://x/chatfiles/2", "length": 3, "filename": "a.amr"},
    {"type": "video", "url": "http://x/chatfiles/3", "length": 3, "thumb": "http://x/t"},
    {"type": "file", "url": "http://x/chatfiles/4", "filename": "a.pdf", "file_length": 5},
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
UNKNOWN = {"type": "something-new", "kept": {"whole": True}}
SHOWN_UNKNOWN = {
    "native": UNKNOWN,
    "xmpp": UNKNOWN,
    "msync": {"type": "custom", "customEvent": "something-new"},  # msync.md 5.1: eight kinds
}


async def test_a_message_arrives_as_it_was_sent(cast):
    demo1, demo2 = await cast(2)
    sent = await demo1.write(demo2.user, "你好", ext=EXT, key="c1")
    message = await demo2.hear({})
    expected = {
        "id": sent["id"],
        "conversation": user(demo1.user),
        "from": demo1.user,
        "to": user(demo2.user),
        "body": {"type": "txt", "msg": "你好"},
        "ext": EXT,
    }
    assert {key: message[key] for key in expected} == expected
    if "time" in sent and "time" in message:
        assert message["time"] == sent["time"]
    await demo1.silent()
    await demo2.silent()


async def test_every_type_of_body_arrives_unchanged_with_its_ext(cast):
    demo1, demo2 = await cast(2)
    sent = [await demo1.send(user(demo2.user), body, ext=EXT) for body in BODIES]
    for body, ack in zip(BODIES, sent, strict=True):
        message = await demo2.hear({})
        assert (message["id"], message["from"]) == (ack["id"], demo1.user)
        assert (message["body"], message["ext"]) == (body, EXT)
        assert message["to"] == user(demo2.user)
    await demo1.quiet()


async def test_a_body_that_nobody_knows_yet_arrives_too(stage):
    stage.needs("unknown body", stage.wires[0])
    demo1, demo2 = await stage.cast(2)
    await demo1.send(user(demo2.user), UNKNOWN)
    assert (await demo2.hear({}))["body"] == SHOWN_UNKNOWN[demo2.wire]


@on_covering_pairs
async def test_a_thousand_messages_arrive_in_order(cast):
    demo1, demo2 = await cast(2)
    acks = await asyncio.gather(*[demo1.start(user(demo2.user), str(n)) for n in range(1000)])
    ids = [int(ack["id"]) for ack in acks]
    assert ids == sorted(set(ids))
    await demo2.hears(*[str(n) for n in range(1000)])


async def test_who_was_away_gets_each_message_once_and_in_order(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    for n in range(5):
        await demo1.write(name2, str(n))
    demo2 = await stage.online(name2)
    missed = await demo2.missed()
    assert [message["body"]["msg"] for message in missed] == ["0", "1", "2", "3", "4"]
    await demo2.confirm(missed[-1])
    await demo2.restart()
    assert await demo2.missed() == []


async def test_what_was_not_acknowledged_is_read_again_after_a_lost_connection(stage):
    name1, name2 = stage.people.take(2)
    demo1, demo2 = await stage.online(name1), await stage.online(name2)
    await demo1.write(name2, "one")
    await demo2.confirm(await demo2.hear({}))
    demo2.stop_confirming()
    await demo1.write(name2, "two")
    await demo2.hear({})
    await demo2.drop()
    await demo1.write(name2, "three")
    await demo2.restart()
    assert [message["body"]["msg"] for message in await demo2.missed()] == ["two", "three"]


async def test_a_lost_connection_in_the_middle_of_100_sends_stores_each_once_in_order(stage):
    name1, name2 = stage.people.take(2)
    demo1, demo2 = await stage.online(name1), await stage.online(name2)

    def send(n):
        return demo1.start(user(name2), str(n), key=f"c{n}")

    sends = [send(n) for n in range(50)]
    await sends[30]
    sends += [send(n) for n in range(50, 100)]  # the socket goes in the same turn: none is answered
    await demo1.drop()
    acked = await asyncio.gather(*sends, return_exceptions=True)
    lost = [n for n, answer in enumerate(acked) if isinstance(answer, Lost)]
    assert lost
    await demo1.connect()
    assert all(answer["id"] for answer in await asyncio.gather(*[send(n) for n in lost]))
    await demo2.hears(*[str(n) for n in range(100)])
    await demo2.quiet()
    texts = await demo1.history_texts(user(name2), page=50)
    assert texts == [str(n) for n in reversed(range(100))]


async def test_a_retry_of_a_stored_message_gets_its_id_and_arrives_once(cast):
    demo1, demo2 = await cast(2)
    first = await demo1.write(demo2.user, "once", key="same")
    second = await demo1.write(demo2.user, "once", key="same")
    assert second["id"] == first["id"]
    await demo2.hears("once")
    await demo2.silent()


async def test_one_s_other_device_sees_what_one_sends_but_the_sending_one_gets_no_echo(stage):
    name1, name2 = stage.people.take(2)
    phone, tablet = await stage.online(name1, "phone"), await stage.online(name1, "tablet")
    peer = await stage.online(name2)
    await phone.write(name2, "hi")
    copy = await tablet.hear({})
    assert (copy["from"], copy["to"]) == (name1, user(name2))
    assert copy["conversation"] == user(name2)
    await peer.hears("hi")
    await phone.silent()


async def test_history_pages_back_to_the_first_message(cast):
    demo1, demo2 = await cast(2)
    await asyncio.gather(*[demo1.start(user(demo2.user), str(n)) for n in range(25)])
    texts = await demo2.history_texts(user(demo1.user), page=10)
    assert texts == [str(n) for n in reversed(range(25))]


async def test_receipts_reach_the_sender_and_move_the_unread_count(cast):
    demo1, demo2 = await cast(2)
    for n in range(3):
        await demo1.write(demo2.user, str(n))
    came = await demo2.hears("0", "1", "2")
    for message in came:
        await demo2.delivered(message)
        await demo1.receipt("delivered", demo2.user, message["id"])
    assert await demo2.conversations() == [(demo1.user, 3, "2")]
    for message in came:
        await demo2.read(message)
        await demo1.receipt("read", demo2.user, message["id"])
    assert await demo2.conversations() == [(demo1.user, 0, "2")]


async def test_the_conversation_list_shows_the_last_message_and_the_unread_count(cast):
    demo1, demo2, demo3 = await cast(3)
    await demo1.write(demo3.user, "first")
    await demo2.write(demo3.user, "second")
    await demo3.hears("first", "second")
    assert await demo3.conversations() == [(demo2.user, 1, "second"), (demo1.user, 1, "first")]
    assert await demo1.conversations() == [(demo3.user, 0, "first")]


async def test_a_recall_is_told_and_history_shows_it(stage, cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    await demo2.told("group", "members_added", g, demo2.user)
    for to in (user(demo2.user), group(g)):
        await demo1.write(to, "stays")
        sent = await demo1.write(to, "oops")
        _, message = await demo2.hears("stays", "oops")
        await stage.recall(demo1, sent["id"], to)
        await demo2.sees_recall(message, by=demo1.user)
        assert await demo2.history_texts(message["conversation"]) == ["stays"]
    await demo2.quiet()


async def test_only_one_s_own_message_can_be_recalled(stage):
    stage.needs("recall", stage.wires[1])
    demo1, demo2 = await stage.cast(2)
    sent = await demo1.write(demo2.user, "mine")
    await demo2.hears("mine")
    with pytest.raises(Refused):
        await demo2.recall(sent["id"], user(demo1.user))
    await demo1.silent()
    assert await demo2.history_texts(user(demo1.user)) == ["mine"]


async def test_an_edit_reaches_whoever_has_the_message_and_history_shows_it(stage, cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    await demo2.told("group", "members_added", g, demo2.user)
    for to in (user(demo2.user), group(g)):
        sent = await demo1.write(to, "helo")
        [message] = await demo2.hears("helo")
        body = {"type": "txt", "msg": "hello"}
        await stage.edit(demo1, sent["id"], to, body)
        await demo2.sees_edit(message, by=demo1.user, body=body)
        assert await demo2.history_texts(message["conversation"]) == ["hello"]
    await demo2.quiet()


async def test_typing_is_stored_nowhere_and_disturbs_nobody(stage):
    """That the native wire shows it is in native/test_frames: no other wire knows it."""
    stage.needs("type", stage.wires[0])
    demo1, demo2 = await stage.cast(2)
    await demo1.type(user(demo2.user))
    if demo2.wire == "native":
        seen = await demo2.client.expect("typing", {"user": demo1.user})
        assert seen["conversation"] == user(demo1.user)
    await demo2.silent()
    assert await demo2.history(user(demo1.user)) == []
    await demo2.restart()
    await demo2.silent()


async def test_an_online_only_message_is_not_kept_for_who_is_away(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    await stage.write_online_only(demo1, name2, "now or never")
    demo2 = await stage.online(name2)
    assert await demo2.missed() == []
    await stage.write_online_only(demo1, name2, "seen")
    [message] = await demo2.hears("seen")
    assert message["from"] == name1


async def test_a_command_message_counts_neither_as_unread_nor_as_last(cast):
    demo1, demo2 = await cast(2)
    await demo1.write(demo2.user, "text")
    await demo1.send(user(demo2.user), {"type": "cmd", "action": "refresh"})
    await demo2.hear({"message.body.type": "cmd"})
    assert await demo2.conversations() == [(demo1.user, 1, "text")]


@on_each_wire
async def test_a_message_to_a_name_nobody_has_is_accepted(cast):
    """As the vendor does (rest.md 3.6.1): names are not tried out by sending to them."""
    [demo1] = await cast(1)
    assert (await demo1.write("nobody-at-all", "hello?"))["id"]
