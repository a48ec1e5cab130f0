"""Live native clients beside a browser; their loop has a thread, as Playwright occupies ours."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from imadmin.testclient.native import NativeClient

Json = dict[str, Any]
T = TypeVar("T")
DEADLINE_S = 30.0


class LiveUser:
    """One device of a user, steered from a thread without a loop.

    Like an application it drops what it has by its id: what was stored in the moment of a log-in
    may be pushed and also be in the answer to `sync` (specs/native.md §1).
    """

    def __init__(self, clients: "LiveClients", client: NativeClient) -> None:
        self._clients = clients
        self._client = client
        self._seen: set[str] = set()

    def say(self, to: Json, text: str) -> str:
        """Send a text; the message's id."""
        return str(self._clients.run(self._client.send_text(to, text))["id"])

    def hears(self, message_id: str) -> Json:
        """Wait for a message; `conversation`, `from`, `body`, `ext` as the wire has them."""
        event = self._clients.run(self._client.expect("message", {"message.id": message_id}))
        self._seen.add(message_id)
        return dict(event["message"])

    def hears_nothing_more(self) -> None:
        """No message is left that nobody expected."""
        self._clients.run(self._client.ping())
        pushed = [event["message"] for event in self._client.events if event["ev"] == "message"]
        assert [message for message in pushed if message["id"] not in self._seen] == []

    def missed(self) -> list[Json]:
        """The messages that came while it was away, oldest first."""
        events = self._clients.run(self._client.sync())
        messages = [event["message"] for event in events if event["ev"] == "message"]
        self._seen |= {message["id"] for message in messages}
        return messages

    def confirm(self, conversation: Json, message_id: str) -> None:
        self._clients.run(self._client.delivered(conversation, message_id))

    def read(self, conversation: Json, message_id: str) -> None:
        self._clients.run(self._client.ask("read", conversation=conversation, up_to=message_id))

    def ask(self, op: str, **fields: Any) -> Json:
        """Any operation of the wire; its answer."""
        return dict(self._clients.run(self._client.ask(op, **fields)))

    def is_told(self, event: str, where: Json) -> Json:
        """Wait for an event of the wire with these values."""
        return dict(self._clients.run(self._client.expect(event, where)))

    def comes_back(self) -> None:
        """Lose the connection and log in again as the same device."""
        self._clients.run(self._client.reconnect())

    def join_chatroom(self, room_id: str) -> None:
        self._clients.run(self._client.room("join", room_id))


class LiveClients:
    """`with LiveClients(ws_url, appkey) as clients: clients.log_in("demo1", "123456")`"""

    def __init__(self, ws_url: str, appkey: str) -> None:
        self._url = f"{ws_url}/ws/native/"
        self._appkey = appkey
        self._opened: list[NativeClient] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="live clients")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._opened:
            self.run(client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)
        self._loop.close()

    def log_in(self, username: str, password: str, device: str = "phone") -> LiveUser:
        client = NativeClient(
            self._url, self._appkey, username, password=password, device=f"{username}-{device}"
        )
        self._opened.append(client)
        self.run(client.connect())
        user = LiveUser(self, client)
        user.missed()  # of the demo data, which may yet be pushed
        return user

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S)
