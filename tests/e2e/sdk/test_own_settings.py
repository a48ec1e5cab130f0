"""Presence, silent conversations, block lists and reactions by the calls of a real SDK."""

import pytest

from tests.e2e.sdk.clients import Refused, is_early, shows

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("newer")]


async def test_a_published_presence_reaches_a_subscriber(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    asked = {"usernames": [two], "expiry": 3600}
    found = (await alice.call("subscribePresence", asked))["result"]
    assert [seen["uid"] for seen in found] == [two]
    await bob.call("publishPresence", {"description": "music"})
    [told] = await alice.expect("onPresenceStatusChange")
    assert (told["userId"], told["ext"]) == (two, "music")
    assert [device["status"] for device in told["statusDetails"]] == [1]
    listed = await alice.call("getPresenceStatus", {"usernames": [two]})
    assert listed["result"][0]["ext"] == "music"
    watched = await alice.call("getSubscribedPresenceList", {"pageNum": 1, "pageSize": 10})
    assert [seen["uid"] for seen in watched["result"]["sublist"]] == [two]
    await alice.call("unsubscribePresence", {"usernames": [two]})
    watched = await alice.call("getSubscribedPresenceList", {"pageNum": 1, "pageSize": 10})
    assert watched["result"]["sublist"] == []


async def test_a_conversation_is_silenced_and_heard_again(online, names):
    one, two = names(2)
    alice = await online(one)
    talk = {"conversationId": two, "type": "singleChat"}
    silent = {"options": {"paramType": 0, "remindType": "NONE"}}
    await alice.call("setSilentModeForConversation", talk | silent)
    assert (await alice.call("getSilentModeForConversation", talk))["data"]["type"] == "NONE"
    await alice.call("clearRemindTypeForConversation", talk)
    assert (await alice.call("getSilentModeForConversation", talk))["data"].get("type") != "NONE"
    await alice.call("setSilentModeForAll", {"options": {"paramType": 0, "remindType": "AT"}})
    assert (await alice.call("getSilentModeForAll"))["data"]["type"] == "AT"


async def test_what_one_device_changes_is_told_to_the_other(online, names, version):
    one, two = names(2)
    alice, desk = await online(one, deviceId="a"), await online(one, deviceId="b")
    bob = await online(two)
    message_id = await bob.send_text(one, "hi")
    await alice.expect("onTextMessage", {"id": message_id})
    await desk.expect("onTextMessage", {"id": message_id})
    talk = {"conversationId": two, "conversationType": "singleChat"}
    for pinned, operation in ((True, "pinnedConversation"), (False, "unpinnedConversation")):
        await alice.call("pinConversation", talk | {"isPinned": pinned})
        await desk.expect("onMultiDeviceEvent", {"operation": operation, "conversationId": two})
    if not is_early(version):  # 4.8 shows no silent mode of another device
        await silence(alice, desk, two)
    away = {"channel": two, "chatType": "singleChat", "deleteRoam": True}
    await alice.call("deleteConversation", away)
    await desk.expect("onMultiDeviceEvent", {"operation": "deleteConversation"})
    told = await desk.expect("onMultiDeviceEvent", {"operation": "deleteRoaming"})
    assert told["conversationId"] == two
    assert not [said for said in alice.events if said["event"] == "onMultiDeviceEvent"]


async def silence(sdk, desk, peer):
    silent = {"options": {"paramType": 0, "remindType": "NONE"}}
    place = {"conversationId": peer, "type": "singleChat"}
    await sdk.call("setSilentModeForConversation", place | silent)
    told = await desk.expect("onMultiDeviceEvent", {"operation": "setSilentModeForConversation"})
    assert (told["conversationId"], told["data"]) == (peer, {"type": "NONE"})
    await sdk.call("clearRemindTypeForConversation", place)
    await desk.expect("onMultiDeviceEvent", {"operation": "removeSilentModeForConversation"})
    await sdk.call("setSilentModeForAll", silent)
    await desk.expect("onMultiDeviceEvent", {"operation": "setSilentModeForUser"})


async def test_the_block_list_is_kept(online, names):
    one, two, three = names(3)
    alice = await online(one)
    await alice.call("addUsersToBlocklist", {"name": [two, three]})
    assert sorted((await alice.call("getBlocklist"))["data"]) == sorted([two, three])
    await alice.call("removeUserFromBlocklist", {"name": [two]})
    assert (await alice.call("getBlocklist"))["data"] == [three]


async def test_a_reaction_is_told_listed_and_taken_back(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    message_id = await alice.send_text(two, "lunch?")
    await bob.expect("onTextMessage", {"id": message_id})
    reaction = {"messageId": message_id, "reaction": "yum"}
    await bob.call("addReaction", reaction)
    told = await alice.expect("onReactionChange", {"messageId": message_id})
    assert [(item["reaction"], item["count"]) for item in told["reactions"]] == [("yum", 1)]
    asked = {"chatType": "singleChat", "messageId": [message_id]}
    [found] = (await alice.call("getReactionList", asked))["data"]
    assert [item["userList"] for item in found["reactionList"]] == [[two]]
    await bob.call("deleteReaction", reaction)
    told = await alice.expect("onReactionChange", {"messageId": message_id})
    assert told["reactions"][0]["op"][0]["reactionType"] == "delete"


async def test_a_message_is_pinned_for_both(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    message_id = await alice.send_text(two, "the address", ext={"n": 1})
    await bob.expect("onTextMessage", {"id": message_id})
    talk = {"conversationId": one, "conversationType": "singleChat"}
    await bob.call("pinMessage", talk | {"messageId": message_id})
    told = await alice.expect("onMessagePinEvent", {"messageId": message_id})
    assert (told["operation"], told["operatorId"], told["conversationId"]) == ("pin", two, two)
    asked = {"conversationId": two, "conversationType": "singleChat", "pageSize": 10}
    [found] = (await alice.call("getServerPinnedMessages", asked))["data"]["list"]
    assert (found["operatorId"], found["message"]["msg"]) == (two, "the address")
    await bob.call("unpinMessage", talk | {"messageId": message_id})
    await alice.expect("onMessagePinEvent", {"operation": "unpin"})
    assert (await alice.call("getServerPinnedMessages", asked))["data"]["list"] == []
    with pytest.raises(Refused) as refused:
        await bob.call("unpinMessage", talk | {"messageId": message_id})
    assert shows(refused.value, 51)


async def test_conversations_are_marked(online, names):
    one, two = names(2)
    alice, desk = await online(one, deviceId="a"), await online(one, deviceId="b")
    bob = await online(two)
    message_id = await bob.send_text(one, "hi")
    await alice.expect("onTextMessage", {"id": message_id})
    talk = {"conversations": [{"conversationId": two, "conversationType": "singleChat"}], "mark": 2}
    await alice.call("addConversationMark", talk)
    told = await desk.expect("onMultiDeviceEvent", {"operation": "markConversation"})
    assert (told["conversationId"], told["conversationMark"]) == (two, 2)
    asked = {"pageSize": 10, "cursor": "", "filter": {"mark": 2}}
    [found] = (await alice.call("getServerConversationsByFilter", asked))["data"]["conversations"]
    assert (found["conversationId"], found["marks"]) == (two, [2])
    await alice.call("removeConversationMark", talk)
    await desk.expect("onMultiDeviceEvent", {"operation": "unMarkConversation"})
    found = await alice.call("getServerConversationsByFilter", asked)
    assert found["data"]["conversations"] == []


async def test_who_read_a_group_message_is_counted(online, names):
    one, two, three = names(3)
    alice, bob, carol = await online(one), await online(two), await online(three)
    data = {
        "groupname": "qa", "desc": "d", "members": [two, three], "public": True,
        "approval": False, "allowinvites": False, "inviteNeedConfirm": False, "maxusers": 200,
    }  # fmt: skip
    group = (await alice.call("createGroup", {"data": data}))["data"]["groupid"]
    option = {"allowGroupAck": True}
    message_id = await alice.send_text(group, "read?", chatType="groupChat", msgConfig=option)
    for count, member in enumerate((bob, carol), 1):
        await member.expect("onTextMessage", {"id": message_id})
        read = {"chatType": "groupChat", "id": message_id, "msgConfig": option}
        await member.send("read", group, ackContent=str(count), **read)
        told = await alice.expect("onReadMessage", {"mid": message_id})
        assert told["groupReadCount"] == {message_id: count}
        assert told["ackContent"] == str(count)
    found = await alice.call("getGroupMsgReadUser", {"groupId": group, "msgId": message_id})
    assert sorted(found["data"]["userlist"]) == sorted([two, three])
