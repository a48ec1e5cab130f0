"""The beginner article, step by step, with the SDK that its author's demo had: demo1 and demo2."""

from collections.abc import AsyncIterator

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.people import People
from tests.e2e.sdk1.clients import SdkClient
from tests.e2e.sdk1.conftest import Pages
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

DISPLACED = 8  # 16, the server closed: test_server_goes


@pytest.fixture
async def article(server: Server, people: People) -> AsyncIterator[tuple[str, RestClient]]:
    """An app of its own with demo1 and demo2, password 123456, friends; its appkey and backend."""
    made = people.take_app()
    async with RestClient(
        server.base_url, made.appkey, made.client_id, made.client_secret
    ) as backend:
        for name in ("demo1", "demo2"):
            await backend.register(name, "123456")
        await backend.add_friend("demo1", "demo2")
        yield made.appkey, backend


async def log_in(pages: Pages, appkey: str, user: str) -> SdkClient:
    page = await pages.page(user)
    page.appkey = appkey
    await page.log_in()
    return page


async def test_friends_write_to_each_other_also_offline(
    pages: Pages, article: tuple[str, RestClient]
) -> None:
    appkey, _backend = article
    demo1 = await log_in(pages, appkey, "demo1")
    [friend] = await demo1.ask("roster")
    assert (friend["name"], friend["subscription"]) == ("demo2", "both")
    await demo1.send("demo2", "你好 [):]", ext={"from": "article"})
    await demo1.do("close")
    await demo1.expect("onClosed")
    demo2 = await log_in(pages, appkey, "demo2")
    heard = await demo2.expect("onEmojiMessage")
    assert (heard["from"], heard["ext"]["from"]) == ("demo1", "article")
    assert heard["delay"]


async def test_group_text_of_the_server_side_reaches_its_member(
    pages: Pages, article: tuple[str, RestClient]
) -> None:
    appkey, backend = article
    demo2 = await log_in(pages, appkey, "demo2")
    group = await backend.create_group("demo1", "article", ["demo2"])
    await demo2.expect("onInviteMessage", {"roomid": group})
    await backend.send([group], {"msg": "hello"}, target_type="chatgroups", ext={"k": 1})
    heard = await demo2.expect("onTextMessage", {"type": "groupchat"})
    assert (heard["data"], heard["to"], heard["ext"]) == ("hello", group, {"k": 1})
    # The list that the demo lacked.
    if demo2.early:
        rooms = await demo2.call("listRooms")
        assert [room["roomId"] for room in rooms] == [group]
    else:
        listed = await demo2.call("getGroup", apiUrl=pages.server.base_url)
        assert [one["groupid"] for one in listed["data"]] == [group]


async def test_chatroom_of_a_super_admin_with_an_admin(
    pages: Pages, article: tuple[str, RestClient]
) -> None:
    appkey, backend = article
    await backend.make_super_admin("demo1")
    room = await backend.create_chatroom("demo1", "article", ["demo2"])
    await backend.make_room_admin(room, "demo2")
    demo1 = await log_in(pages, appkey, "demo1")
    listed = await demo1.call("getChatRooms", apiUrl=pages.server.base_url, pagenum=1, pagesize=20)
    assert [one["id"] for one in listed["data"]] == [room]
    demo2 = await log_in(pages, appkey, "demo2")
    await demo1.call("joinChatRoom", roomId=room)
    await demo1.expect("onPresence", {"type": "joinChatRoomSuccess", "from": room})
    await demo2.call("joinChatRoom", roomId=room)
    await demo2.expect("onPresence", {"type": "joinChatRoomSuccess", "from": room})
    await demo1.presence("memberJoinChatRoomSuccess", mid="demo2", chatroom=True)
    await demo2.send(room, "hello", roomType=True, chatType="chatRoom", ext={"k": "v"})
    heard = await demo1.expect("onTextMessage", {"type": "chatroom"})
    assert (heard["data"], heard["from"], heard["ext"]["k"]) == ("hello", "demo2", "v")
    await demo2.call("quitChatRoom", roomId=room)
    # Browser builds say `unavailable`; the mini-program's say memberLeaveChatRoomSuccess.
    await demo1.expect("onPresence", {"type": "unavailable", "from": room, "chatroom": True})


async def test_log_in_elsewhere_is_8(pages: Pages, article: tuple[str, RestClient]) -> None:
    appkey, _backend = article
    first = await log_in(pages, appkey, "demo2")
    second = await log_in(pages, appkey, "demo2")
    await first.expect("onError", {"type": DISPLACED})
    assert second.told("onError") == []
