"""Groups and chatrooms, as the SDK manages them and tells an application of them."""

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.sdk1.clients import CallFailed, SdkClient
from tests.e2e.sdk1.conftest import Pages

pytestmark = pytest.mark.e2e


async def join(page: SdkClient, room: str) -> None:
    await page.call("joinChatRoom", roomId=room)
    await page.expect("onPresence", {"type": "joinChatRoomSuccess", "from": room})


async def test_member_of_a_new_group_is_invited_and_hears_it(
    pages: Pages, backend: RestClient
) -> None:
    one, two = await pages.cast(2)
    group = await backend.create_group(one.user, "qa", [two.user])
    invited = await two.expect("onInviteMessage")
    assert (invited["type"], invited["roomid"]) == ("invite", group)
    await two.presence("memberJoinPublicGroupSuccess", mid=two.user)
    sent = await one.send(group, "hello", group=True, ext={"k": 1})
    heard = await two.expect("onTextMessage")
    assert (heard["id"], heard["type"], heard["to"]) == (sent["mid"], "groupchat", group)
    assert (heard["from"], heard["ext"]["k"]) == (one.user, 1)
    await one.heard_all()
    assert one.told("onTextMessage") == []


async def test_group_of_the_backend_reaches_who_was_away(pages: Pages, backend: RestClient) -> None:
    owner, away = pages.people.take(2)
    group = await backend.create_group(owner, "qa", [away])
    await backend.send([group], {"msg": "hi"}, target_type="chatgroups")
    page = await pages.online(away)
    await page.expect("onInviteMessage", {"roomid": group})
    heard = await page.expect("onTextMessage", {"type": "groupchat"})
    assert (heard["from"], heard["data"]) == ("admin", "hi")
    assert heard["delay"]
    rooms = await page.call("listRooms")
    assert [room["roomId"] for room in rooms] == [group]
    if not page.early:
        listed = await page.call("getGroup", apiUrl=pages.server.base_url)
        assert group in [one["groupid"] for one in listed["data"]]


async def test_member_leaves_is_removed_and_the_group_ends(
    pages: Pages, backend: RestClient
) -> None:
    one, two, three = await pages.cast(3)
    group = await backend.create_group(one.user, "qa", [two.user, three.user])
    await three.expect("onInviteMessage")
    await backend.remove_group_member(group, two.user)
    await two.expect("onPresence", {"type": "leaveGroup", "from": group})
    await three.presence("removedFromGroup", kicked=two.user)
    await backend.call("DELETE", f"/chatgroups/{group}")
    for page in (one, three):
        await page.expect("onPresence", {"type": "deleteGroupChat", "from": group})


async def test_who_is_put_into_a_chatroom_is_in_it(pages: Pages, backend: RestClient) -> None:
    one, two = await pages.cast(2)
    room = await backend.create_chatroom(one.user, "lobby")
    await backend.call("POST", f"/chatrooms/{room}/users/{two.user}")
    await two.expect("onPresence", {"type": "joinChatRoomSuccess", "from": room})
    await backend.send([room], {"msg": "hi"}, target_type="chatrooms")
    assert (await two.expect("onTextMessage"))["type"] == "chatroom"


async def test_roles_and_mutes_are_told(pages: Pages, backend: RestClient) -> None:
    one, two = await pages.cast(2)
    group = await backend.create_group(one.user, "qa", [two.user])
    await two.expect("onInviteMessage")
    await backend.call("POST", f"/chatgroups/{group}/admin", {"newadmin": two.user})
    await two.presence("addAdmin", gid=group)
    await backend.call("DELETE", f"/chatgroups/{group}/admin/{two.user}")
    await two.presence("removeAdmin", gid=group)
    mute = {"usernames": [two.user], "mute_duration": 600_000}
    await backend.call("POST", f"/chatgroups/{group}/mute", mute)
    await two.presence("addMute", gid=group)
    sent = await two.send(group, "quiet?", group=True)
    if two.early:
        await two.expect("onPresence", {"type": "error", "from": group})
    else:
        await two.expect("onMutedMessage", {"mid": sent["mid"]})
    await backend.call("DELETE", f"/chatgroups/{group}/mute/{two.user}")
    await two.presence("removeMute", gid=group)


async def test_chatrooms_are_listed_by_page(pages: Pages) -> None:
    [page] = await pages.cast(1)
    asked = {"apiUrl": pages.server.base_url, "pagenum": 1, "pagesize": 5}
    listed = await page.call("getChatRooms", **asked)
    assert len(listed["data"]) == 5
    assert (listed["params"]["pagenum"], listed["params"]["pagesize"]) == (["1"], ["5"])
    assert set(listed["data"][0]) >= {"id", "name", "owner", "affiliations_count"}
    past = await page.call("getChatRooms", **{**asked, "pagenum": 1000})
    assert past["data"] == []


async def test_chatroom_is_joined_spoken_in_and_left(pages: Pages) -> None:
    room = pages.people.take_room()
    one, two = await pages.cast(2)
    await join(one, room)
    assert one.told("onPresence") == []
    await join(two, room)
    came = await one.presence("memberJoinChatRoomSuccess", **{"from": room, "chatroom": True})
    assert one.early or came["mid"] == two.user
    await two.send(room, "hello", group=True, roomType=True, ext={"k": 1})
    heard = await one.expect("onTextMessage")
    assert (heard["type"], heard["to"], heard["ext"]["k"]) == ("chatroom", room, 1)
    await one.send(room, "as the article does", roomType=True)
    await two.expect("onTextMessage", {"type": "chatroom", "data": "as the article does"})
    await two.call("quitChatRoom", roomId=room)
    await two.expect("onPresence", {"type": "leaveChatRoom", "from": room})
    await one.expect("onPresence", {"type": "unavailable", "from": room, "chatroom": True})
    await one.send(room, "anybody?", group=True, roomType=True)
    await two.heard_all()
    assert two.told("onTextMessage") == []


async def test_unknown_chatroom_is_an_error_of_joining(pages: Pages) -> None:
    [page] = await pages.cast(1)
    with pytest.raises(CallFailed) as failed:
        await page.call("joinChatRoom", roomId="999999999999999")
    assert failed.value.error["type"] == 25
