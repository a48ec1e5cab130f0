"""Two people write to each other: online, away, on two devices, over a lost connection."""

import asyncio
from typing import Any

import pytest

from imadmin.testclient.native import Lost, Refused

pytestmark = pytest.mark.e2e


async def test_a_message_arrives_as_it_was_sent(cast):
    demo1, demo2 = await cast(2)
    sent = await demo1.send_text(demo2.user, "你好", ext={"k": [1, {"a": None}]}, id="c1")
    event = await demo2.expect("message")
    assert event["message"] == {
        "id": sent["id"],
        "conversation": {"type": "user", "id": demo1.user},
        "from": demo1.user,
        "to": {"type": "user", "id": demo2.user},
        "body": {"type": "txt", "msg": "你好"},
        "ext": {"k": [1, {"a": None}]},
        "time": sent["time"],
        "client_id": "c1",
    }
    await demo1.expect_silence()


BODIES = [
    {
        "type": "img",
        "url": "http://x/chatfiles/1",
        "secret": "s",
        "size": {"width": 1, "height": 2},
    },
    {"type": "audio", "url": "http://x/chatfiles/2", "length": 3},
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
    {"type": "something-new", "kept": {"whole": True}},
]


async def test_every_type_of_body_arrives_unchanged(cast):
    demo1, demo2 = await cast(2)
    for body in BODIES:
        await demo1.send({"type": "user", "id": demo2.user}, body)
    for body in BODIES:
        assert (await demo2.expect("message"))["message"]["body"] == body


async def test_a_thousand_messages_arrive_in_order(cast):
    demo1, demo2 = await cast(2)
    to = {"type": "user", "id": demo2.user}
    sends = [demo1.start("send", to=to, body={"type": "txt", "msg": str(n)}) for n in range(1000)]
    acks = await asyncio.gather(*sends)
    ids = [int(ack["id"]) for ack in acks]
    assert ids == sorted(set(ids))
    await demo2.expect_texts([str(n) for n in range(1000)])


