"""History, conversation lists, edits, presence and attributes by the calls of a real SDK."""

import asyncio

import pytest

pytestmark = pytest.mark.e2e


async def test_history_is_paged_from_the_newest(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    for n in range(25):
        await alice.send_text(two, str(n))
    await bob.send_text(one, "25")
    if bob.old:
        pages: list[str] = []
        while len(pages) < 26:
            more = await bob.call_back("fetchHistoryMessages", {"queue": one, "count": 10})
            if not more:
                break
            pages += [message["data"] for message in more]
        assert sorted(map(int, pages)) == list(range(26))
        return
    texts: list[str] = []
    cursor: object = -1
    while True:
        page = await bob.call(
            "getHistoryMessages",
            {
                "targetId": one,
                "chatType": "singleChat",
                "pageSize": 10,
                "cursor": cursor,
                "searchDirection": "up",
            },
        )
        texts += [message["msg"] for message in page["messages"]]
        cursor = page["cursor"]
        if page["isLast"]:
            break
    assert texts == [str(n) for n in range(25, -1, -1)]


async def test_a_group_message_is_in_the_history(online, names, newer):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    data = {
        "groupname": "qa", "desc": "d", "members": [two], "public": True, "approval": False,
        "allowinvites": False, "inviteNeedConfirm": False, "maxusers": 200,
    }  # fmt: skip
    group = (await alice.call("createGroup", {"data": data}))["data"]["groupid"]
    for n in range(3):
        await alice.send_text(group, str(n), chatType="groupChat", ext={"n": n})
    page = await bob.call(
        "getHistoryMessages",
        {"targetId": group, "chatType": "groupChat", "pageSize": 20, "searchDirection": "down"},
    )
    assert [message["msg"] for message in page["messages"]] == ["0", "1", "2"]
    assert page["messages"][2]["ext"] == {"n": 2}


async def test_conversations_are_listed_pinned_and_deleted(online, names, newer):
    one, two, three = names(3)
    alice, bob, carol = await online(one), await online(two), await online(three)
    await bob.send_text(one, "from bob")
    await carol.send_text(one, "1")
    await carol.send_text(one, "2")
    found = (await alice.call("getServerConversations", {"pageSize": 20, "cursor": ""}))["data"]
    listed = [(item["conversationId"], item["unReadCount"]) for item in found["conversations"]]
    assert listed == [(three, 2), (two, 1)]
    assert found["conversations"][0]["lastMessage"]["msg"] == "2"
    alice.start_send("channel", three)
    await carol.expect("onChannelMessage")
    pin = {"conversationId": two, "conversationType": "singleChat", "isPinned": True}
    assert (await alice.call("pinConversation", pin))["data"]["isPinned"] is True
    pinned = await alice.call("getServerPinnedConversations", {"pageSize": 20, "cursor": ""})
    assert [item["conversationId"] for item in pinned["data"]["conversations"]] == [two]
    away = {"channel": three, "chatType": "singleChat", "deleteRoam": True}
    await alice.call("deleteConversation", away)
    found = (await alice.call("getServerConversations", {"pageSize": 20, "cursor": ""}))["data"]
    assert [item["conversationId"] for item in found["conversations"]] == [two]


async def test_an_edited_message_is_shown_anew(online, names, newer):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    message_id = await alice.send_text(two, "helo", ext={"k": 1})
    got = await bob.expect("onTextMessage", {"id": message_id})
    better = {**got, "msg": "hello"}
    answer = await alice.edit(message_id, two, better["msg"])
    assert answer["message"]["msg"] == "hello"
    told = await bob.expect("onModifiedMessage", {"id": message_id})
    assert told["msg"] == "hello"
    assert told["modifiedInfo"]["operationCount"] == 1


async def test_own_attributes_are_set_and_read(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    await alice.call("updateOwnUserInfo", {"nickname": "Al", "ext": "x"})
    found = await bob.call("fetchUserInfoById", one)
    assert found["data"][one]["nickname"] == "Al"


@pytest.mark.soak
async def test_an_idle_connection_lives_by_its_heartbeat(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    async with asyncio.timeout(60):
        await asyncio.get_running_loop().run_in_executor(None, _idle)
    await alice.send_text(two, "still here")
    await bob.expect("onTextMessage")
    assert not [said for said in alice.events if said["event"] in ("onError", "onReconnecting")]


def _idle():
    """The clients' own timers are what is waited for."""
    import select

    select.select([], [], [], 42)
