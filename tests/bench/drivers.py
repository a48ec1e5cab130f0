"""One client a wire, on raw frames. A message's text is `@@` and the nanoseconds at which it was
due, so a delivery is found in any wire's frame without decoding it."""

import asyncio
import base64
import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from chat.wire.msync.pb import msync_pb2 as pb
from tests.bench.sockets import BINARY, RawSocket

MARK = re.compile(rb"@@(\d{19})")
STANZA_ID = re.compile(rb"<message[^>]* id=['\"](\d+)['\"]")
FILL = "x" * 79  # 100 characters in all
Json = dict[str, Any]


def marked(due_ns: int = 0) -> str:
    return f"@@{due_ns or time.perf_counter_ns():019d}{FILL}"


class Driver:
    """`on_text` gets the nanoseconds of each message that is delivered. `where` says how to reach
    the server: host, port, path, and what the wire needs besides."""

    is_acked = True  # the server answers each send
    # A server drops what it has seen: no run may use the client ids of the one before.
    run = f"{time.time_ns():x}"

    def __init__(self, where: Json, user: str, secret: str, device: str = "") -> None:
        self.where = where
        self.user = user
        self.secret = secret
        self.device = device
        self.on_text: Callable[[int], None] = lambda _: None
        self.sent = self.acked = self.refused = self.unsent = 0
        self.socket = RawSocket()
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def log_in(self) -> None:
        self.socket.on_frame = self._heard.put_nowait
        await self.socket.connect(
            self.where["host"], self.where["port"], self.where["path"],
            self.where.get("subprotocol", ""),
        )  # fmt: skip
        await self._prove()
        self.socket.on_frame = self.on_frame
        while not self._heard.empty():
            self.on_frame(self._heard.get_nowait())

    async def heard(self, *parts: bytes) -> bytes:
        """The next frame of the log-in with one of these in it."""
        while True:
            frame = await asyncio.wait_for(self._heard.get(), 60)
            if any(part in frame for part in parts):
                return frame

    def delivered(self, frame: bytes) -> bool:
        marks = MARK.findall(frame)
        for mark in marks:
            self.on_text(int(mark))
        return bool(marks)

    async def _prove(self) -> None:
        raise NotImplementedError

    def on_frame(self, frame: bytes) -> None:
        raise NotImplementedError

    def send(self, to: str, *, is_group: bool = False, due_ns: int = 0) -> None:
        """A message that is due now, or was at `due_ns`. Without a connection it is only counted:
        a workload goes on with the others, and its run has failed."""
        if self.socket.lost.done():
            self.unsent += 1
        else:
            self.sent += 1
            self._send(to, marked(due_ns), is_group=is_group)

    def _send(self, to: str, text: str, *, is_group: bool) -> None:
        raise NotImplementedError

    async def join(self, group: str) -> None:
        """Where a group's members are there by themselves there is nothing to do."""


class NativeDriver(Driver):
    async def _prove(self) -> None:
        device = f',"device":"{self.device}"' if self.device else ""
        self.socket.put(
            f'{{"op":"login","ref":"l","appkey":"{self.where["appkey"]}",'
            f'"token":"{self.secret}"{device}}}'.encode()
        )
        answer = await self.heard(b'"re":"l"')
        assert b'"ok":true' in answer, answer

    def on_frame(self, frame: bytes) -> None:
        if self.delivered(frame):
            return
        if b'"ok":true' in frame:
            self.acked += 1
        elif b'"ok":false' in frame:
            self.refused += 1

    def _send(self, to: str, text: str, *, is_group: bool) -> None:
        kind = "group" if is_group else "user"
        self.socket.put(
            f'{{"op":"send","ref":"{self.sent}","id":"{self.run}.{self.sent}",'
            f'"to":{{"type":"{kind}","id":"{to}"}},'
            f'"body":{{"type":"txt","msg":"{text}"}}}}'.encode()
        )


