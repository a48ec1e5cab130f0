"""A real SDK and the native wire tell each other the same things."""

from typing import Any

import pytest

from imadmin.testclient.native import NativeClient
from tests.e2e.people import APPKEY, PASSWORD

pytestmark = pytest.mark.e2e


@pytest.fixture
async def native(server):
    made = []

    async def connect(user):
        client = NativeClient(f"{server.ws_url}/ws/native/", APPKEY, user, password=PASSWORD)
        made.append(client)
        await client.connect()
        return client

    yield connect
    for client in made:
        await client.close()


async def test_a_message_is_the_same_on_both_wires(online, native, names):
    one, two = names(2)
    sdk, other = await online(one), await native(two)
    ext = {"k": "v", "n": 3, "deep": {"a": [1, None]}, "yes": True}
    message_id = await sdk.send_text(two, "你好", ext=ext)
    message = (await other.expect("message"))["message"]
    assert message["id"] == message_id
    assert message["body"] == {"type": "txt", "msg": "你好"}
    assert message["ext"] == ext
    sent = await other.send_text(one, "hi", ext=ext)
    got = await sdk.expect("onTextMessage", {"id": sent["id"]})
    assert got["ext"] == ext
    assert (got["data"] if sdk.old else got["msg"]) == "hi"


BODIES: list[tuple[dict[str, Any], str]] = [
    ({"type": "loc", "lat": 39.9, "lng": 116.4, "addr": "Beijing"}, "onLocationMessage"),
    ({"type": "cmd", "action": "go"}, "onCmdMessage"),
    ({"type": "custom", "customEvent": "gift", "customExts": {"n": "1"}}, "onCustomMessage"),
    ({"type": "file", "url": "http://x/f", "filename": "a.pdf", "file_length": 5}, "onFileMessage"),
    ({"type": "audio", "url": "http://x/f", "filename": "a.amr", "length": 3}, "onAudioMessage"),
    ({"type": "video", "url": "http://x/f", "filename": "a.mp4", "length": 3}, "onVideoMessage"),
    (
        {
            "type": "img",
            "url": "http://x/f",
            "filename": "a.png",
            "size": {"width": 4, "height": 3},
        },
        "onImageMessage",
    ),
]


async def test_every_type_from_the_native_wire_is_shown(online, native, names):
    one, two = names(2)
    sdk, other = await online(one), await native(two)
    for body, event in BODIES:
        sent = await other.send({"type": "user", "id": one}, body)
        event = "onPictureMessage" if sdk.old and event == "onImageMessage" else event
        got = await sdk.expect(event, {"id": sent["id"]})
        assert got["from"] == two
        assert got["to"] == one


async def test_receipts_and_recalls_cross(online, native, names):
    one, two = names(2)
    sdk, other = await online(one), await native(two)
    message_id = await sdk.send_text(two, "hi")
    await other.expect("message")
    await other.delivered(one, message_id)
    await sdk.expect("onDeliveredMessage", {"mid": message_id})
    await other.read(one, message_id)
    await sdk.expect("onReadMessage", {"mid": message_id})
    sent = await other.send_text(one, "oops")
    await sdk.expect("onTextMessage", {"id": sent["id"]})
    await other.recall(sent["id"])
    await sdk.expect("onRecallMessage", {"mid": sent["id"]})
