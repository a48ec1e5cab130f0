"""Contacts, groups and chatrooms through the calls of a real SDK, and what the others hear."""

import pytest

pytestmark = pytest.mark.e2e


async def befriend(asker, asked):
    if asker.old:
        await asker.call("subscribe", {"to": asked.user, "message": "hello"})
        await asked.expect("onContactInvited", {"from": asker.user})
        await asked.call("subscribed", {"to": asker.user})
    else:
        await asker.call("addContact", asked.user, "hello")
        await asked.expect("onContactInvited", {"from": asker.user, "status": "hello"})
        await asked.call("acceptContactInvite", asker.user)
    await asker.expect("onContactAgreed", {"from": asked.user})
    await asked.expect("onContactAdded", {"from": asker.user})


async def test_friends_are_made_listed_and_lost(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    await befriend(alice, bob)
    if alice.old:
        found = await alice.call("getRoster")
        assert [item["name"] for item in found] == [two] if isinstance(found, list) else True
        await alice.call("removeRoster", {"to": two})
    else:
        assert (await alice.call("getContacts"))["data"] == [two]
        await alice.call("deleteContact", two)
    await bob.expect("onContactDeleted", {"from": one})


async def test_a_declined_request_is_told(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    if alice.old:
        await alice.call("subscribe", {"to": two, "message": "hello"})
        await bob.expect("onContactInvited", {"from": one})
        await bob.call("unsubscribed", {"to": one})
    else:
        await alice.call("addContact", two, "hello")
        await bob.expect("onContactInvited", {"from": one})
        await bob.call("declineContactInvite", one)
    await alice.expect("onContactRefuse", {"from": two})


async def create_group(owner, members, **more):
    data = {
        "groupname": "qa",
        "desc": "d",
        "members": members,
        "public": True,
        "approval": False,
        "allowinvites": False,
        "inviteNeedConfirm": False,
        "maxusers": 200,
        **more,
    }
    name = "createGroupNew" if owner.old else "createGroup"
    made = await owner.call(name, {"data": data})
    return made["data"]["groupid"]


async def expect_group(sdk, operation, old_type, where=None):
    """A group's event, under its new or old name."""
    if sdk.old:
        return await sdk.expect("onPresence", {"type": old_type})
    return await sdk.expect("onGroupEvent", {"operation": operation, **(where or {})})


async def test_a_group_lives(online, names):
    one, two, three = names(3)
    alice, bob, carol = await online(one), await online(two), await online(three)
    group = await create_group(alice, [two])
    await expect_group(bob, "directJoined", "direct_joined", {"id": group})

    await alice.send_text(group, "hi all", chatType="groupChat")
    got = await bob.expect("onTextMessage", {"to": group})
    assert got["from"] == one
    await bob.send_text(group, "hi alice", chatType="groupChat")
    await alice.expect("onTextMessage", {"to": group, "from": two})

    asked = {"groupId": group, "message": "me too"}
    await carol.call("joinGroup", asked)
    await expect_group(alice, "memberPresence", "memberJoinPublicGroupSuccess")
    await bob.send_text(group, "welcome", chatType="groupChat")
    await carol.expect("onTextMessage", {"to": group})

    for who, operation, old_type in (
        ("setAdmin", "setAdmin", "addAdmin"),
        ("removeAdmin", "removeAdmin", "removeAdmin"),
    ):
        await alice.call(who, {"groupId": group, "username": two})
        await expect_group(bob, operation, old_type)

    muting = {"groupId": group, "username": two, "muteDuration": 60_000}
    await alice.call("mute" if alice.old else "muteGroupMember", muting)
    await expect_group(bob, "muteMember", "addMute")
    unmuting = {"groupId": group, "username": two}
    await alice.call("removeMute" if alice.old else "unmuteGroupMember", unmuting)
    await expect_group(bob, "unmuteMember", "removeMute")

    announcing = {"groupId": group, "announcement": "news"}
    await alice.call("updateGroupAnnouncement", announcing)
    await expect_group(bob, "updateAnnouncement", "updateAnnouncement")
    assert (await bob.call("fetchGroupAnnouncement", {"groupId": group}))["data"][
        "announcement"
    ] == "news"

    removing = {"groupId": group, "username": three}
    await alice.call("removeSingleGroupMember" if alice.old else "removeGroupMember", removing)
    await expect_group(carol, "removeMember", "removedFromGroup")
    await expect_group(bob, "memberAbsence", "leaveGroup")

    await bob.call("quitGroup" if bob.old else "leaveGroup", {"groupId": group})
    await expect_group(alice, "memberAbsence", "leaveGroup")

    await alice.call(
        "inviteToGroup" if alice.old else "inviteUsersToGroup",
        {"groupId": group, "users": [two]},
    )
    await expect_group(bob, "directJoined", "direct_joined")
    await alice.call("dissolveGroup" if alice.old else "destroyGroup", {"groupId": group})
    await expect_group(bob, "destroy", "deleteGroupChat")


async def test_an_application_is_answered(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    group = await create_group(alice, [], approval=True)
    await bob.call("joinGroup", {"groupId": group, "message": "please"})
    await expect_group(alice, "requestToJoin", "joinGroupNotifications")
    if alice.old:
        asked = {"applicant": two, "groupId": group}
        await alice.call("agreeJoinGroup", asked)
    else:
        await alice.call("acceptGroupJoinRequest", {"applicant": two, "groupId": group})
    await expect_group(bob, "acceptRequest", "joinPublicGroupSuccess")


async def test_a_chatroom_is_joined_and_left(online, names, people):
    one, two = names(2)
    room = people.take_room()
    alice, bob = await online(one), await online(two)
    await alice.call("joinChatRoom", {"roomId": room})
    joined = await bob.call("joinChatRoom", {"roomId": room})
    assert joined["data"]["result"] is True or joined["data"]
    if alice.old:
        await alice.expect("onPresence", {"type": "memberJoinChatRoomSuccess", "gid": room})
    else:
        await alice.expect("onChatroomEvent", {"operation": "memberPresence", "id": room})
    await bob.send_text(room, "hi", chatType="chatRoom")
    got = await alice.expect("onTextMessage", {"to": room})
    assert got["from"] == two
    await bob.call("quitChatRoom" if bob.old else "leaveChatRoom", {"roomId": room})
    if alice.old:
        await alice.expect("onPresence", {"type": "leaveChatRoom", "gid": room})
    else:
        await alice.expect("onChatroomEvent", {"operation": "memberAbsence", "id": room})
