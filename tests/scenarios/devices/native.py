"""A device of the native wire. Source: specs/native.md 1."""

import asyncio
from typing import Any

import pytest

from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.players import NativePlayer
from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.servers import Server
from tests.scenarios.devices.acting import ActingByWire
from tests.scenarios.devices.device import Device, Json

CLOSE_CODES = {
    "unauthenticated": 4401,
    "wrong_password": 4401,
    "unknown_login": 4401,
    "user_disabled": 4403,
    "forced_offline": 4403,
    "device_replaced": 4409,
    "account_removed": 4410,
    "password_changed": 4411,
}


class NativeDevice(NativePlayer, ActingByWire, Device):
    wire = "native"
    # The codes of chat/domain/errors.py are the ones that scenarios use.
    refusals = {
        code: code
        for code in (
            "blocked", "group_not_found", "muted", "muted_all", "no_such_request", "not_member",
            "not_in_threads_group", "not_permitted", "not_recallable", "sender_not_member",
            "thread_not_found",
        )
    }  # fmt: skip
    client: NativeClient

    def __init__(self, server: Server, user: str, name: str, token: str) -> None:
        Device.__init__(self, server, user, name, token)
        self._taken: set[str] = set()

    def new_client(self) -> NativeClient:
        url = f"{self.server.ws_url}/ws/native/"
        return NativeClient(
            url, APPKEY, self.user, token=self.token, password=PASSWORD, device=self.name
        )

    async def connect(self) -> None:
        """What was missed joins what is pushed, each once by its id, as applications do (§1)."""
        await self.client.connect()
        self.name = self.client.device
        there = {event.get("id") for event in self.client.events}
        missed = await self.client.sync()
        self.client.events.extend(event for event in missed if event["id"] not in there)

    async def close(self) -> None:
        await self.client.close()

    async def restart(self) -> None:
        self._taken.clear()
        await super().restart()

    async def thrown_out(self, code: str) -> None:
        assert (await self.client.expect("kicked"))["code"] == code
        assert await self.client.closed() == CLOSE_CODES[code]

    async def kept_out(self, code: str) -> None:
        with pytest.raises(Refused) as refusal:
            await self.client.reconnect()
        assert refusal.value.code == code
        assert await self.client.closed() == CLOSE_CODES[code]

    # Messages

    def start(self, to: Json, text: str, key: str = "") -> "asyncio.Future[Json]":
        known = {"id": key} if key else {}
        return self.client.start("send", to=to, body={"type": "txt", "msg": text}, **known)

    async def send(
        self,
        to: Json,
        body: Json,
        *,
        ext: Json | None = None,
        key: str = "",
        online_only: bool = False,
    ) -> Json:
        more = {"online_only": True} if online_only else {}
        return await self.client.send(to, body, ext=ext, id=key, **more)

    async def silent(self) -> None:
        await self.client.expect_silence()

    async def confirm(self, message: Json) -> None:
        await self.client.delivered(message["conversation"], message["id"])

    def stop_confirming(self) -> None:
        """Nothing is confirmed unasked."""

    async def delivered(self, message: Json) -> None:
        await self.client.delivered(message["conversation"], message["id"])

    async def read(self, message: Json) -> None:
        await self.client.read(message["conversation"], message["id"])

    async def receipt(self, kind: str, by: str, message_id: str) -> Json:
        seen = await super().receipt(kind, by, message_id)
        assert seen["conversation"] == {"type": "user", "id": by}
        return seen

    async def recall(self, message_id: str, to: Json) -> None:
        await self.client.recall(message_id)

    async def sees_recall(self, message: Json, by: str) -> None:
        seen = await self.client.expect("recalled", {"message_id": message["id"], "by": by})
        assert seen["conversation"] == message["conversation"]

    async def edit(self, message_id: str, to: Json, body: Json) -> None:
        raise NotImplementedError

    async def sees_edit(self, message: Json, by: str, body: Json) -> None:
        seen = await self.client.expect("edited", {"message_id": message["id"], "by": by})
        assert (seen["body"], seen["conversation"]) == (body, message["conversation"])

    async def type(self, to: Json) -> None:
        await self.client.typing(to)

    async def history(self, conversation: Json, page: int = 20) -> list[Json]:
        seen: list[Json] = []
        before, end = "-1", False
        while not end:
            answer = await self.client.history(conversation, before, page)
            seen += answer["messages"]
            before, end = seen[-1]["id"] if seen else "", answer["end"]
        return seen

    async def conversations(self) -> list[tuple[str, int, str]]:
        listed = await self.client.conversations()
        return [(i["conversation"]["id"], i["unread"], _text_of(i)) for i in listed]

    # Contacts

    async def block(self, name: str) -> None:
        await self.client.ask("block", user=name)

    async def unblock(self, name: str) -> None:
        await self.client.ask("unblock", user=name)

    async def told_contact(self, kind: str, name: str, message: str = "") -> None:
        seen = await self.client.expect("roster", {"kind": kind, "user": name, "by_me": False})
        if kind == "request":
            assert seen["message"] == message
        assert seen["conversation"] == {"type": "personal", "id": self.user}

    # Groups, chatrooms, threads

    async def told(self, place: str, kind: str, id: str, who: str = "") -> Json:
        kind = "members_added" if (place, kind) == ("group", "created") else kind

        def fits(event: Json) -> bool:
            same = (event["ev"], event.get("kind"), event.get(place)) == (place, kind, id)
            return same and (not who or who in _concerned(event))

        return await self.client.take(fits, f"{place} {kind} {who}")


def _concerned(event: Json) -> list[Any]:
    return [event.get("owner"), event.get("by"), *event.get("users", ())]


def _text_of(item: Json) -> str:
    return str((item["last_message"] or {}).get("body", {}).get("msg", ""))
