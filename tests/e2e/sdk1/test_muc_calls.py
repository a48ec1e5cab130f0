"""Groups by the SDK's own stanzas, which are all that 1.4.6 has and what later builds still can."""

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.sdk1.clients import SdkClient
from tests.e2e.sdk1.conftest import Pages

pytestmark = pytest.mark.e2e


async def made_group(owner: SdkClient, member: SdkClient) -> str:
    """Owner's, with a member; the id is the owner's clock."""
    options = {
        "subject": "QA", "description": "of the tests", "members": [member.user],
        "optionsPublic": True, "optionsModerate": False, "optionsMembersOnly": False,
        "optionsAllowInvites": True,
    }  # fmt: skip
    await owner.do("createGroup", options)
    if owner.early:  # it goes on by itself after a second
        await owner.expect("onPresence", {"type": "joinPublicGroupSuccess"})
    else:
        made = await owner.expect("onPresence", {"type": "createGroupACK"})
        await owner.do("createGroupAsync", {"from": made["from"]})
    invited = await member.expect("onInviteMessage", {"type": "invite", "from": owner.user})
    group: str = invited["roomid"]
    assert group.isdigit()
    return group


async def test_group_is_made_named_seen_and_destroyed(pages: Pages) -> None:
    one, two = await pages.cast(2)
    group = await made_group(one, two)
    await two.presence("memberJoinPublicGroupSuccess", mid=two.user)
    for page in (one, two):
        [room] = await page.call("listRooms")
        assert (room["roomId"], room["name"]) == (group, "QA")
    members = await one.call("queryRoomMember", roomId=group)
    assert {member["jid"] for member in members} == {
        f"demo#app_{page.user}@easemob.com" for page in (one, two)
    }
    occupants = await one.call("queryRoomOccupants", roomId=group)
    assert {who["name"] for who in occupants} == {one.user, two.user}
    await one.call("changeGroupSubject", roomId=group, subject="New", description="d")
    [room] = await two.call("listRooms")
    assert room["name"] == "New"
    sent = await two.send(group, "hello", group=True)
    assert (await one.expect("onTextMessage"))["id"] == sent["mid"]
    await one.call("destroyGroup", roomId=group)
    await two.expect("onPresence", {"type": "deleteGroupChat", "from": group})
    assert await one.call("listRooms") == []


async def add(owner: SdkClient, group: str, user: SdkClient) -> None:
    await owner.call("addGroupMembers", roomId=group, list=[user.user], reason="come")
    await user.expect("onInviteMessage", {"roomid": group})


async def test_members_are_added_removed_blocked_and_leave(
    pages: Pages, backend: RestClient
) -> None:
    one, two, three = await pages.cast(3)
    group = await made_group(one, two)
    await add(one, group, three)
    await three.call("leaveGroupBySelf", roomId=group, to=three.user)
    assert await three.call("listRooms") == []
    await add(one, group, three)
    await one.call("leaveGroup", roomId=group, list=[three.user])
    await three.expect("onPresence", {"type": "leaveGroup", "from": group})
    await one.call("addToGroupBlackList", roomId=group, to=two.user)
    await two.expect("onPresence", {"type": "leaveGroup", "from": group})
    path = f"/chatgroups/{group}/blocks/users"
    assert (await backend.call("GET", path))["data"] == [two.user]
    await one.call("removeGroupMemberFromBlacklist", roomId=group, to=two.user)
    assert (await backend.call("GET", path))["data"] == []
