"""The one Channels consumer: socket ⇄ Connection."""

import logging
import time
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from chat.gateway.connection import Connection
from chat.gateway.frames import MAX_MESSAGE_BYTES, TOO_LARGE
from chat.gateway.process import gateway
from chat.gateway.routing import chosen_subprotocol, route_for
from chat.gateway.sockets import AsgiSend, AsgiSocket, DaphneSocket, socket_for
from chat.store import observed

logger = logging.getLogger(__name__)

ABNORMAL = 1006


class GatewayConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels is untyped
    """A socket. Everything between its frames happens in the Connection, which never waits."""

    channel_layer_alias = "none"  # no such layer: fan-out is per process, not per connection
    connection: Connection | None = None
    base_send: AsgiSend
    socket: AsgiSocket | DaphneSocket

    async def __call__(self, scope: dict[str, Any], receive: Any, send: AsgiSend) -> None:
        # Not super().__call__(): it makes a task for each source of events (10–13 µs a frame);
        # this consumer has one source. (specs/performance.md 1.2)
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            return
        finally:
            self._lost(ABNORMAL)

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Not super().dispatch(): it hops to the shared sync thread for every frame
        # to close database connections, and this consumer holds none.
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        route = route_for(self.scope["path"])
        running = gateway()
        client = self.scope.get("client") or ("?", 0)
        if route is None:
            observed.attempted(
                app_id=0, kind="upgrade", what=self.scope["path"], status=403, address=client[0]
            )
        if route is None or running.is_draining:
            await self.base_send({"type": "websocket.close", "code": 1001})
            raise StopConsumer
        connection = Connection(
            route.session(), running, wire=route.wire, address=f"{client[0]}:{client[1]}"
        )
        offered = list(self.scope.get("subprotocols", ()))
        await self.base_send(
            {"type": "websocket.accept", "subprotocol": chosen_subprotocol(route, offered)}
        )
        self.connection = connection
        connection.transport = self.socket = socket_for(connection, self.base_send)
        running.opened(connection)
        connection.opened(time.monotonic())

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.connection is None:
            return
        text = message.get("text")
        frame = text if text is not None else message.get("bytes") or b""
        if len(frame) > MAX_MESSAGE_BYTES:
            # The server under us lets twice as much through, so that a wire can say why it ends.
            self.connection.unreadable(TOO_LARGE, "message too large")
            return
        self.connection.feed(frame, time.monotonic())
        if self.socket.is_paused:
            await self.socket.room()

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._lost(message.get("code") or ABNORMAL)
        raise StopConsumer

    def _lost(self, code: int) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.lost(code)
            gateway().closed(connection)
