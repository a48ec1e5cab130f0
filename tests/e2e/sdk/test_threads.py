"""Threads through a real SDK: made, talked in, seen by the group, left and ended."""

import pytest

from tests.e2e.sdk.clients import Refused, shows
from tests.e2e.sdk.test_rooms_and_roster import create_group

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("newer")]


async def test_a_thread_lives(online, names):
    one, two, three = names(3)
    alice, bob, carol = await online(one), await online(two), await online(three)
    tablet = await online(two, deviceId="tablet", isFixedDeviceId=False)
    group = await create_group(alice, [two, three])
    await carol.expect("onGroupEvent", {"operation": "directJoined", "id": group})
    parent = await alice.send_text(group, "what about lunch", chatType="groupChat")
    await bob.expect("onTextMessage", {"id": parent})

    made = await bob.call(
        "createChatThread", {"parentId": group, "name": "lunch", "messageId": parent}
    )
    thread = made["data"]["chatThreadId"]
    about = {"id": thread, "name": "lunch", "parentId": group, "messageId": parent}
    for sdk in (alice, carol, tablet):
        created = await sdk.expect("onChatThreadChange", {"operation": "create", **about})
        assert created["operator"] == two
    await tablet.expect(
        "onMultiDeviceEvent", {"operation": "chatThreadCreate", "chatThreadId": thread}
    )
    with pytest.raises(Refused) as refused:
        await alice.call(
            "createChatThread", {"parentId": group, "name": "again", "messageId": parent}
        )
    assert shows(refused.value, 1301)

    joined = await alice.call("joinChatThread", {"chatThreadId": thread})
    detail = joined["data"]["detail"]
    assert (detail["messageId"], detail["parentId"], detail["owner"]) == (parent, group, two)
    told = {"chatType": "groupChat", "isChatThread": True}
    sent = await alice.send_text(thread, "noodles?", **told)
    for sdk in (bob, tablet):
        got = await sdk.expect("onTextMessage", {"id": sent, "to": thread, "msg": "noodles?"})
        assert got["chatThread"] == {
            "messageId": parent,
            "parentId": group,
            "chatThreadName": "lunch",
        }
    moved = await carol.expect("onChatThreadChange", {"operation": "update", **about})
    assert (moved["messageCount"], moved["lastMessage"]["msg"]) == (1, "noodles?")

    found = (await bob.call("getChatThreads", {"parentId": group}))["entities"]
    assert [(item["id"], item["parentId"], item["messageId"]) for item in found] == [
        (thread, group, parent)
    ]
    assert (await carol.call("getJoinedChatThreads", {}))["entities"] == []
    assert [item["id"] for item in (await alice.call("getJoinedChatThreads", {}))["entities"]] == [
        thread
    ]
    members = await carol.call("getChatThreadMembers", {"chatThreadId": thread})
    assert members["data"]["affiliations"] == [two, one]
    last = await carol.call("getChatThreadLastMessage", {"chatThreadIds": [thread]})
    assert last["entities"][0]["lastMessage"]["id"] == sent
    shown = (await carol.call("getChatThreadDetail", {"chatThreadId": thread}))["data"]
    assert (shown["affiliationsCount"], shown["name"]) == (2, "lunch")

    asked = {"targetId": thread, "chatType": "groupChat", "pageSize": 20}
    history = (await bob.call("getHistoryMessages", asked))["messages"]
    assert [(item["id"], item["chatThread"]["parentId"]) for item in history] == [(sent, group)]
    above = (await carol.call("getHistoryMessages", asked | {"targetId": group}))["messages"]
    overview = next(item for item in above if item["id"] == parent)["chatThreadOverview"]
    assert (overview["id"], overview["messageCount"]) == (thread, 1)
    assert overview["lastMessage"]["msg"] == "noodles?"

    await bob.call("changeChatThreadName", {"chatThreadId": thread, "name": "dinner"})
    await carol.expect("onChatThreadChange", {"operation": "update", "name": "dinner"})
    await tablet.expect("onMultiDeviceEvent", {"operation": "chatThreadNameUpdate"})
    await alice.call("recallMessage", {"mid": sent, "to": thread, **told})
    await bob.expect("onRecallMessage", {"mid": sent})
    emptied = await carol.expect("onChatThreadChange", {"operation": "update", "id": thread})
    assert emptied["lastMessage"] == {}


async def test_members_go_and_a_thread_ends(online, names):
    one, two, three = names(3)
    alice, bob, carol = await online(one), await online(two), await online(three)
    group = await create_group(alice, [two, three])
    parent = await alice.send_text(group, "x", chatType="groupChat")
    thread = (
        await bob.call("createChatThread", {"parentId": group, "name": "t", "messageId": parent})
    )["data"]["chatThreadId"]
    here = {"chatThreadId": thread}
    for sdk in (alice, carol):
        await sdk.call("joinChatThread", here)
    with pytest.raises(Refused):
        await bob.call("removeChatThreadMember", {**here, "username": three})
    await alice.call("removeChatThreadMember", {**here, "username": three})
    await carol.expect("onChatThreadChange", {"operation": "userRemove", "id": thread})
    into = {"chatType": "groupChat", "isChatThread": True}
    with pytest.raises(Refused) as refused:
        await carol.send_text(thread, "still here?", **into)
    assert shows(refused.value, 602)
    await bob.call("leaveChatThread", here)
    assert (await alice.call("getChatThreadMembers", here))["data"]["affiliations"] == [one]
    with pytest.raises(Refused):
        await bob.call("destroyChatThread", here)
    await alice.call("destroyChatThread", here)
    for sdk in (bob, carol):
        await sdk.expect("onChatThreadChange", {"operation": "destroy", "id": thread})
    with pytest.raises(Refused) as refused:
        await bob.call("joinChatThread", here)
    assert shows(refused.value, 1300)


async def test_who_was_away_gets_what_was_said_in_the_thread(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    group = await create_group(alice, [two])
    parent = await alice.send_text(group, "x", chatType="groupChat")
    made = await alice.call(
        "createChatThread", {"parentId": group, "name": "t", "messageId": parent}
    )
    thread = made["data"]["chatThreadId"]
    await bob.call("joinChatThread", {"chatThreadId": thread})
    await bob.close()
    into = {"chatType": "groupChat", "isChatThread": True}
    sent = await alice.send_text(thread, "later", **into)
    back = await online(two)
    got = await back.expect("onTextMessage", {"id": sent})
    assert got["chatThread"]["parentId"] == group
    listed = await back.call("getServerConversations", {"pageSize": 20})
    assert thread not in {item["conversationId"] for item in listed["data"]["conversations"]}
