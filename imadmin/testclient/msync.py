"""A client of the MSYNC wire, for scenarios and tests: binary frames, as SDKs from 4.13 send them.

    client = MsyncClient("ws://127.0.0.1:8000/websocket", "demo#app", "demo1", password="123456")
    await client.connect()
    await client.send_text("demo2", "hello")
    event = await client.expect("message", {"message.from": "demo2"})

Events have the shape of the native client's where both wires tell the same. What SDKs ask over
REST with the user's token (groups, the roster) goes through `call`.
Source: specs/msync.md 2.3, 3, 4, 7, 8.
"""

import asyncio
import itertools
import time
from collections import deque
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidState

from chat.wire.msync.pb import msync_pb2 as pb
from imadmin.testclient.as_user import AsUser
from imadmin.testclient.hearing import DEADLINE_S, Hearing, Lost, placed
from imadmin.testclient.msync_metas import DOMAIN, ROOMS, chat_meta, event_of, in_words
from imadmin.testclient.native import Refused, Tap

Json = dict[str, Any]

REMEMBERED = 100  # the ids that SDKs compare with (R13)


class MsyncClient(Hearing, AsUser):
    """One device of one user. Give a token or a password; `device` is the resource.

    Events that nobody expected yet are kept in `events`, in the order they came. Every batch is
    acknowledged with its key at once, unless `acknowledges` is false.
    """

    def __init__(
        self,
        url: str,
        appkey: str,
        user: str,
        *,
        token: str = "",
        password: str = "",
        device: str = "webim_web_1",
        acknowledges: bool = True,
        tap: Tap | None = None,
    ) -> None:
        self.url = url
        super().__init__(user)
        self.appkey = appkey
        self.token = token
        self.password = password
        self.device = device
        self.acknowledges = acknowledges
        self._tap = tap
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[int | str, asyncio.Future[Any]] = {}
        # Of the device, not of the connection: the server knows a resend by its id.
        self._ids = itertools.count(time.time_ns() // 1_000_000)
        self._seen: deque[int] = deque(maxlen=REMEMBERED)
        self._unread: set[str] = set()  # queues to read until nothing is left

    # The connection

    async def connect(self) -> None:
        """Log in, and read what was missed. Raises Refused, Lost, OSError."""
        await self.drop()
        if not self.token:
            await self.fetch_token()
        self._socket = await connect(self.url, max_size=2**22, ping_interval=None, proxy=None)
        self._begin()
        self._reader = asyncio.create_task(self._read(self._socket))
        asked = pb.Provision(
            resource=self.device,
            version="4.21.1",
            os_type=pb.Provision.OS_OTHER,
            action_version="v5.2",
        )
        me = pb.Jid(app_key=self.appkey, name=self.user, domain=DOMAIN, client_resource=self.device)
        proof = f"$t${self.token}"
        answer = await self._ask(
            "provision", pb.MSync.PROVISION, asked.SerializeToString(), guid=me, auth=proof
        )
        if answer.status.error_code:
            raise Refused("provision", _error(answer.status))
        pending = await self.unread()
        if self.acknowledges:
            self._unread = {queue.queue.name for queue in pending.unread}
            for queue in pending.unread:
                self._sync(queue=queue.queue)
            await self._until(lambda: not self._unread)

    async def call(self, method: str, path: str, json: object = None) -> Json:
        """A change names its device, which then is not told of it (8, column q; R7)."""
        if method != "GET":
            path += f"{'&' if '?' in path else '?'}resource={quote(self.device)}"
        return await super().call(method, path, json)

    async def drop(self) -> None:
        """Lose the connection without a word, as a phone in a tunnel does."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()
        await self._finish()

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        await self._finish()

    async def _finish(self) -> None:
        if self._reader is not None:
            await asyncio.wait([self._reader])
            self._reader = None

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                heard = pb.MSync.FromString(frame if isinstance(frame, bytes) else b"")
                if self._tap:
                    self._tap("in", in_words(heard, "in"))
                self._heard(heard)
        except (ConnectionClosed, Lost):
            pass  # nobody is left to acknowledge to
        self._end(socket.close_code or 1006)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Lost(1006))
                answer.exception()
        self._answers.clear()

    # What is heard

    def _heard(self, frame: pb.MSync) -> None:
        match frame.command:
            case pb.MSync.PROVISION:
                self._answered("provision", pb.Provision.FromString(frame.payload))
            case pb.MSync.UNREAD:
                self._answered("unread", pb.CommUnreadDL.FromString(frame.payload))
            case pb.MSync.NOTICE:
                self._sync(queue=pb.CommNotice.FromString(frame.payload).queue)
            case pb.MSync.SYNC:
                answer = pb.CommSyncDL.FromString(frame.payload)
                if answer.meta_id:
                    self._answered(answer.meta_id, answer)
                else:
                    self._heard_batch(answer)
        self._changed.set()

    def _answered(self, ref: int | str, answer: Any) -> None:
        waiting = self._answers.pop(ref, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _heard_batch(self, batch: pb.CommSyncDL) -> None:
        for meta in batch.metas:
            if meta.id not in self._seen:
                self._seen.append(meta.id)
                self._tell(placed(event_of(meta), self.user))
        if batch.is_last:
            self._unread.discard(batch.queue.name)
        elif self.acknowledges:
            with suppress(Lost):  # the server has gone, and what it said before is still read
                self._sync(queue=batch.queue, key=batch.next_key)

    # Requests

    def _put(self, command: "pb.MSync.Command", payload: bytes, **fields: Any) -> None:
        """Frames go out in call order. Raises Lost."""
        if self._socket is None or self._ended.is_set():
            raise Lost(1006)
        frame = pb.MSync(version=pb.MSync.MSYNC_V1, command=command, **fields)
        if payload:
            frame.payload = payload
        if self._tap:
            self._tap("out", in_words(frame, "out"))
        try:
            self._socket.protocol.send_binary(frame.SerializeToString())
        except InvalidState as exc:
            raise Lost(1006) from exc
        self._socket.send_data()

    def _sync(self, **fields: Any) -> None:
        self._put(pb.MSync.SYNC, pb.CommSyncUL(**fields).SerializeToString())

    async def _ask(
        self, ref: str, command: "pb.MSync.Command", payload: bytes = b"", **fields: Any
    ) -> Any:
        answer = self._answers[ref] = asyncio.get_running_loop().create_future()
        self._put(command, payload, **fields)
        return await asyncio.wait_for(answer, DEADLINE_S)

    async def unread(self) -> pb.CommUnreadDL:
        """Which queues hold something; the wire's heartbeat, too."""
        answer: pb.CommUnreadDL = await self._ask("unread", pb.MSync.UNREAD)
        return answer

    async def ping(self) -> None:
        await self.unread()

    def start(self, meta: pb.Meta, id: int = 0) -> "asyncio.Future[pb.CommSyncDL]":
        """Send a meta; its acknowledgement comes through the future. `id`: that of an earlier
        send, as an app does that sends again what it had no answer to."""
        answer: asyncio.Future[pb.CommSyncDL] = asyncio.get_running_loop().create_future()
        meta.id = id or next(self._ids)
        self._answers[meta.id] = answer
        try:
            self._sync(meta=meta)
        except Lost as lost:
            del self._answers[meta.id]
            answer.set_exception(lost)
        return answer

    async def _do(self, op: str, meta: pb.Meta, id: int = 0) -> Json:
        answer = await asyncio.wait_for(self.start(meta, id), DEADLINE_S)
        if answer.status.error_code:
            raise Refused(op, _error(answer.status))
        return {"id": str(answer.server_id), "time": answer.timestamp}

    def message(self, to: str | Json, body: Json, ext: Json | None = None) -> pb.Meta:
        return chat_meta(self.appkey, _target(to), body=body, ext=ext)

    async def send(
        self,
        to: str | Json,
        body: Json,
        *,
        ext: Json | None = None,
        id: int = 0,
        online_only: bool = False,
    ) -> Json:
        """Send a message; {id, time}. `to` is a user's name or
        {"type": user|group|chatroom|thread, "id"}. Raises Refused with the status's reason."""
        meta = self.message(to, body, ext)
        if online_only:
            meta.routetype = pb.Meta.ROUTE_ONLINE
        return await self._do("send", meta, id)

    async def send_text(
        self, to: str | Json, msg: str, *, ext: Json | None = None, id: int = 0
    ) -> Json:
        return await self.send(to, {"type": "txt", "msg": msg}, ext=ext, id=id)

    async def delivered(self, user: str | Json, message_id: str) -> Json:
        return await self._about("delivered", user, pb.MessageBody.DELIVER_ACK, message_id)

    async def read(self, user: str | Json, message_id: str) -> Json:
        return await self._about("read", user, pb.MessageBody.READ_ACK, message_id)

    async def recall(self, message_id: str, to: str | Json) -> Json:
        return await self._about("recall", to, pb.MessageBody.RECALL, message_id)

    async def _about(
        self, op: str, to: str | Json, kind: "pb.MessageBody.Type", message_id: str
    ) -> Json:
        target = _target(to)
        return await self._do(
            op, chat_meta(self.appkey, target, kind=kind, ack_message_id=int(message_id))
        )

    async def edit(self, message_id: str, to: str | Json, body: Json) -> Json:
        meta = chat_meta(
            self.appkey,
            _target(to),
            body=body,
            kind=pb.MessageBody.EDIT,
            edit_message_id=int(message_id),
            edit_scope=pb.MessageBody.BODY,
        )
        return await self._do("edit", meta)

    async def roster(self) -> list[Json]:
        """Friends only: the SDKs list no open requests."""
        answer = await self.call("GET", f"/users/{quote(self.user)}/contacts/users")
        return [{"user": name, "state": "friends"} for name in answer["data"]]

    async def add_contact(self, user: str, message: str = "") -> None:
        await self._roster(pb.RosterBody.ADD, user, message)

    async def accept_contact(self, user: str) -> None:
        await self._roster(pb.RosterBody.ACCEPT, user)

    async def decline_contact(self, user: str) -> None:
        await self._roster(pb.RosterBody.DECLINE, user)

    async def remove_contact(self, user: str) -> None:
        await self._roster(pb.RosterBody.REMOVE, user)

    async def _roster(
        self, operation: "pb.RosterBody.Operation", user: str, reason: str = ""
    ) -> None:
        """Acknowledged whatever becomes of it (7.1)."""
        other = pb.Jid(app_key=self.appkey, name=user, domain=DOMAIN)
        body = pb.RosterBody(operation=operation, to=[other], reason=reason)
        meta = pb.Meta(ns=pb.Meta.ROSTER, payload=body.SerializeToString())
        meta.to.domain = f"@{DOMAIN}"
        await self._do("roster", meta)

    async def join(self, room: str) -> None:
        await self._room(pb.MucBody.JOIN, room)

    async def leave(self, room: str) -> None:
        await self._room(pb.MucBody.LEAVE, room)

    async def _room(self, operation: "pb.MucBody.Operation", room: str) -> None:
        place = pb.Jid(app_key=self.appkey, name=room, domain=ROOMS)
        body = pb.MucBody(muc_id=place, operation=operation, is_chatroom=True)
        meta = pb.Meta(ns=pb.Meta.MUC, payload=body.SerializeToString())
        meta.to.domain = DOMAIN
        await self._do("room", meta)


def _target(to: str | Json) -> Json:
    return {"type": "user", "id": to} if isinstance(to, str) else to


def _error(status: pb.Status) -> Json:
    """A refusal's code is the reason that SDKs look at, or the number where none is said."""
    return {"code": status.reason or str(status.error_code), "message": status.reason}
