"""A 1.x and a 4.x SDK, both real: what one says the other shows, as far as it can show it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.people import People
from tests.e2e.sdk.clients import Driver, Sdk
from tests.e2e.sdk1.clients import SdkClient
from tests.e2e.sdk1.conftest import Pages
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

LATER = "4.21.1"
EXT = {"no": 7, "deep": {"list": [1, None, "好"]}}


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    made = Driver(LATER)
    yield made
    made.stop()


@pytest.fixture
async def pair(
    pages: Pages, driver: Driver, server: Server, people: People
) -> AsyncIterator[tuple[SdkClient, Sdk]]:
    """One of each generation, who tell each other what arrives."""
    names = people.take(2)
    old = await pages.online(names[0], delivery=True)
    new = Sdk(driver, server, LATER, names[1], delivery=True)
    await (await new.start()).open()
    yield old, new
    await new.stop()


def same_ext(heard: dict[str, Any]) -> None:
    assert {key: heard["ext"][key] for key in EXT} == EXT


@pytest.mark.usefixtures("later")  # receipts
async def test_conversation_of_two_generations(
    pair: tuple[SdkClient, Sdk], server: Server, tmp_path: Path
) -> None:
    old, new = pair
    sent = await old.send(new.user, "你好 [):]", ext=EXT)
    heard = await new.expect("onTextMessage", {"id": sent["mid"]})
    assert (heard["msg"], heard["from"], heard["chatType"]) == ("你好 [):]", old.user, "singleChat")
    same_ext(heard)
    await old.expect("onDeliveredMessage", {"mid": sent["mid"]})
    _ = new.start_send("read", old.user, id=sent["mid"])
    await old.expect("onReadMessage", {"mid": sent["mid"]})

    said = await new.send_text(old.user, "hi", ext=EXT)
    answer = await old.expect("onTextMessage", {"id": said})
    assert (answer["data"], answer["from"], answer["type"]) == ("hi", new.user, "chat")
    same_ext(answer)
    await new.expect("onDeliveredMessage", {"mid": said})
    await old.ask("receipt", kind="read", mid=said, to=new.user)
    await new.expect("onReadMessage", {"mid": said})

    upload = {"filename": "a.png", "filetype": "image/png", "text": "not really"}
    await old.send_kind("img", new.user, apiUrl=server.base_url, upload=upload, ext=EXT)
    picture = await new.expect("onImageMessage")
    assert picture["url"].startswith(f"{server.base_url}/demo/app/chatfiles/")
    same_ext(picture)
    voice = tmp_path / "a.mp3"
    voice.write_bytes(b"sound")
    file = {"path": str(voice), "name": "a.mp3", "type": "audio/mp3"}
    said = await new.send("audio", old.user, file=file, filename="a.mp3", length=3, ext=EXT)
    audio = await old.expect("onAudioMessage", {"id": said})
    assert audio["url"].startswith(f"{server.base_url}/demo/app/chatfiles/")
    assert audio["length"] == 3
    same_ext(audio)


async def test_message_taken_back_leaves_the_first_generation_alone(
    pair: tuple[SdkClient, Sdk], pages: Pages
) -> None:
    """1.x knows no recall: what it has it keeps; what it had not yet it never gets."""
    old, new = pair
    [away] = pages.people.take(1)
    for to in (old.user, away):
        said = await new.send_text(to, "oops")
        if to == old.user:
            await old.expect("onTextMessage", {"id": said})
        await new.call("recallMessage", {"mid": said, "to": to, "chatType": "singleChat"})
    await old.heard_all()
    back = await pages.online(away)
    await back.heard_all()
    for page in (old, back):
        assert page.told("onError") == page.told("onTextMessage") == page.told("onPresence") == []
    sent = await old.send(new.user, "still here")
    await new.expect("onTextMessage", {"id": sent["mid"]})


async def test_group_of_two_generations(pair: tuple[SdkClient, Sdk], backend: RestClient) -> None:
    old, new = pair
    group = await backend.create_group(old.user, "qa", [new.user])
    sent = await old.send(group, "hello", group=True, ext=EXT)
    heard = await new.expect("onTextMessage", {"id": sent["mid"]})
    assert (heard["to"], heard["chatType"]) == (group, "groupChat")
    same_ext(heard)
    said = await new.send_text(group, "hi", chatType="groupChat", ext=EXT)
    answer = await old.expect("onTextMessage", {"id": said})
    assert (answer["to"], answer["type"]) == (group, "groupchat")
    same_ext(answer)
    await backend.remove_group_member(group, new.user)
    await new.expect("onGroupEvent", {"operation": "removeMember"})
    await old.presence("removedFromGroup", kicked=new.user)


async def test_chatroom_of_two_generations(pair: tuple[SdkClient, Sdk], people: People) -> None:
    old, new = pair
    room = people.take_room()
    await new.call("joinChatRoom", {"roomId": room})
    await old.call("joinChatRoom", roomId=room)
    await new.expect("onChatroomEvent", {"operation": "memberPresence", "from": old.user})
    sent = await old.send(room, "hello", group=True, roomType=True, ext=EXT)
    heard = await new.expect("onTextMessage", {"id": sent["mid"]})
    assert (heard["to"], heard["chatType"]) == (room, "chatRoom")
    same_ext(heard)
    said = await new.send_text(room, "hi", chatType="chatRoom", ext=EXT)
    answer = await old.expect("onTextMessage", {"id": said})
    assert (answer["to"], answer["type"]) == (room, "chatroom")
    same_ext(answer)
    await new.call("leaveChatRoom", {"roomId": room})
    await old.expect("onPresence", {"type": "unavailable", "from": room, "chatroom": True})