async def test_who_was_away_gets_each_message_once_and_in_order(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    for n in range(5):
        await demo1.send_text(name2, str(n))
    demo2 = await stage.online(name2)
    assert demo2.logged_in["unread"] == 5
    events = await demo2.sync()
    texts = [event["message"]["body"]["msg"] for event in events if event["ev"] == "message"]
    assert texts == ["0", "1", "2", "3", "4"]
    await demo2.delivered(name1, events[-1]["id"])
    assert await demo2.sync() == []
    await demo2.close()
    again = await stage.online(name2, device=demo2.device)
    assert await again.sync() == []


async def test_what_was_not_acknowledged_is_read_again_after_a_lost_connection(stage):
    name1, name2 = stage.people.take(2)
    demo1, demo2 = await stage.online(name1), await stage.online(name2)
    first = await demo1.send_text(name2, "one")
    await demo2.expect("message")
    await demo2.delivered(name1, first["id"])
    await demo1.send_text(name2, "two")
    await demo2.expect("message")
    await demo2.drop()
    await demo1.send_text(name2, "three")
    await demo2.reconnect()
    texts = [event["message"]["body"]["msg"] for event in await demo2.sync()]
    assert texts == ["two", "three"]


async def test_a_lost_connection_in_the_middle_of_100_sends_stores_each_once_in_order(stage):
    name1, name2 = stage.people.take(2)
    demo1, demo2 = await stage.online(name1), await stage.online(name2)
    to = {"type": "user", "id": name2}

    def send(n: int) -> Any:
        return demo1.start("send", to=to, body={"type": "txt", "msg": str(n)}, id=f"c{n}")

    sends = [send(n) for n in range(50)]
    await sends[30]
    sends += [send(n) for n in range(50, 100)]  # the socket goes in the same turn: none is answered
    await demo1.drop()
    acked = await asyncio.gather(*sends, return_exceptions=True)
    assert any(isinstance(answer, Lost) for answer in acked)
    await demo1.reconnect()
    lost = [n for n, answer in enumerate(acked) if isinstance(answer, Lost)]
    again = await asyncio.gather(*(send(n) for n in lost))
    assert all(answer["ok"] for answer in again)
    await demo2.expect_texts([str(n) for n in range(100)])
    await demo2.expect_silence()
    page = await demo1.history(name2, limit=100)
    assert [m["body"]["msg"] for m in page["messages"]] == [str(n) for n in reversed(range(100))]
    assert page["end"] is True


async def test_a_retry_of_a_stored_message_gets_its_id_and_arrives_once(cast):
    demo1, demo2 = await cast(2)
    first = await demo1.send_text(demo2.user, "once", id="same")
    second = await demo1.send_text(demo2.user, "once", id="same")
    assert second["id"] == first["id"]
    await demo2.expect("message")
    await demo2.expect_silence()


async def test_one_s_other_device_sees_what_one_sends_but_the_sending_one_gets_no_echo(stage):
    name1, name2 = stage.people.take(2)
    phone, tablet = await stage.online(name1, "phone"), await stage.online(name1, "tablet")
    peer = await stage.online(name2)
    await phone.send_text(name2, "hi")
    copy = await tablet.expect("message")
    assert copy["conversation"] == {"type": "user", "id": name2}
    await peer.expect("message")
    await phone.expect_silence()


async def test_history_pages_back_to_the_first_message(cast):
    demo1, demo2 = await cast(2)
    for n in range(25):
        await demo1.send_text(demo2.user, str(n))
    seen, before = [], "-1"
    while True:
        page = await demo2.history(demo1.user, before)
        seen += [message["body"]["msg"] for message in page["messages"]]
        assert page["total"] == 25
        if page["end"]:
            break
        before = page["messages"][-1]["id"]
    assert seen == [str(n) for n in reversed(range(25))]


async def test_receipts_reach_the_sender_and_move_the_unread_count(cast):
    demo1, demo2 = await cast(2)
    for n in range(3):
        await demo1.send_text(demo2.user, str(n))
    last = [(await demo2.expect("message"))["id"] for _ in range(3)][-1]
    assert await demo2.delivered(demo1.user, last) == 3
    receipt = await demo1.expect("receipt", {"kind": "delivered"})
    assert (receipt["by"], receipt["up_to"]) == (demo2.user, last)
    assert await demo2.read(demo1.user, last) == 0
    receipt = await demo1.expect("receipt", {"kind": "read"})
    assert receipt["conversation"] == {"type": "user", "id": demo2.user}
    [conversation] = await demo1.conversations()
    assert conversation["peer_read_up_to"] == last


async def test_the_conversation_list_shows_the_last_message_and_the_unread_count(cast):
    demo1, demo2, demo3 = await cast(3)
    await demo1.send_text(demo3.user, "first")
    await demo2.send_text(demo3.user, "second")
    items = await demo3.conversations()
    assert [(i["conversation"]["id"], i["unread"]) for i in items] == [
        (demo2.user, 1),
        (demo1.user, 1),
    ]
    assert items[0]["last_message"]["body"]["msg"] == "second"


async def test_a_recall_is_told_and_history_shows_it(cast):
    demo1, demo2 = await cast(2)
    sent = await demo1.send_text(demo2.user, "oops")
    await demo2.expect("message")
    await demo1.recall(sent["id"])
    recalled = await demo2.expect("recalled")
    assert (recalled["message_id"], recalled["by"]) == (sent["id"], demo1.user)
    messages = (await demo2.history(demo1.user))["messages"]
    assert all(message.get("recalled") for message in messages)


async def test_only_one_s_own_message_can_be_recalled(cast):
    demo1, demo2 = await cast(2)
    sent = await demo1.send_text(demo2.user, "mine")
    with pytest.raises(Refused):
        await demo2.recall(sent["id"])


async def test_typing_is_seen_by_the_peer_and_stored_nowhere(cast):
    demo1, demo2 = await cast(2)
    await demo1.typing(demo2.user)
    event = await demo2.expect("typing")
    assert event == {
        "ev": "typing",
        "conversation": {"type": "user", "id": demo1.user},
        "user": demo1.user,
    }
    assert await demo2.sync() == []


async def test_an_online_only_message_is_not_kept_for_who_is_away(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    await demo1.send_text(name2, "now or never", online_only=True)
    demo2 = await stage.online(name2)
    assert await demo2.sync() == []
    await demo1.send_text(name2, "seen", online_only=True)
    await demo2.expect("message", {"message.body.msg": "seen"})


async def test_a_command_message_counts_neither_as_unread_nor_as_last(cast):
    demo1, demo2 = await cast(2)
    await demo1.send_text(demo2.user, "text")
    await demo1.send_command(demo2.user, "refresh")
    await demo2.expect("message", {"message.body.type": "cmd"})
    [item] = await demo2.conversations()
    assert (item["unread"], item["last_message"]["body"]["msg"]) == (1, "text")


async def test_a_message_to_a_name_nobody_has_is_accepted(cast):
    """As the vendor does (rest.md 3.6.1): names are not tried out by sending to them."""
    [demo1] = await cast(1)
    assert (await demo1.send_text("nobody-at-all", "hello?"))["id"]
