"""A client of the native wire, for scenarios, virtual clients and tests. Knows nothing of the
server's code: what it needs is specs/native.md.

    client = NativeClient("ws://127.0.0.1:8000/ws/native/", "demo#app", "demo1", token=token)
    await client.connect()
    await client.send_text("demo2", "hello")
    event = await client.expect("message", {"message.from": "demo2"})
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidState

from imadmin.testclient.hearing import DEADLINE_S, Hearing, Lost, NotHeard

__all__ = ["MASK", "Json", "Lost", "NativeClient", "NotHeard", "Refused", "Tap"]

Json = dict[str, Any]
Tap = Callable[[str, str], None]  # "in" or "out", and the frame, its secrets masked

MASK = "•••"
_SECRETS = frozenset({"token", "password"})


class Refused(Exception):
    """The server declined a request. `code` is stable, `message` is for people."""

    def __init__(self, op: str, error: Mapping[str, Any]) -> None:
        self.op = op
        self.code = str(error.get("code", ""))
        self.message = str(error.get("message", ""))
        super().__init__(f"{op}: {self.code}: {self.message}")


class NativeClient(Hearing):
    """One device of one user. Give a token or a password.

    Events that nobody expected yet are kept in `events`, in the order they came. `acknowledges`:
    every message is answered with a delivered receipt, as an application would.
    """

    def __init__(
        self,
        url: str,
        appkey: str,
        user: str,
        *,
        token: str = "",
        password: str = "",
        device: str = "",
        acknowledges: bool = False,
        client: Json | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.url = url
        super().__init__(user)
        self.appkey = appkey
        self.token = token
        self.password = password
        self.device = device
        self.acknowledges = acknowledges
        self.client = client or {"type": "bot", "sdk": "imadmin.testclient"}
        self.logged_in: Json = {}
        self._tap = tap
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[str, tuple[str, asyncio.Future[Json]]] = {}
        self._refs = itertools.count(1)
        self._acks: set[asyncio.Task[None]] = set()

    # The connection

    async def connect(self) -> Json:
        """Open the socket and log in; the answer to `login`. Raises Refused, Lost, OSError."""
        await self.open()
        return await self.log_in()

    async def open(self) -> None:
        """Open the socket only."""
        await self.drop()
        self._socket = await connect(self.url, max_size=2**22, ping_interval=None, proxy=None)
        self._begin()
        self._reader = asyncio.create_task(self._read(self._socket))

    async def log_in(self) -> Json:
        fields: Json = {"appkey": self.appkey, "client": self.client}
        if self.token:
            fields["token"] = self.token
        else:
            fields |= {"user": self.user, "password": self.password}
        if self.device:
            fields["device"] = self.device
        self.logged_in = await self.ask("login", **fields)
        self.device = self.logged_in["device"]
        return self.logged_in

    async def reconnect(self) -> Json:
        """Come back as the same device."""
        return await self.connect()

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
        for ack in list(self._acks):
            ack.cancel()

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                if self._tap:
                    self._tap("in", str(frame))
                self._heard(json.loads(frame))
        except ConnectionClosed:
            pass  # how it ended is in close_code
        self._end(socket.close_code or 1006)
        for _, answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Lost(self.close_code))
                answer.exception()  # whoever still waits gets it; nobody needs to
        self._answers.clear()

    def _heard(self, frame: Json) -> None:
        if "ev" in frame:
            self._tell(frame)
            if self.acknowledges and frame["ev"] == "message":
                ack = asyncio.create_task(self._acknowledge(frame))
                self._acks.add(ack)
                ack.add_done_callback(self._acks.discard)
            return
        op, answer = self._answers.pop(frame.get("re") or "", ("", None))
        if answer is None or answer.done():
            self.events.append({"ev": "unasked", "frame": frame})
        elif frame.get("ok"):
            answer.set_result(frame)
        else:
            answer.set_exception(Refused(op, frame["error"]))

    async def _acknowledge(self, event: Json) -> None:
        try:
            await self.delivered(event["conversation"], event["id"])
        except (Lost, Refused):
            return

    # Requests

    async def ask(self, op: str, **fields: Any) -> Json:
        """Send a request and await its answer. Raises Refused, Lost, TimeoutError."""
        return await asyncio.wait_for(self.start(op, **fields), DEADLINE_S)

    def start(self, op: str, **fields: Any) -> "asyncio.Future[Json]":
        """Send a request; its answer comes through the future. Requests go out in call order."""
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        if self._socket is None or self._ended.is_set():
            answer.set_exception(Lost(self.close_code or 1006))
            return answer
        ref = str(next(self._refs))
        self._answers[ref] = op, answer
        frame = json.dumps({"op": op, "ref": ref, **fields}, ensure_ascii=False)
        if self._tap:
            self._tap("out", json.dumps({"op": op, "ref": ref, **_masked(fields)}))
        try:
            self._socket.protocol.send_text(frame.encode())
        except InvalidState:  # its end is not noticed yet
            del self._answers[ref]
            answer.set_exception(Lost(1006))
            return answer
        self._socket.send_data()
        return answer

    async def send_raw(self, frame: str | bytes) -> None:
        """A frame as it is, right or wrong."""
        assert self._socket is not None
        await self._socket.send(frame)

    async def ping(self) -> Json:
        return await self.ask("ping")

    async def send(
        self, to: Json, body: Json, *, ext: Json | None = None, id: str = "", **more: Any
    ) -> Json:
        """Send a message; {id, time}. `to` is {"type": user|group|chatroom, "id"}."""
        fields: Json = {"to": to, "body": body, **more}
        if ext is not None:
            fields["ext"] = ext
        if id:
            fields["id"] = id
        return await self.ask("send", **fields)

    async def send_text(self, to: str | Json, text: str, **more: Any) -> Json:
        """To a user by name, or to any target."""
        return await self.send(_target(to), {"type": "txt", "msg": text}, **more)

    async def send_command(self, to: str | Json, action: str, **more: Any) -> Json:
        return await self.send(_target(to), {"type": "cmd", "action": action}, **more)

    async def send_custom(self, to: str | Json, event: str, exts: Json, **more: Any) -> Json:
        body = {"type": "custom", "customEvent": event, "customExts": exts}
        return await self.send(_target(to), body, **more)

    async def send_location(
        self, to: str | Json, lat: float, lng: float, addr: str, **more: Any
    ) -> Json:
        return await self.send(
            _target(to), {"type": "loc", "lat": lat, "lng": lng, "addr": addr}, **more
        )

    async def send_file(self, to: str | Json, kind: str, url: str, **fields: Any) -> Json:
        """`kind` is img, audio, video or file; `fields` are the body's others."""
        return await self.send(_target(to), {"type": kind, "url": url, **fields})

    async def sync(self) -> list[Json]:
        """Everything this device has not acknowledged, all pages; oldest first in each
        conversation."""
        events: list[Json] = []
        page = await self.ask("sync")
        events += page["events"]
        while page["more"]:
            page = await self.ask("sync", after=page["next"])
            events += page["events"]
        return events

    async def history(self, conversation: str | Json, before: str = "-1", limit: int = 10) -> Json:
        return await self.ask(
            "history", conversation=_target(conversation), before=before, limit=limit
        )

    async def delivered(self, conversation: str | Json, up_to: str) -> int:
        answer = await self.ask("delivered", conversation=_target(conversation), up_to=up_to)
        return int(answer["unread"])

    async def read(self, conversation: str | Json, up_to: str) -> int:
        answer = await self.ask("read", conversation=_target(conversation), up_to=up_to)
        return int(answer["unread"])

    async def recall(self, message_id: str) -> Json:
        return await self.ask("recall", id=message_id)

    async def conversations(self) -> list[Json]:
        answer = await self.ask("conversations")
        items: list[Json] = answer["items"]
        return items

    async def typing(self, to: str | Json) -> Json:
        return await self.ask("typing", to=_target(to))

    async def roster(self) -> list[Json]:
        answer = await self.ask("roster")
        items: list[Json] = answer["items"]
        return items

    async def add_contact(self, user: str, message: str = "") -> Json:
        return await self.ask("roster.add", user=user, message=message)

    async def accept_contact(self, user: str) -> Json:
        return await self.ask("roster.accept", user=user)

    async def decline_contact(self, user: str) -> Json:
        return await self.ask("roster.decline", user=user)

    async def remove_contact(self, user: str) -> Json:
        return await self.ask("roster.remove", user=user)

    async def create_group(self, name: str, members: list[str], **fields: Any) -> str:
        """The new group's id. Public unless `fields` say otherwise."""
        made = await self.ask("group.create", groupname=name, members=members, **fields)
        return str(made["data"]["groupid"])

    async def group(self, op: str, group_id: str, **fields: Any) -> Json:
        """Any `group.…` request: group("remove", g, usernames=["demo3"])."""
        return await self.ask(f"group.{op}", id=group_id, **fields)

    async def room(self, op: str, room_id: str = "", **fields: Any) -> Json:
        """Any `room.…` request: room("join", r)."""
        return await self.ask(f"room.{op}", **({"id": room_id} if room_id else {}), **fields)

    async def thread(self, op: str, thread_id: str, **fields: Any) -> Json:
        """Any `thread.…` request but create: thread("join", t)."""
        return await self.ask(f"thread.{op}", id=thread_id, **fields)

    # Events

    async def expect_texts(self, texts: list[str], timeout_s: float = DEADLINE_S) -> None:
        """The next messages carry exactly these texts, in this order."""
        for text in texts:
            event = await self.expect("message", timeout_s=timeout_s)
            came = event["message"]["body"].get("msg")
            if came != text:
                raise NotHeard(f"{self.user} expected {text!r}, and {came!r} came")

    async def expect_silence(self) -> None:
        """Nothing more comes: what was caused before is delivered before a later answer, and the
        ping's answer is later."""
        await self.ping()
        waiting = [event for event in self.events if event["ev"] != "presence"]
        if waiting:
            raise NotHeard(f"{self.user} heard {waiting}")


def _masked(fields: Json) -> Json:
    return {key: MASK if key in _SECRETS else value for key, value in fields.items()}


def _target(to: str | Json) -> Json:
    return {"type": "user", "id": to} if isinstance(to, str) else to
