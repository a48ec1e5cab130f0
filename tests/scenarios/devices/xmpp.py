"""A device of the first generation. Source: specs/webim1-xmpp.md."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from imadmin.testclient.native import Refused
from imadmin.testclient.players import XmppPlayer
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.servers import Server
from tests.scenarios.devices.device import Json
from tests.scenarios.devices.vendor import BY_REST, VendorDevice

_NOTICED = {
    "admin_added": "add_admin",
    "admin_removed": "remove_admin",
    "muted": "add_mute",
    "unmuted": "remove_mute",
}
# §7 and §8.1 have no stanza for it.
_NEVER_TOLD = {
    "muted_all", "unmuted_all", "updated", "announced", "owner_changed", "invite_declined",
}  # fmt: skip


class XmppDevice(XmppPlayer, VendorDevice):
    wire = "xmpp"
    # §5.6, §6.3
    refusals = BY_REST | {
        "blocked": "",
        "muted": "405",
        "muted_all": "405",
        "group_not_found": "406",
        "sender_not_member": "406",
        "no_such_request": "",
    }
    client: XmppClient

    def __init__(self, server: Server, user: str, name: str, token: str) -> None:
        VendorDevice.__init__(self, server, user, name, token)

    def new_client(self) -> XmppClient:
        url, device = f"{self.server.ws_url}/ws/", self.name or "webim"
        return XmppClient(
            url, APPKEY, self.user, token=self.token, password=PASSWORD, device=device
        )

    async def thrown_out(self, code: str) -> None:
        """There are two texts: of another log-in, and of all that an administrator does (§4.2)."""
        await self.client.closed()
        assert self.client.stream_error == "conflict"
        replaced = code == "device_replaced"
        said = "Replaced by new connection" if replaced else "User removed"
        assert self.client.stream_text == said

    async def kept_out(self, code: str) -> None:
        with pytest.raises(Refused) as refusal:
            await self.client.connect()
        assert refusal.value.code == "not-authorized"

    # Messages

    def start(self, to: Json, text: str, key: str = "") -> "asyncio.Future[Json]":
        return self.client.start(to, {"type": "txt", "msg": text}, id=key)

    async def send(self, to: Json, body: Json, *, ext: Json | None = None, key: str = "") -> Json:
        return await self.client.send(to, body, ext=ext, id=key)

    async def silent(self) -> None:
        await self.client.ping()
        assert [event for event in self.client.events if not _is_beside(event)] == []

    async def delivered(self, message: Json) -> None:
        await self.client.delivered(message["from"], message["id"])

    async def read(self, message: Json) -> None:
        """To the author, of a group's message too (§5.5). It is never answered: a question that
        is looked up has its answer after it."""
        await self.client.read(message["from"], message["id"])
        await self.client.roster()

    async def recall(self, message_id: str, to: Json) -> None:
        raise NotImplementedError

    async def sees_recall(self, message: Json, by: str) -> None:
        """Nothing is sent to these clients (§5.5)."""
        await self.silent()

    async def edit(self, message_id: str, to: Json, body: Json) -> None:
        raise NotImplementedError

    async def sees_edit(self, message: Json, by: str, body: Json) -> None:
        await self.silent()

    # Contacts

    async def block(self, name: str) -> None:
        await self.client.set_blocks([*await self.client.blocks(), name])

    async def unblock(self, name: str) -> None:
        await self.client.set_blocks([one for one in await self.client.blocks() if one != name])

    async def told_contact(self, kind: str, name: str, message: str = "") -> None:
        """§6.3: a removal is two presences, a refusal has a status."""
        type_ = {"request": "subscribe", "added": "subscribed", "removed": "unsubscribe"}.get(
            kind, "unsubscribed"
        )
        seen = await self.client.expect("presence", {"type": type_, "user": name})
        if kind == "request":
            assert seen["status"] == message
        if kind == "removed":
            await self.client.expect("presence", {"type": "unsubscribed", "user": name})

    # Groups and chatrooms

    async def told(self, place: str, kind: str, id: str, who: str = "") -> Json:
        wanted = self._sign(kind, who)
        if wanted is None:
            await self.client.ping()
            return {}

        def fits(event: Json) -> bool:
            return event.get("room") == id and wanted(event)

        return await self.client.take(fits, f"{place} {kind} {who}")

    def _sign(self, kind: str, who: str) -> Callable[[Json], bool] | None:
        """How this user learns of it (§7, §8.1, §9); None: not at all."""
        mine = who == self.user
        if kind in _NEVER_TOLD:
            return None
        if kind in ("members_added", "member_joined", "created") and (
            not mine or kind == "created"
        ):
            return lambda e: (e["ev"], e.get("type"), e.get("user")) == ("presence", "", who)
        if kind == "member_left":
            left = ("presence", "unavailable", who)
            return lambda e: (e["ev"], e.get("type"), e.get("user")) == left
        if kind in _NOTICED:  # the user alone
            return _notice(_NOTICED[kind], who) if mine else None
        if kind in ("members_added", "invited"):
            return lambda e: e["ev"] == "notice" and e["kind"] in ("invite", "accept")
        if kind == "members_removed":
            code = "321" if mine else "307"
            return lambda e: (e["ev"], e.get("code"), e.get("user")) == ("notice", code, who)
        return _notice({"requested": "apply", "destroyed": "destroy"}[kind], "")

    async def refused(self, work: Awaitable[Any], reason: str) -> None:
        """A muted sender is told that the message was taken, and then why not (§5.6)."""
        if reason not in ("muted", "muted_all"):
            await super().refused(work, reason)
            return
        taken = await work
        error = await self.client.expect("error", {"id": taken["id"]})
        assert error["code"] == self.refusals[reason]


def _is_beside(event: Json) -> bool:
    """Whether it only keeps lists right: the roster's push beside each presence of a contact, and
    the presences of those who are in a group."""
    return event["ev"] == "push" or (event["ev"] == "presence" and "room" in event)


def _notice(kind: str, who: str) -> Callable[[Json], bool]:
    return lambda e: e["ev"] == "notice" and e["kind"] == kind and (not who or e["user"] == who)
