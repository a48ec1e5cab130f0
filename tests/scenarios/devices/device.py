"""What scenarios ask of a device and see on it, in words that hold on every wire."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar

import pytest

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import Lost, NativeClient, Refused
from imadmin.testclient.players import Wire
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.servers import Server
from tests.scenarios.devices.acting import Acting

Json = dict[str, Any]
Client = NativeClient | XmppClient | MsyncClient

__all__ = ["Client", "Device", "Json", "Lost", "Refused", "Wire", "group", "room", "thread", "user"]


def user(name: str) -> Json:
    return {"type": "user", "id": name}


def group(group_id: str) -> Json:
    return {"type": "group", "id": group_id}


def room(room_id: str) -> Json:
    return {"type": "chatroom", "id": room_id}


def thread(thread_id: str) -> Json:
    return {"type": "thread", "id": thread_id}


class Device(Acting, ABC):
    """One device of one user.

    Targets and conversations are {"type": user|group|chatroom|thread, "id"}. A message has at
    least id, conversation, from, to, body and ext. What a wire never shows (each `told` and the
    like says so) is not waited for: then the device only proves that it still hears.
    """

    wire: ClassVar[Wire]
    # Refusal → the code that this wire gives for it; "" where it takes the work without a word.
    refusals: ClassVar[dict[str, str]]

    def __init__(self, server: Server, user: str, name: str, token: str) -> None:
        self.server = server
        self.user = user
        self.name = name
        self.token = token
        self.client: Any = self.new_client()

    # The connection

    @abstractmethod
    def new_client(self) -> Client: ...

    async def connect(self) -> None:
        """Log in; what was missed is among what came. Raises Refused, Lost."""
        await self.client.connect()

    async def close(self) -> None:
        await self.client.close()

    async def drop(self) -> None:
        """Lose the connection without a word."""
        await self.client.drop()

    async def restart(self) -> None:
        """The application starts again on the same device, and remembers no message."""
        await self.close()
        self.client = self.new_client()
        await self.connect()

    @abstractmethod
    async def thrown_out(self, code: str) -> None:
        """The server ends the log-in and says why, as far as the wire can: account_removed,
        device_replaced, password_changed, forced_offline, user_disabled."""

    @abstractmethod
    async def kept_out(self, code: str) -> None:
        """The next log-in with what was good before is refused: unauthenticated, user_disabled,
        unknown_login, wrong_password."""

    # Messages

    @abstractmethod
    def start(self, to: Json, text: str, key: str = "") -> "asyncio.Future[Json]":
        """Send a text; {id} once the server has it. Frames go out in call order. A `key` makes a
        second send with it the first one's repetition."""

    @abstractmethod
    async def send(self, to: Json, body: Json, *, ext: Json | None = None, key: str = "") -> Json:
        """{id} once the server has it, and `time` where the wire tells it. Raises Refused."""

    async def write(self, to: "str | Json", text: str, **more: Any) -> Json:
        """A text, to a user by name or to any target."""
        target = user(to) if isinstance(to, str) else to
        return await self.send(target, {"type": "txt", "msg": text}, **more)

    @abstractmethod
    async def hear(self, where: Mapping[str, Any]) -> Json:
        """Take the first message whose dotted paths (of {"message"}) have the given values."""

    @abstractmethod
    async def unheard(self) -> list[Json]:
        """The messages that came and that nobody took."""

    async def hears(self, *texts: str) -> list[Json]:
        """The next messages carry exactly these texts, in this order."""
        came = [await self.hear({}) for _ in texts]
        assert [message["body"].get("msg") for message in came] == list(texts)
        return came

    async def quiet(self) -> None:
        """No message is left, and none comes of what was caused before."""
        assert await self.unheard() == []

    @abstractmethod
    async def silent(self) -> None:
        """Nothing at all is left that a user would see."""

    async def missed(self) -> list[Json]:
        """Take all messages that are there: after a log-in, what came meanwhile."""
        messages = await self.unheard()
        for message in messages:
            await self.hear({"message.id": message["id"]})
        return messages

    @abstractmethod
    async def confirm(self, message: Json) -> None:
        """Tell the server that the device has it. By itself, where the wire's clients do that."""

    @abstractmethod
    def stop_confirming(self) -> None: ...

    @abstractmethod
    async def delivered(self, message: Json) -> None:
        """Let its author know that it came."""

    @abstractmethod
    async def read(self, message: Json) -> None:
        """Let its author know that it was read."""

    async def receipt(self, kind: str, by: str, message_id: str) -> Json:
        """Of a message that this user wrote: delivered or read, by the other one."""
        wanted = {"kind": kind, "by": by, "up_to": message_id}
        return dict(await self.client.expect("receipt", wanted))

    @abstractmethod
    async def recall(self, message_id: str, to: Json) -> None: ...

    @abstractmethod
    async def sees_recall(self, message: Json, by: str) -> None: ...

    @abstractmethod
    async def edit(self, message_id: str, to: Json, body: Json) -> None: ...

    @abstractmethod
    async def sees_edit(self, message: Json, by: str, body: Json) -> None: ...

    @abstractmethod
    async def history(self, conversation: Json, page: int = 20) -> list[Json]:
        """All messages that it shows, newest first, read in such pages."""

    async def history_texts(self, conversation: Json, page: int = 20) -> list[str]:
        return [message["body"].get("msg") for message in await self.history(conversation, page)]

    @abstractmethod
    async def conversations(self) -> list[tuple[str, int, str]]:
        """(other user or room, unread, text of the last message), newest first."""

    # Contacts

    async def friends(self) -> list[str]:
        raise NotImplementedError

    async def ask_friend(self, name: str, message: str = "") -> None:
        await self.client.add_contact(name, message)

    async def accept_friend(self, name: str) -> None:
        await self.client.accept_contact(name)

    async def decline_friend(self, name: str) -> None:
        await self.client.decline_contact(name)

    async def part(self, name: str) -> None:
        await self.client.remove_contact(name)

    @abstractmethod
    async def block(self, name: str) -> None: ...

    @abstractmethod
    async def unblock(self, name: str) -> None: ...

    @abstractmethod
    async def told_contact(self, kind: str, name: str, message: str = "") -> None:
        """request (with its message), added, declined, removed: by the other user."""

    # Groups, chatrooms, threads

    @abstractmethod
    async def told(self, place: str, kind: str, id: str, who: str = "") -> Json:
        """What happened in a group, room or thread, to `who`; the wire's own event."""

    async def enter(self, room_id: str) -> None:
        raise NotImplementedError

    async def exit(self, room_id: str) -> None:
        raise NotImplementedError

    async def refused(self, work: Awaitable[Any], reason: str) -> None:
        """The work is declined, and this wire says why in its own words."""
        code = self.refusals[reason]
        if not code:
            await work
            return
        with pytest.raises(Refused) as refusal:
            await work
        assert refusal.value.code == code
