"""Chatroom staff by the calls of a real SDK; who changes a group hears nothing of it."""

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.people import APPKEY
from tests.e2e.sdk.test_rooms_and_roster import create_group, expect_group

pytestmark = pytest.mark.e2e


async def expect_room(sdk, room, operation, old_type):
    if sdk.old:
        return await sdk.expect("onPresence", {"type": old_type, "gid": room})
    return await sdk.expect("onChatroomEvent", {"operation": operation, "id": room})


async def test_a_super_admin_makes_a_room_and_runs_it(online, names, server, people):
    one, two, three = names(3)
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as backend:
        await backend.call("POST", "/chatrooms/super_admin", {"superadmin": one})
    alice, bob, carol = await online(one), await online(two), await online(three)
    made = await alice.call(
        "createChatRoom", {"name": "show", "description": "d", "maxusers": 100, "members": [two]}
    )
    room = made["data"]["id"]
    for guest in (alice, bob, carol):
        await guest.call("joinChatRoom", {"roomId": room})

    staff = {"chatRoomId": room, "username": two}
    await alice.call("setChatRoomAdmin", staff)
    await expect_room(bob, room, "setAdmin", "addAdmin")
    assert (await bob.call("getChatRoomAdmin", {"chatRoomId": room}))["data"] == [two]

    guest = {"chatRoomId": room, "username": three}
    await bob.call("muteChatRoomMember", guest | {"muteDuration": 60_000})
    await expect_room(carol, room, "muteMember", "addMute")
    await bob.call("removeMuteChatRoomMember" if bob.old else "unmuteChatRoomMember", guest)
    await expect_room(carol, room, "unmuteMember", "removeMute")

    news = {"roomId": room, "announcement": "news"}
    await alice.call("updateChatRoomAnnouncement", news)
    await expect_room(carol, room, "updateAnnouncement", "updateAnnouncement")
    found = await carol.call("fetchChatRoomAnnouncement", {"roomId": room})
    assert found["data"]["announcement"] == "news"

    await alice.call("removeSingleChatRoomMember" if bob.old else "removeChatRoomMember", guest)
    await expect_room(carol, room, "removeMember", "removedFromGroup")

    await alice.call("removeChatRoomAdmin", staff)
    await expect_room(bob, room, "removeAdmin", "removeAdmin")
    await alice.call("destroyChatRoom", {"chatRoomId": room})
    await expect_room(bob, room, "destroy", "deleteGroupChat")


async def test_who_changes_a_group_is_not_told_of_it(online, names):
    """3.x sends no `resource` with the call: then its user is left out, else the device (6.1)."""
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    group = await create_group(alice, [two])
    changes = {"groupId": group, "groupName": "new", "description": "news"}
    await alice.call("modifyGroup", changes)
    await expect_group(bob, "updateInfo", "update")
    # What follows lies in the same queue: with it, alice has what came before.
    message_id = await bob.send_text(group, "seen", chatType="groupChat")
    await alice.expect("onTextMessage", {"id": message_id})
    told = [
        said["data"] for said in alice.events if said["event"] in ("onPresence", "onGroupEvent")
    ]
    kinds = {data.get("operation", data.get("type")) for data in told}
    assert not kinds & {"update", "updateInfo"}
