"""Scenes in which the backend acts by REST, and clients of a wire look on (rest.md 1.10)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.rest import RestClient
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, People
from tests.e2e.servers import Server
from tests.scenarios.test_across_generations import Client, make

Json = dict[str, Any]
WIRES = ("native", "msync", "xmpp")


@dataclass
class Scene:
    """A backend, and clients that all speak one wire."""

    server: Server
    people: People
    backend: RestClient
    wire: str
    clients: list[Client] = field(default_factory=list)

    async def online(self, user: str = "") -> Client:
        """Of a user, or of one that nobody has used; each connection is a device of its own."""
        client = make(self.wire, self.server, user or self.people.take(1)[0])
        if isinstance(client, MsyncClient):
            client.device = f"webim_web_{len(self.clients)}"
        self.clients.append(client)
        await client.connect()
        return client

    async def cast(self, count: int) -> list[Client]:
        return [await self.online() for _ in range(count)]

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Json:
        return await self.backend.call(method, path, body, **more)


@pytest.fixture(params=WIRES)
async def scene(
    request: pytest.FixtureRequest, server: Server, people: People
) -> AsyncIterator[Scene]:
    keys = people.client_id, people.client_secret
    async with RestClient(server.base_url, APPKEY, *keys) as backend:
        made = Scene(server, people, backend, request.param)
        yield made
        for client in made.clients:
            await client.close()


async def heard(client: Client) -> list[Json]:
    """What has come so far, after one round trip; nothing of it is used up."""
    await client.ping()
    return list(client.events)


async def nothing_heard(*clients: Client) -> None:
    for client in clients:
        assert await heard(client) == []


def forget(*clients: Client) -> None:
    for client in clients:
        client.events.clear()


@dataclass(frozen=True)
class Told:
    """One change of a group or chatroom in the words of each wire; "" where it says nothing."""

    native: str
    msync: str
    xmpp: str = ""


async def expect_told(client: Client, told: Told, place: str, room: str, user: str = "") -> None:
    """`place` is group or room, `user` who is concerned."""
    if isinstance(client, NativeClient):
        event = await client.expect(place, {"kind": told.native})
        assert event[place] == room
        assert not user or user in event.get("users", [event.get("user")])
    elif isinstance(client, MsyncClient):
        event = await client.expect(place, {"kind": told.msync})
        assert event[place] == room
        assert not user or user in (*event["users"], event["by"])
    elif told.xmpp:
        await _expect_stanza(client, told.xmpp, room, user)


async def _expect_stanza(client: XmppClient, said: str, room: str, user: str) -> None:
    """`said` is the notice's element, or `available` / `unavailable` of an occupant."""
    if said in ("available", "unavailable"):
        type_ = "" if said == "available" else said
        await client.expect("presence", {"room": room, "user": user, "type": type_})
        return
    await client.expect("notice", {"kind": said, "room": room})


async def said_and_refused(client: Client, to: Json) -> None:
    """The first generation is told that its message was taken, and then why not."""
    await client.send_text(to, "?")
    if isinstance(client, XmppClient):
        await client.expect("error")
        raise Refused("send", {"code": "later"})
