"""What a tester does first, step by step as the beginner article does it, on a real server.

Two users who are friends; one-to-one, also to somebody who is offline; a group; a chatroom. Each
message arrives exactly once, in order, with its body and ext.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from imadmin.testclient.rest import RestClient, TargetType
from tests.e2e.devices import Device
from tests.e2e.people import People
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

COUNT = 10
Json = dict[str, Any]


class Stage:
    """An app with demo1 and demo2, its backend, and the devices that they open."""

    def __init__(self, server: Server, appkey: str, backend: RestClient) -> None:
        self.server = server
        self.appkey = appkey
        self.backend = backend
        self.devices = AsyncExitStack()
        self._opened = 0

    async def open(self, username: str) -> Device:
        """A device that was never seen before."""
        self._opened += 1
        token = await self.backend.user_token(username, "123456")
        device = Device(self.server.ws_url, self.appkey, token, f"phone-{self._opened}")
        return await self.devices.enter_async_context(device)


@pytest.fixture
async def stage(server: Server, people: People) -> AsyncIterator[Stage]:
    """A fresh app: demo1 and demo2 with password 123456, friends."""
    made = people.take_app()
    async with RestClient(
        server.base_url, made.appkey, made.client_id, made.client_secret
    ) as backend:
        for name in ("demo1", "demo2"):
            await backend.register(name, "123456")
        await backend.add_friend("demo1", "demo2")
        made_stage = Stage(server, made.appkey, backend)
        async with made_stage.devices:
            yield made_stage


def text(number: int) -> Json:
    return {"type": "txt", "msg": f"第 {number} 条"}


def ext(number: int) -> Json:
    return {"no": number, "nested": {"list": [number, None]}}


def is_the_conversation(messages: list[Json], sender: str, ids: list[str]) -> None:
    """Exactly these messages, each once, in this order, nothing changed on the way."""
    assert [message["id"] for message in messages] == ids
    assert ids == sorted(set(ids), key=int)
    assert {message["from"] for message in messages} == {sender}
    assert [message["body"] for message in messages] == [text(n) for n in range(len(ids))]
    assert [message["ext"] for message in messages] == [ext(n) for n in range(len(ids))]


async def say(device: Device, kind: str, name: str) -> list[str]:
    """Ten numbered texts from a client, and the ids it was given."""
    to = {"type": kind, "id": name}
    return [
        (await device.ask("send", to=to, body=text(n), ext=ext(n), id=f"c{n}"))["id"]
        for n in range(COUNT)
    ]


async def send(stage: Stage, target_type: TargetType, name: str, sender: str) -> list[str]:
    """The same ten from the backend."""
    ids = []
    for n in range(COUNT):
        body = {"msg": text(n)["msg"]}
        sent = await stage.backend.send(
            [name], body, target_type=target_type, sender=sender, ext=ext(n)
        )
        ids.append(sent[name])
    return ids


async def test_friends_see_each_other(stage: Stage) -> None:
    assert await stage.backend.friends("demo1") == ["demo2"]
    assert await stage.backend.friends("demo2") == ["demo1"]


async def test_one_to_one_between_clients(stage: Stage) -> None:
    one, two = await stage.open("demo1"), await stage.open("demo2")
    ids = await say(one, "user", "demo2")
    is_the_conversation(await two.messages(COUNT), "demo1", ids)
    is_the_conversation(await two.history("user", "demo1"), "demo1", ids)
    is_the_conversation(await one.history("user", "demo2"), "demo1", ids)


async def test_one_to_one_from_the_backend(stage: Stage) -> None:
    two = await stage.open("demo2")
    ids = await send(stage, "users", "demo2", "demo1")
    is_the_conversation(await two.messages(COUNT), "demo1", ids)


async def test_one_to_one_to_somebody_offline(stage: Stage) -> None:
    one = await stage.open("demo1")
    ids = await say(one, "user", "demo2")
    two = await stage.open("demo2")
    is_the_conversation(await two.catch_up(), "demo1", ids)
    await two.ask("delivered", conversation={"type": "user", "id": "demo1"}, up_to=ids[-1])
    assert await two.catch_up() == []


async def test_group_with_a_member(stage: Stage) -> None:
    group = await stage.backend.create_group("demo1", "article", ["demo2"])
    one, two = await stage.open("demo1"), await stage.open("demo2")
    ids = await say(one, "group", group)
    is_the_conversation(await two.messages(COUNT), "demo1", ids)
    is_the_conversation(await two.history("group", group), "demo1", ids)


async def test_group_from_the_backend_reaches_all(stage: Stage) -> None:
    group = await stage.backend.create_group("demo1", "article", ["demo2"])
    one = await stage.open("demo1")
    ids = await send(stage, "chatgroups", group, "admin")
    is_the_conversation(await one.messages(COUNT), "admin", ids)
    later = await stage.open("demo2")  # was away
    is_the_conversation(await later.catch_up(), "admin", ids)
    is_the_conversation(await later.history("group", group), "admin", ids)


async def test_chatroom_of_a_super_admin_with_an_admin(stage: Stage) -> None:
    await stage.backend.make_super_admin("demo1")
    room = await stage.backend.create_chatroom("demo1", "article", ["demo2"])
    await stage.backend.make_room_admin(room, "demo2")
    one, two = await stage.open("demo1"), await stage.open("demo2")
    for device in (one, two):
        await device.ask("room.join", id=room)
    ids = await say(one, "chatroom", room)
    is_the_conversation(await two.messages(COUNT), "demo1", ids)


async def test_chatroom_from_the_backend(stage: Stage) -> None:
    room = await stage.backend.create_chatroom("demo1", "article", ["demo2"])
    two = await stage.open("demo2")
    await two.ask("room.join", id=room)
    ids = await send(stage, "chatrooms", room, "demo1")
    is_the_conversation(await two.messages(COUNT), "demo1", ids)
    is_the_conversation(await two.history("chatroom", room), "demo1", ids)
