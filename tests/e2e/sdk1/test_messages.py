"""Two users of the SDK: every kind of message with ext, receipts, offline then online."""

from typing import Any

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.sdk1.conftest import Pages

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
EXT = {"no": 7, "nested": {"list": [1, None, "好"]}, "quote": "<a href='x'>\"&"}


def has_ext(message: Json) -> None:
    assert {key: message["ext"][key] for key in EXT} == EXT


async def test_text_arrives_with_its_ext(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await two.heard_all()  # before its first presence is served, a message counts as late
    text = "你好 <b>&amp; 'x' \"y\" \\ \u2028 end"
    sent = await one.send(two.user, text, ext=EXT)
    heard = await two.expect("onTextMessage")
    assert (heard["data"], heard["from"], heard["to"]) == (text, one.user, two.user)
    assert (heard["id"], heard["type"]) == (sent["mid"], "chat")
    assert "delay" not in heard
    has_ext(heard)
    ids = {"id": sent["id"], "mid": sent["mid"]}
    await one.expect("onReceivedMessage", None if one.early else ids)  # 1.4.6 hands on the XML


async def test_emoji_in_text_come_apart(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await one.send(two.user, "hi [):] there", ext=EXT)
    heard = await two.expect("onEmojiMessage")
    assert [part["type"] for part in heard["data"]] == ["txt", "emoji", "txt"]
    has_ext(heard)


async def test_command_and_location_arrive(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await one.send_kind("cmd", two.user, action="wave", ext=EXT)
    heard = await two.expect("onCmdMessage", {"action": "wave"})
    has_ext(heard)
    await one.send_kind("location", two.user, addr="北京", lat=39.9, lng=116.4, ext=EXT)
    place = await two.expect("onLocationMessage", {"addr": "北京"})
    assert (float(place["lat"]), float(place["lng"])) == (39.9, 116.4)
    has_ext(place)


@pytest.mark.parametrize(
    ("kind", "listener", "filename", "filetype"),
    [
        ("img", "onPictureMessage", "a.png", "image/png"),
        ("audio", "onAudioMessage", "a.mp3", "audio/mp3"),
        ("file", "onFileMessage", "a.zip", "application/zip"),
    ],
)
async def test_uploaded_media_arrive(
    pages: Pages, kind: str, listener: str, filename: str, filetype: str
) -> None:
    one, two = await pages.cast(2)
    upload = {"filename": filename, "filetype": filetype, "text": "bytes"}
    await one.send_kind(kind, two.user, apiUrl=pages.server.base_url, upload=upload, ext=EXT)
    heard = await two.expect(listener)
    assert heard["url"].startswith(f"{pages.server.base_url}/demo/app/chatfiles/")
    assert heard["secret"]
    has_ext(heard)


async def test_video_of_the_backend_arrives(pages: Pages, backend: RestClient) -> None:
    [one] = await pages.cast(1)
    body = {"url": "http://x/1", "filename": "v.mp4", "secret": "s", "file_length": 9}
    await backend.send([one.user], body, type="video", ext=EXT)
    heard = await one.expect("onVideoMessage", {"filename": "v.mp4"})
    assert heard["from"] == "admin"
    has_ext(heard)


async def test_twenty_at_once_keep_their_order(pages: Pages) -> None:
    one, two = await pages.cast(2)
    for n in range(20):
        await one.ask("send", kind="txt", group=False, options={"to": two.user, "msg": f"m{n}"})
    heard = [(await two.expect("onTextMessage"))["data"] for _ in range(20)]
    assert heard == [f"m{n}" for n in range(20)]


async def test_offline_messages_come_once_with_their_time(pages: Pages) -> None:
    [one] = await pages.cast(1)
    [away] = pages.people.take(1)
    ids = [(await one.send(away, f"m{n}", ext=EXT))["mid"] for n in range(3)]
    two = await pages.online(away)
    heard = [await two.expect("onTextMessage") for _ in range(3)]
    assert [message["id"] for message in heard] == ids
    assert all(message["delay"].endswith("Z") for message in heard)
    await two.heard_all()
    assert two.told("onTextMessage") == []


@pytest.mark.usefixtures("later")
async def test_delivered_and_read_reach_the_author(pages: Pages) -> None:
    names = pages.people.take(2)
    one = await pages.online(names[0])
    two = await pages.online(names[1], delivery=True)
    sent = await one.send(two.user, "hi")
    await two.expect("onTextMessage")
    await one.expect("onDeliveredMessage", {"mid": sent["mid"]})
    await two.ask("receipt", kind="read", mid=sent["mid"], to=one.user)
    await one.expect("onReadMessage", {"mid": sent["mid"]})


@pytest.mark.usefixtures("later")
async def test_reading_in_a_group_reaches_the_author(pages: Pages, backend: RestClient) -> None:
    one, two = await pages.cast(2)
    group = await backend.create_group(one.user, "qa", [two.user])
    await two.expect("onInviteMessage")
    sent = await one.send(group, "hi", group=True)
    await two.expect("onTextMessage")
    await two.ask("receipt", kind="read", mid=sent["mid"], to=one.user)
    await one.expect("onReadMessage", {"mid": sent["mid"]})


async def test_left_without_a_word_and_back_gets_what_was_missed_once(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await one.send(two.user, "before")
    await two.expect("onTextMessage", {"data": "before"})
    await two.freeze()  # a mini-program in the background: its socket stays open
    await one.send(two.user, "missed")
    back = await pages.online(two.user)
    await one.send(two.user, "after")
    await back.expect("onTextMessage", {"data": "after"})
    texts = [event["data"]["data"] for event in back.log if event.get("ev") == "onTextMessage"]
    assert texts.count("missed") == texts.count("after") == 1
    assert texts.index("missed") < texts.index("after")


async def test_sender_who_is_blocked_is_not_told(pages: Pages, backend: RestClient) -> None:
    one, two = await pages.cast(2)
    await backend.call("POST", f"/users/{two.user}/blocks/users", {"usernames": [one.user]})
    await one.send(two.user, "hello?")
    await two.heard_all()
    assert two.told("onTextMessage") == []


async def test_message_to_a_strange_group_comes_back_as_an_error(
    pages: Pages, backend: RestClient
) -> None:
    one, _two = await pages.cast(2)
    group = await backend.create_group(_two.user, "theirs", [])
    options = {"to": group, "msg": "let me in"}
    await one.ask("send", kind="txt", group=True, options=options)
    if one.early:  # an error with the text would leave it deaf
        refused = await one.expect("onPresence", {"type": "error", "from": group})
        assert refused["error"]["code"] == "406"
        return
    heard = await one.expect("onTextMessage", {"error": True})
    assert (heard["errorCode"], heard["data"]) == ("406", "let me in")
