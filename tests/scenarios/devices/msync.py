"""A device of the second generation. Source: specs/msync.md."""

import asyncio
import itertools
from collections.abc import Callable

import pytest

from chat.wire.msync.pb import msync_pb2 as pb
from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import Refused
from imadmin.testclient.players import MsyncPlayer
from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.servers import Server
from tests.scenarios.devices.device import Json
from tests.scenarios.devices.vendor import BY_REST, VendorDevice

# §6.2: a change's operation, and whether it names who is concerned ("to"), who acts ("by") or
# nobody.
_OPERATIONS = {
    "created": ("create", ""),
    "member_joined": ("presence", "by"),
    "member_left": ("absence", "by"),
    "admin_added": ("add_admin", "to"),
    "admin_removed": ("remove_admin", "to"),
    "muted": ("add_mute", "to"),
    "unmuted": ("remove_mute", "to"),
    "muted_all": ("ban_group", ""),
    "unmuted_all": ("remove_ban_group", ""),
    "announced": ("update_announcement", ""),
    "updated": ("update", ""),
    "owner_changed": ("assign_owner", "to"),
    "invited": ("invite", "to"),
    "invite_declined": ("invite_decline", "by"),
    "requested": ("apply", "by"),
    "destroyed": ("destroy", ""),
}
_THREAD_NOTICES = {"created": "create", "renamed": "update", "destroyed": "delete"}
_KEPT_OUT = {
    "unauthenticated": "Sorry, token or password does not match login info",
    "user_disabled": "12",
    "unknown_login": "Sorry, user not found",
    "wrong_password": "Sorry, token or password does not match login info",
}


class MsyncDevice(MsyncPlayer, VendorDevice):
    wire = "msync"
    # §5.2, §7.1
    refusals = BY_REST | {
        "blocked": "blocked",
        "muted": "15",
        "muted_all": "not in group or chatroom white list",
        "group_not_found": "group not found",
        "sender_not_member": "not in group or chatroom",
        "no_such_request": "",
        "not_recallable": "",
    }
    client: MsyncClient

    def __init__(self, server: Server, user: str, name: str, token: str) -> None:
        VendorDevice.__init__(self, server, user, name, token)
        self._numbers: dict[str, int] = {}
        self._next = itertools.count(530_000_000_000)  # where the SDKs' own ids are

    def new_client(self) -> MsyncClient:
        url, device = f"{self.server.ws_url}/websocket", self.name or "webim_web_1"
        return MsyncClient(
            url, APPKEY, self.user, token=self.token, password=PASSWORD, device=device
        )

    async def thrown_out(self, code: str) -> None:
        """A ban has no operation of its own (msync.md 3.5)."""
        said = "forced_offline" if code == "user_disabled" else code
        assert (await self.client.expect("kicked"))["code"] == said
        await self.client.closed()

    async def kept_out(self, code: str) -> None:
        with pytest.raises(Refused) as refusal:
            await self.client.connect()
        assert refusal.value.code == _KEPT_OUT[code]

    # Messages

    def _number(self, key: str) -> int:
        """Of a message that may be sent again: ids are numbers here."""
        return self._numbers.setdefault(key, next(self._next)) if key else 0

    def start(self, to: Json, text: str, key: str = "") -> "asyncio.Future[Json]":
        meta = self.client.message(to, {"type": "txt", "msg": text})
        return asyncio.ensure_future(_sent(self.client.start(meta, self._number(key))))

    async def send(
        self,
        to: Json,
        body: Json,
        *,
        ext: Json | None = None,
        key: str = "",
        online_only: bool = False,
    ) -> Json:
        number = self._number(key)
        return await self.client.send(to, body, ext=ext, id=number, online_only=online_only)

    async def silent(self) -> None:
        await self.client.ping()
        await self.client.ping()  # what a notice began to be read before the first is here
        assert list(self.client.events) == []

    async def delivered(self, message: Json) -> None:
        await self.client.delivered(message["conversation"], message["id"])

    async def read(self, message: Json) -> None:
        await self.client.read(message["conversation"], message["id"])

    async def recall(self, message_id: str, to: Json) -> None:
        await self.client.recall(message_id, to)

    async def sees_recall(self, message: Json, by: str) -> None:
        await self.client.expect("recalled", {"message_id": message["id"], "by": by})

    async def edit(self, message_id: str, to: Json, body: Json) -> None:
        await self.client.edit(message_id, to, body)

    async def sees_edit(self, message: Json, by: str, body: Json) -> None:
        seen = await self.client.expect("edited", {"message_id": message["id"], "by": by})
        assert seen["body"] == body

    # Contacts

    async def block(self, name: str) -> None:
        """As 4.x does; 3.x asks over the socket and waits for nothing (§7.1, §8.2)."""
        await self._blocks("POST", name)

    async def unblock(self, name: str) -> None:
        await self._blocks("DELETE", name)

    async def _blocks(self, method: str, name: str) -> None:
        await self.client.call(method, f"/sdk/user/{self.user}/blocks", {"usernames": [name]})

    async def told_contact(self, kind: str, name: str, message: str = "") -> None:
        seen = await self.client.expect("roster", {"kind": kind, "user": name})
        if kind == "request":
            assert seen["message"] == message

    # Groups, chatrooms, threads

    async def told(self, place: str, kind: str, id: str, who: str = "") -> Json:
        if place == "thread":
            return await self._told_of_thread(kind, id)
        wanted = self._sign(kind, who)

        def fits(event: Json) -> bool:
            return (event["ev"], event.get(place)) == (place, id) and wanted(event)

        return await self.client.take(fits, f"{place} {kind} {who}")

    def _sign(self, kind: str, who: str) -> Callable[[Json], bool]:
        mine = who == self.user
        if kind == "members_added":
            if mine:
                return lambda e: e["kind"] in ("direct_joined", "apply_accept")
            return lambda e: (e["kind"], e["by"]) == ("presence", who)
        if kind == "members_removed":
            if mine:
                return lambda e: (e["kind"], e["users"]) == ("kick", [who])
            return lambda e: (e["kind"], e["by"]) == ("absence", who)
        operation, names = _OPERATIONS[kind]

        def fits(event: Json) -> bool:
            named = {"by": [event["by"]], "to": event["users"], "": [who]}[names]
            return bool(event["kind"] == operation and (not who or who in named))

        return fits

    async def _told_of_thread(self, kind: str, id: str) -> Json:
        """The group hears by notices; members only of what is done to themselves (§8.6)."""
        if kind == "members_removed":
            return dict(await self.client.expect("thread", {"kind": "thread_kick", "thread": id}))
        if kind not in _THREAD_NOTICES:
            await self.client.ping()
            return {}
        wanted = {"operation": _THREAD_NOTICES[kind], "id": id}
        where = {"notice.type": "thread"} | {f"notice.data.{k}": v for k, v in wanted.items()}
        said = (await self.client.expect("notice", where))["notice"]["data"]
        names = {"name": "name", "group": "muc_parent_id", "message_id": "msg_parent_id"}
        return {"by": said["from"]} | {ours: said[theirs] for ours, theirs in names.items()}


async def _sent(answer: "asyncio.Future[pb.CommSyncDL]") -> Json:
    return {"id": str((await answer).server_id)}