class MsyncDriver(Driver):
    # Microseconds: thousands are sent in a second, and the next run must begin above them.
    _ids = itertools.count(time.time_ns() // 1_000)

    def _put(self, command: int, payload: bytes = b"", **fields: Any) -> None:
        frame = pb.MSync(version=pb.MSync.MSYNC_V1, command=command, payload=payload, **fields)  # type: ignore[arg-type]
        self.socket.put(frame.SerializeToString(), BINARY)

    async def _prove(self) -> None:
        asked = pb.Provision(
            resource=self.device or "webim_1", version="4.21.1", os_type=pb.Provision.OS_OTHER
        )
        me = pb.Jid(app_key=self.where["appkey"], name=self.user, domain="easemob.com")
        token = f"$t${self.secret}"
        self._put(pb.MSync.PROVISION, asked.SerializeToString(), guid=me, auth=token)
        answer = pb.MSync.FromString(await self.heard(b""))
        assert not pb.Provision.FromString(answer.payload).status.error_code
        self._put(pb.MSync.UNREAD)
        answer = pb.MSync.FromString(await self.heard(b""))
        # As the SDKs do: a queue that is listed and not asked for is pushed a moment later.
        for listed in pb.CommUnreadDL.FromString(answer.payload).unread:
            self._put(pb.MSync.SYNC, pb.CommSyncUL(queue=listed.queue).SerializeToString())

    def on_frame(self, frame: bytes) -> None:
        message = pb.MSync.FromString(frame)
        if message.command != pb.MSync.SYNC:
            return
        answer = pb.CommSyncDL.FromString(message.payload)
        if answer.meta_id:
            if answer.status.error_code:
                self.refused += 1
            else:
                self.acked += 1
        elif not answer.is_last:
            read = pb.CommSyncUL(queue=answer.queue, key=answer.next_key)
            self._put(pb.MSync.SYNC, read.SerializeToString())
            self.delivered(frame)

    def _send(self, to: str, text: str, *, is_group: bool) -> None:
        kind = pb.MessageBody.GROUP_CHAT if is_group else pb.MessageBody.SINGLE_CHAT
        body = pb.MessageBody(type=kind)
        body.contents.add(type=pb.MessageBody.Content.TEXT, text=text)
        place = pb.Jid(
            app_key=self.where["appkey"], name=to,
            domain="conference.easemob.com" if is_group else "easemob.com",
        )  # fmt: skip
        meta = pb.Meta(
            id=next(self._ids), ns=pb.Meta.CHAT, to=place, payload=body.SerializeToString()
        )
        self._put(pb.MSync.SYNC, pb.CommSyncUL(meta=meta).SerializeToString())


OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{domain}' version='1.0'/>"
_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
_BIND = "urn:ietf:params:xml:ns:xmpp-bind"


class XmppDriver(Driver):
    """XMPP over WebSocket: ours (names carry the appkey, bodies are JSON) and any other server."""

    @property
    def _is_ours(self) -> bool:
        return "appkey" in self.where

    @property
    def is_acked(self) -> bool:  # type: ignore[override]
        return self._is_ours

    def _name(self, user: str) -> str:
        return f"{self.where['appkey']}_{user}" if self._is_ours else user

    def _jid(self, name: str, *, is_group: bool) -> str:
        domain = self.where["rooms"] if is_group else self.where["domain"]
        return f"{self._name(name)}@{domain}"

    def _put(self, text: str) -> None:
        self.socket.put(text.encode())

    async def open(self) -> None:
        self._put(OPEN.format(domain=self.where["domain"]))
        await self.heard(b"features")

    async def _prove(self) -> None:
        await self.open()
        name = self._name(self.user)
        secret = f"$t${self.secret}" if self._is_ours else self.secret
        first = f"{name}@{self.where['domain']}" if self._is_ours else ""
        proof = base64.b64encode(f"{first}\0{name}\0{secret}".encode()).decode()
        self._put(f"<auth xmlns='{_SASL}' mechanism='PLAIN'>{proof}</auth>")
        answer = await self.heard(b"success", b"failure")
        assert b"failure" not in answer, answer
        await self.open()
        resource = f"<resource>{self.device or 'bench'}</resource>"
        self._put(
            "<iq type='set' id='b' xmlns='jabber:client'>"
            f"<bind xmlns='{_BIND}'>{resource}</bind></iq>"
        )
        await self.heard(b"jid>")
        self._put("<presence xmlns='jabber:client'/>")
        if not self._is_ours:
            await self.heard(b"<presence")

    def on_frame(self, frame: bytes) -> None:
        if self.delivered(frame):
            if self._is_ours:
                self._confirm(frame)
            return
        if b"urn:xmpp:receipts" in frame:
            self.acked += 1
        elif b"type='error'" in frame or b'type="error"' in frame:
            self.refused += 1

    def _confirm(self, frame: bytes) -> None:
        """As the SDKs do (specs/webim1-xmpp.md §5.5): what nobody confirms is sent again at every
        log-in, and the next run would begin with it."""
        for found in STANZA_ID.findall(frame):
            id_ = found.decode()
            self._put(
                f"<message to='{self.where['domain']}' id='{id_}' xmlns='jabber:client'>"
                f"<received xmlns='urn:xmpp:receipts' id='{id_}'/></message>"
            )

    def _send(self, to: str, text: str, *, is_group: bool) -> None:
        kind = "groupchat" if is_group else "chat"
        if self._is_ours:
            text = (
                f'{{"from":"{self.user}","to":"{to}","bodies":[{{"type":"txt",'
                f'"msg":"{text}"}}],"ext":{{}}}}'
            )
        self._put(
            f"<message xmlns='jabber:client' type='{kind}' id='{self.run}.{self.sent}'"
            f" to='{self._jid(to, is_group=is_group)}'><body>{text}</body></message>"
        )

    async def join(self, group: str) -> None:
        if self._is_ours:
            return
        joined = asyncio.get_running_loop().create_future()

        def look(frame: bytes) -> None:
            if b"110" in frame and not joined.done():
                joined.set_result(None)

        self.socket.on_frame = look
        self._put(
            f"<presence xmlns='jabber:client' to='{self._jid(group, is_group=True)}/{self.user}'>"
            "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"
        )
        await asyncio.wait_for(joined, 60)
        self.socket.on_frame = self.on_frame

    async def register(self, users: list[str]) -> None:
        """Make accounts by in-band registration (XEP-0077), before any log-in."""
        self.socket.on_frame = self._heard.put_nowait
        await self.socket.connect(
            self.where["host"], self.where["port"], self.where["path"], "xmpp"
        )
        await self.open()
        for user in users:
            self._put(
                f"<iq type='set' id='r' xmlns='jabber:client'><query xmlns='jabber:iq:register'>"
                f"<username>{user}</username><password>{self.secret}</password></query></iq>"
            )
            answer = await self.heard(b"<iq")
            assert b"error" not in answer or b"conflict" in answer, answer
        self.socket.drop()


DRIVERS: dict[str, type[Driver]] = {
    "native": NativeDriver,
    "msync": MsyncDriver,
    "xmpp": XmppDriver,
}
