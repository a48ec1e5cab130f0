"""What only the native wire says, or says in this form, of what the scenarios beside this folder
play on all wires: whole events, and what its answers count.

Source: specs/native.md 1.
"""

import pytest

pytestmark = pytest.mark.e2e


async def test_a_message_s_event_is_whole(cast):
    demo1, demo2 = await cast(2)
    sent = await demo1.send_text(demo2.user, "你好", ext={"k": [1, {"a": None}]}, id="c1")
    event = await demo2.expect("message")
    peer = {"type": "user", "id": demo1.user}
    message = {
        "id": sent["id"],
        "conversation": peer,
        "from": demo1.user,
        "to": {"type": "user", "id": demo2.user},
        "body": {"type": "txt", "msg": "你好"},
        "ext": {"k": [1, {"a": None}]},
        "time": sent["time"],
        "client_id": "c1",
    }
    place = {"id": sent["id"], "conversation": peer, "time": sent["time"]}
    assert event == {"ev": "message", "message": message, **place}


async def test_a_log_in_says_how_much_is_unread_and_sync_reads_it_once(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    for n in range(5):
        await demo1.send_text(name2, str(n))
    demo2 = await stage.online(name2)
    assert demo2.logged_in["unread"] == 5
    events = await demo2.sync()
    texts = [event["message"]["body"]["msg"] for event in events if event["ev"] == "message"]
    assert texts == ["0", "1", "2", "3", "4"]
    assert await demo2.delivered(name1, events[-1]["id"]) == 5
    assert await demo2.sync() == []


async def test_receipts_reach_up_to_a_message_and_answer_what_is_left(cast):
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


async def test_a_group_s_log_is_synced_in_its_order_and_read_without_a_receipt(stage):
    name1, name2 = stage.people.take(2)
    demo1 = await stage.online(name1)
    g = await demo1.create_group("qa", [name2])
    place = {"type": "group", "id": g}
    sent = await demo1.send_text(place, "hello")
    demo2 = await stage.online(name2)
    events = [event for event in await demo2.sync() if event["conversation"] == place]
    assert [event["ev"] for event in events] == ["group", "message"]
    assert await demo2.read(place, sent["id"]) == 0
    await demo2.ping()
    await demo1.ping()
    assert not [event for event in demo1.events if event["ev"] == "receipt"]


async def test_history_pages_count_all_that_is_left(cast):
    demo1, demo2 = await cast(2)
    sent = [await demo1.send_text(demo2.user, str(n)) for n in range(12)]
    await demo1.recall(sent[-1]["id"])
    page = await demo2.history(demo1.user)
    assert (len(page["messages"]), page["total"], page["end"]) == (10, 11, False)
    last = await demo2.history(demo1.user, page["messages"][-1]["id"])
    assert (len(last["messages"]), last["total"], last["end"]) == (1, 11, True)


async def test_typing_is_an_event_that_nothing_keeps(cast):
    demo1, demo2 = await cast(2)
    await demo1.typing(demo2.user)
    event = await demo2.expect("typing")
    assert event == {
        "ev": "typing",
        "conversation": {"type": "user", "id": demo1.user},
        "user": demo1.user,
    }
    assert await demo2.sync() == []


async def test_joining_a_group_says_whether_one_has_to_wait(cast):
    demo1, demo2 = await cast(2)
    g = await demo1.create_group("open", [])
    assert (await demo2.group("join", g))["pending"] is False
    g = await demo1.create_group("asks", [], membersonly=True)
    assert (await demo2.group("join", g, message="please"))["pending"] is True
    assert (await demo1.expect("group", {"kind": "requested"}))["message"] == "please"
