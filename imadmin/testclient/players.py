"""One face for the clients of all wires: what a scenario asks of a device, whatever it speaks.

player = make_player("xmpp", "ws://127.0.0.1:8000", "demo#app", "demo1", token=token)
await player.connect()
await player.say({"type": "user", "id": "demo2"}, "hello")
message = await player.hear({"message.from": "demo2"})
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Tap
from imadmin.testclient.xmpp import XmppClient

Json = dict[str, Any]
Wire = Literal["native", "xmpp", "msync"]
WIRES: tuple[Wire, ...] = ("native", "xmpp", "msync")


class Player(Protocol):
    """One device of one user.

    Every method may raise Refused (the server declined), Lost (the connection ended), NotHeard
    and TimeoutError (it did not come).
    """

    user: str

    async def connect(self) -> None:
        """Sign in, and read and confirm what was missed."""

    async def close(self) -> None: ...

    async def say(self, to: Json, text: str, ext: Json | None = None) -> str:
        """Send a text; the message's id. `to` is {"type": user|group|chatroom, "id"}."""

    async def hear(self, where: Mapping[str, Any]) -> Json:
        """Take the first message whose dotted paths have the given values: id, from, to, body,
        ext."""

    async def unheard(self) -> list[Json]:
        """The messages that came and that nobody took; what was caused before is among them."""

    async def enter(self, room: str) -> None:
        """Join a chatroom."""

    async def exit(self, room: str) -> None: ...

    async def friends(self) -> list[str]: ...


def make_player(
    wire: Wire,
    ws_url: str,
    appkey: str,
    user: str,
    *,
    token: str,
    device: str,
    tap: Tap | None = None,
) -> Player:
    """`ws_url` is the server's, without a path."""
    who: Json = {"appkey": appkey, "user": user, "token": token, "device": device, "tap": tap}
    if wire == "native":
        return NativePlayer(NativeClient(f"{ws_url}/ws/native/", **who))
    if wire == "xmpp":
        return XmppPlayer(XmppClient(f"{ws_url}/ws/", **who))
    return MsyncPlayer(MsyncClient(f"{ws_url}/websocket", **who))


class NativePlayer:
    def __init__(self, client: NativeClient) -> None:
        self.client = client
        self.user = client.user
        self._taken: set[str] = set()
        client.acknowledges = True

    async def connect(self) -> None:
        """What was missed comes as the answer to `sync` on this wire; it joins the events."""
        await self.client.connect()
        for event in await self.client.sync():
            self.client.events.append(event)
            if event["ev"] == "message":
                await self.client.delivered(event["conversation"], event["id"])

    async def close(self) -> None:
        await self.client.close()

    async def say(self, to: Json, text: str, ext: Json | None = None) -> str:
        return str((await self.client.send_text(to, text, ext=ext))["id"])

    async def hear(self, where: Mapping[str, Any]) -> Json:
        message = dict((await self.client.expect("message", where))["message"])
        self._taken.add(message["id"])
        return message

    async def unheard(self) -> list[Json]:
        """What is stored in the moment of a log-in may be pushed and synced: applications of this
        wire drop what they have by its id (specs/native.md §1), and so does this one."""
        await self.client.ping()
        came = [event["message"] for event in self.client.events if event["ev"] == "message"]
        return [message for message in came if message["id"] not in self._taken]

    async def enter(self, room: str) -> None:
        await self.client.room("join", room)

    async def exit(self, room: str) -> None:
        await self.client.room("leave", room)

    async def friends(self) -> list[str]:
        return [one["user"] for one in await self.client.roster() if one["state"] == "friends"]


class _SaysAlike:
    """XMPP and MSYNC: what was missed comes by itself, and is confirmed by itself."""

    client: XmppClient | MsyncClient

    async def connect(self) -> None:
        await self.client.connect()

    async def close(self) -> None:
        await self.client.close()

    async def say(self, to: Json, text: str, ext: Json | None = None) -> str:
        return str((await self.client.send_text(to, text, ext=ext))["id"])

    async def hear(self, where: Mapping[str, Any]) -> Json:
        return dict((await self.client.expect("message", where))["message"])

    async def enter(self, room: str) -> None:
        await self.client.join(room)

    async def exit(self, room: str) -> None:
        await self.client.leave(room)

    async def friends(self) -> list[str]:
        return [one["user"] for one in await self.client.roster()]

    async def unheard(self) -> list[Json]:
        await self.client.ping()
        return [event["message"] for event in self.client.events if event["ev"] == "message"]


class XmppPlayer(_SaysAlike):
    def __init__(self, client: XmppClient) -> None:
        self.client: XmppClient = client
        self.user = client.user


class MsyncPlayer(_SaysAlike):
    def __init__(self, client: MsyncClient) -> None:
        self.client: MsyncClient = client
        self.user = client.user

    async def unheard(self) -> list[Json]:
        """A notice that came before this answer has begun a read; a second answer is after it."""
        await self.client.ping()
        return await super().unheard()
