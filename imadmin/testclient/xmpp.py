"""A client of the XMPP wire, for scenarios and tests. Knows nothing of the server's code: what it
needs is specs/webim1-xmpp.md.

    client = XmppClient("ws://127.0.0.1:8000/ws/", "demo#app", "demo1", password="123456")
    await client.connect()
    await client.send_text("demo2", "hello")
    event = await client.expect("message", {"message.from": "demo2"})

Events have the shape of the native client's where both wires tell the same.
"""

import asyncio
import base64
import itertools
import json
import time
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidState
from websockets.typing import Subprotocol

from imadmin.testclient.as_user import AsUser
from imadmin.testclient.hearing import DEADLINE_S, Hearing, Lost, NotHeard, placed
from imadmin.testclient.native import MASK, Refused, Tap
from imadmin.testclient.xmpp_stanzas import (
    DOMAIN,
    RECEIPTS,
    ROOMS,
    USER,
    block_list,
    local,
    message_event,
    name_in,
    notice_event,
    presence_event,
    receipt_event,
    text,
)

Json = dict[str, Any]

_OPEN = f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{DOMAIN}' version='1.0'/>"
_CLOSE = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"
_CHATROOM = "<roomtype xmlns='easemob:x:roomtype' type='chatroom'/>"


class XmppClient(Hearing, AsUser):
    """One connection of one user. Give a token or a password; `device` is the resource.

    Events that nobody expected yet are kept in `events`, in the order they came. Every message is
    acknowledged at once, unless `acknowledges` is false.
    """

    def __init__(
        self,
        url: str,
        appkey: str,
        user: str,
        *,
        token: str = "",
        password: str = "",
        device: str = "webim",
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
        self.stream_error = self.stream_text = ""
        self._tap = tap
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._frames: asyncio.Queue[ET.Element] = asyncio.Queue()  # while logging in
        self._answers: dict[str, tuple[str, asyncio.Future[Any]]] = {}
        # Of the clock, as SDKs make them: the server knows a resend by its id for a day.
        self._ids = itertools.count(time.time_ns() // 1_000_000)
        self._bound = False

    # The connection

    async def connect(self) -> None:
        """Open the stream, log in, become present. Raises Refused, Lost, OSError."""
        await self.drop()
        self._socket = await connect(
            self.url,
            subprotocols=[Subprotocol("xmpp")],
            max_size=2**22,
            ping_interval=None,
            proxy=None,
        )
        self._begin()
        self._bound = False
        self._frames = asyncio.Queue()
        self._reader = asyncio.create_task(self._read(self._socket))
        self._put(_OPEN)
        await self._frame("open")
        await self._frame("features")
        name = f"{self.appkey}_{self.user.lower()}"
        secret = f"$t${self.token}" if self.token else self.password
        proof = base64.b64encode(f"{name}@{DOMAIN}\0{name}\0{secret}".encode()).decode()
        self._put(
            f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>"
        )
        answer = await self._frame("success", "failure")
        if local(answer) == "failure":
            raise Refused("auth", {"code": local(answer[0]), "message": "refused"})
        self._put(_OPEN)
        await self._frame("open")
        await self._frame("features")
        resource = f"<resource>{text(self.device)}</resource>"
        self._put(
            "<iq type='set' id='bind' xmlns='jabber:client'>"
            f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{resource}</bind></iq>"
        )
        bound = await self._frame("iq")
        if bound.get("type") != "result":
            raise Refused("bind", {"code": "bind", "message": ET.tostring(bound).decode()})
        self._bound = True
        self._put("<presence xmlns='jabber:client'/>")
        await self.roster()  # what was missed comes before this answer

    async def drop(self) -> None:
        """Lose the connection without a word, as a phone in a tunnel does."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()
        await self._finish()

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(ConnectionClosed):  # the server may be faster
                await socket.send(_CLOSE)
            await socket.close()
        await self._finish()

    async def _finish(self) -> None:
        if self._reader is not None:
            await asyncio.wait([self._reader])
            self._reader = None

    def _put(self, frame: str) -> None:
        """Frames go out in call order. Raises Lost."""
        if self._tap:
            is_proof = frame.startswith("<auth")
            self._tap("out", f"{frame.partition('>')[0]}>{MASK}" if is_proof else frame)
        if self._socket is None or self._ended.is_set():
            raise Lost(self.close_code or 1006)
        try:
            self._socket.protocol.send_text(frame.encode())
        except InvalidState as exc:
            raise Lost(1006) from exc
        self._socket.send_data()

    async def _frame(self, *names: str) -> ET.Element:
        """The next frame of the log-in, which must be one of these."""
        got = await asyncio.wait_for(self._frames.get(), DEADLINE_S)
        if local(got) not in names:
            raise Refused("stream", {"code": local(got), "message": ET.tostring(got).decode()})
        return got

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                if self._tap:
                    self._tap("in", str(frame))
                element = ET.fromstring(frame)  # noqa: S314  # our own server's
                if self._bound:
                    await self._heard(element, socket)
                else:
                    self._frames.put_nowait(element)
        except ConnectionClosed:
            pass
        self._end(socket.close_code or 1006)
        for _, answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Lost(1006))
                answer.exception()
        self._answers.clear()

    # What is heard

    async def _heard(self, stanza: ET.Element, socket: ClientConnection) -> None:
        name = local(stanza)
        if name == "iq":
            self._heard_iq(stanza)
        elif name == "message":
            await self._heard_message(stanza, socket)
        elif name == "presence":
            self._tell(presence_event(stanza, self.appkey))
        elif name == "error":
            self.stream_error = local(stanza[0])
            self.stream_text = "".join(stanza.itertext())
            await socket.send(_CLOSE)
            await socket.close()

    def _heard_iq(self, iq: ET.Element) -> None:
        op, answer = self._answers.pop(iq.get("id", ""), ("", None))
        if answer is not None and not answer.done():
            if iq.get("type") == "error":
                code = iq.find("{jabber:client}error")
                said = {"code": code.get("code") if code is not None else "?"}
                answer.set_exception(Refused(op, said))
            else:
                answer.set_result(iq)
        elif iq.get("type") == "set":
            for item in iq.iter("{jabber:iq:roster}item"):
                user = name_in(item.get("jid", ""), self.appkey)
                self._tell({"ev": "push", "user": user, "state": item.get("subscription")})

    async def _heard_message(self, message: ET.Element, socket: ClientConnection) -> None:
        id_ = message.get("id", "")
        receipt = next((one for one in message if one.tag.startswith(RECEIPTS)), None)
        if receipt is not None and local(receipt) == "received":
            _op, answer = self._answers.pop(receipt.text or "", ("", None))
            if answer is not None and not answer.done():
                answer.set_result({"id": receipt.get("mid", "")})
            return
        if message.get("type") == "error":
            self._heard_refusal(message)
            return
        if self.acknowledges and id_:
            await socket.send(
                f"<message to='{DOMAIN}' id='{id_}' xmlns='jabber:client'>"
                f"<received xmlns='urn:xmpp:receipts' id='{id_}'/></message>"
            )
        if receipt is not None:
            self._tell(receipt_event(message, receipt, self.appkey))
            return
        notice = message.find(f"{USER}x")
        if notice is not None:
            self._tell(notice_event(message, notice, self.appkey))
        else:
            self._tell(placed(message_event(message), self.user))

    def _heard_refusal(self, message: ET.Element) -> None:
        """Acknowledgements and refusals come in the order of the messages; a refusal names none."""
        error = message.find("{jabber:client}error")
        code = error.get("code", "?") if error is not None else "?"
        for ref, (op, answer) in list(self._answers.items()):
            if op == "send" and not answer.done():
                del self._answers[ref]
                answer.set_exception(Refused("send", {"code": code}))
                return
        self._tell({"ev": "error", "code": code, "id": message.get("id", "")})

    # Requests

    async def send_text(
        self, to: str | Json, msg: str, *, ext: Json | None = None, id: str = ""
    ) -> Json:
        return await self.send(to, {"type": "txt", "msg": msg}, ext=ext, id=id)

    async def send(
        self, to: str | Json, body: Json, *, ext: Json | None = None, id: str = ""
    ) -> Json:
        """Send a message; {id} once the server has it. `to` is a user's name or
        {"type": user|group|chatroom, "id"}. Raises Refused with the error's code."""
        return await asyncio.wait_for(self.start(to, body, ext=ext, id=id), DEADLINE_S)

    def start(
        self, to: str | Json, body: Json, *, ext: Json | None = None, id: str = ""
    ) -> "asyncio.Future[Json]":
        """Send a message; its acknowledgement comes through the future. `id`: that of an earlier
        one that had none."""
        target = {"type": "user", "id": to} if isinstance(to, str) else to
        id_ = id or f"c{next(self._ids)}"
        room = target["type"] != "user"
        address = f"{self.appkey}_{target['id']}@{ROOMS if room else DOMAIN}"
        said = {"from": self.user, "to": target["id"], "bodies": [body], "ext": ext or {}}
        mark = _CHATROOM if target["type"] == "chatroom" else ""
        answer = self._expect_answer(id_, "send")
        try:
            self._put(
                f"<message type='{'groupchat' if room else 'chat'}' to={quoteattr(address)}"
                f" id='{id_}' xmlns='jabber:client'><body>{text(json.dumps(said))}</body>{mark}"
                "</message>"
            )
        except Lost as lost:
            del self._answers[id_]
            answer.set_exception(lost)
        return answer

    def _expect_answer(self, ref: str, op: str) -> "asyncio.Future[Any]":
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[ref] = op, answer
        return answer

    async def iq(self, type_: str, inner: str, to: str = "") -> ET.Element:
        id_ = f"q{next(self._ids)}"
        answer = self._expect_answer(id_, "iq")
        address = f" to={quoteattr(to)}" if to else ""
        self._put(f"<iq type='{type_}' id='{id_}'{address} xmlns='jabber:client'>{inner}</iq>")
        got: ET.Element = await asyncio.wait_for(answer, DEADLINE_S)
        return got

    async def ping(self) -> None:
        await self.iq("get", "<ping xmlns='urn:xmpp:ping'/>", DOMAIN)

    async def roster(self) -> list[Json]:
        """Friends only: the wire lists no open requests."""
        got = await self.iq("get", "<query xmlns='jabber:iq:roster'/>")
        items = got.iter("{jabber:iq:roster}item")
        return [{"user": name_in(i.get("jid", ""), self.appkey), "state": "friends"} for i in items]

    async def presence(self, user: str, type_: str, status: str = "") -> None:
        """subscribe, subscribed, unsubscribed to a user."""
        said = f"<status>{text(status)}</status>" if status else ""
        to = quoteattr(f"{self.appkey}_{user}@{DOMAIN}")
        self._put(f"<presence to={to} type='{type_}' xmlns='jabber:client'>{said}</presence>")

    async def add_contact(self, user: str, message: str = "") -> None:
        await self.presence(user, "subscribe", message)

    async def accept_contact(self, user: str) -> None:
        await self.presence(user, "subscribed", "[resp:true]")

    async def decline_contact(self, user: str, message: str = "") -> None:
        """With a word: applications tell a refusal from a removal by it."""
        await self.presence(user, "unsubscribed", message or "no")

    async def remove_contact(self, user: str) -> None:
        jid = quoteattr(f"{self.appkey}_{user}@{DOMAIN}")
        item = f"<item jid={jid} subscription='remove'/>"
        await self.iq("set", f"<query xmlns='jabber:iq:roster'>{item}</query>")

    async def blocks(self) -> list[str]:
        got = await self.iq(
            "get", "<query xmlns='jabber:iq:privacy'><list name='special'/></query>"
        )
        items = got.iter("{jabber:iq:privacy}item")
        return [name_in(item.get("value", ""), self.appkey) for item in items]

    async def set_blocks(self, users: list[str]) -> None:
        """The whole new list."""
        listed = block_list([f"{self.appkey}_{user}@{DOMAIN}" for user in users])
        await self.iq("set", f"<query xmlns='jabber:iq:privacy'>{listed}</query>")

    async def delivered(self, user: str, message_id: str) -> None:
        await self._receipt("delivery", user, message_id)

    async def read(self, user: str, message_id: str) -> None:
        await self._receipt("acked", user, message_id)

    async def _receipt(self, name: str, user: str, message_id: str) -> None:
        """To the message's author, of a group's message too."""
        to = quoteattr(f"{self.appkey}_{user}@{DOMAIN}")
        self._put(
            f"<message to={to} id='c{next(self._ids)}' xmlns='jabber:client'>"
            f"<body>{message_id}</body>"
            f"<{name} xmlns='urn:xmpp:receipts' id='{message_id}'/></message>"
        )

    async def join(self, room: str) -> None:
        await self._enter(room, "")

    async def leave(self, room: str) -> None:
        await self._enter(room, " type='unavailable'")

    async def _enter(self, room: str, type_: str) -> None:
        id_ = f"p{next(self._ids)}"
        answer = self._expect_answer(id_, "room")
        to = quoteattr(f"{self.appkey}_{room}@{ROOMS}/{self.user}")
        item = "<item affiliation='member' role='participant'/>"
        self._put(
            f"<presence to={to} id='{id_}'{type_} xmlns='jabber:client'>"
            f"<x xmlns='{USER[1:-1]}'>{item}</x>{_CHATROOM}</presence>"
        )
        await asyncio.wait_for(answer, DEADLINE_S)

    async def expect_no_message(self) -> None:
        await self.ping()
        heard = [event for event in self.events if event["ev"] == "message"]
        if heard:
            raise NotHeard(f"{self.user} heard {heard}")
