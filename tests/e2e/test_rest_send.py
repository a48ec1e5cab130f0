"""A backend sends over REST to a real server: everyone meant gets it once, and history keeps it."""

from collections.abc import AsyncIterator

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.devices import Device
from tests.e2e.people import People
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

USERS = [f"user{number}" for number in range(6)]


@pytest.fixture
async def backend(server: Server, people: People) -> AsyncIterator[RestClient]:
    """A fresh app with six users."""
    made = people.take_app()
    async with RestClient(
        server.base_url, made.appkey, made.client_id, made.client_secret
    ) as client:
        for name in USERS:
            await client.register(name, "123456")
        yield client


async def device_of(server: Server, backend: RestClient, name: str, device: str) -> Device:
    token = await backend.user_token(name, "123456")
    return Device(server.ws_url, backend.appkey, token, device)


async def test_message_to_many_reaches_each_once_under_its_own_id(server, backend):
    body, ext = {"msg": "你好", "later": [1, None]}, {"order": {"no": 7}}
    async with await device_of(server, backend, "user1", "d1") as online:
        ids = await backend.send(USERS[1:], body, sender="user0", ext=ext)
        assert sorted(ids) == USERS[1:]
        assert len(set(ids.values())) == len(ids)
        [pushed] = await online.messages(1)
        assert (pushed["id"], pushed["from"], pushed["ext"]) == (ids["user1"], "user0", ext)
        assert pushed["body"] == {"type": "txt", **body}
    for name in USERS[1:]:
        async with await device_of(server, backend, name, "d2") as device:
            [kept] = await device.history("user", "user0")
            assert (kept["id"], kept["body"]["msg"], kept["ext"]) == (ids[name], "你好", ext)


async def test_messages_to_rooms_keep_their_order(server, backend):
    group = await backend.create_group("user0", "g", ["user1"])
    room = await backend.create_chatroom("user0", "r", ["user1"])
    sent: dict[str, list[str]] = {group: [], room: []}
    for number in range(20):
        for target_type, target in (("chatgroups", group), ("chatrooms", room)):
            ids = await backend.send([target], {"msg": str(number)}, target_type=target_type)
            sent[target].append(ids[target])
    async with await device_of(server, backend, "user1", "d3") as device:
        for kind, target in (("group", group), ("chatroom", room)):
            kept = await device.history(kind, target)
            assert [message["id"] for message in kept] == sent[target]
            assert [message["body"]["msg"] for message in kept] == [str(n) for n in range(20)]


async def test_recalled_message_is_gone_from_history(server, backend):
    ids = await backend.send(["user3"], {"msg": "oops"}, sender="user2")
    await backend.send(["user3"], {"msg": "kept"}, sender="user2")
    answer = await backend.recall(ids["user3"], "user3", sender="user2")
    assert answer["recalled"] == "yes"
    async with await device_of(server, backend, "user3", "d4") as device:
        kept = await device.history("user", "user2")
        assert [message["body"]["msg"] for message in kept] == ["kept"]


async def test_uploaded_file_is_what_the_message_names(server, backend):
    content = bytes(range(256)) * 20_000  # 5 MB: several pieces, on disk on the way
    stored = await backend.upload(content, "数据.bin", "application/x-custom", restricted=True)
    assert stored["url"].startswith(f"{backend.base_url}/chatfiles/")
    body = {"url": stored["url"], "filename": "数据.bin", "secret": stored["secret"]}
    await backend.send(["user5"], body, type="file", sender="user4")
    async with await device_of(server, backend, "user5", "d5") as device:
        [kept] = await device.history("user", "user4")
    answer = await backend.download(kept["body"]["url"], kept["body"]["secret"])
    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["content-type"] == "application/x-custom"
    part = await backend.download(stored["url"], Range="bytes=-10")
    assert (part.status_code, part.content) == (206, content[-10:])
    head = await backend.head(stored["url"])
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
    assert "consume synchronous" not in server.log()


async def test_upload_in_chunks_without_a_length(server, backend):
    async def pieces() -> AsyncIterator[bytes]:
        yield b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        yield b"chunked"
        yield b"\r\n--xx--\r\n"

    answer = await backend.call(
        "POST",
        "/chatfiles",
        content=pieces(),
        headers={"Content-Type": "multipart/form-data; boundary=xx"},
    )
    address = f"{answer['uri']}/{answer['entities'][0]['uuid']}"
    assert (await backend.download(address)).content == b"chunked"
