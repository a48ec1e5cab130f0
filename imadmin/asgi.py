"""The ASGI application: http → Django, WebSockets → the live channel or the gateway."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imadmin.settings")

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

_django = get_asgi_application()  # sets Django up: what follows needs its models

import asyncio  # noqa: E402
import logging  # noqa: E402

from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connections  # noqa: E402

from chat.actions.background import BackgroundLoop  # noqa: E402
from chat.actions.retention import sweeper  # noqa: E402
from chat.actions.webhook_outbox import worker  # noqa: E402
from chat.gateway.connection import PROCESS_NAME  # noqa: E402
from chat.gateway.consumer import GatewayConsumer  # noqa: E402
from chat.gateway.lane import install  # noqa: E402
from chat.gateway.process import gateway, gateways  # noqa: E402
from chat.gateway.shutdown import drain as drain_gateway  # noqa: E402
from chat.store.observed import waits_since_ms  # noqa: E402
from imadmin.console.actions.processes import Pulse, Vitals  # noqa: E402
from imadmin.console.live import PATH as LIVE_PATH  # noqa: E402
from imadmin.console.live import LiveConsumer  # noqa: E402
from imadmin.hot_rest import HotRest  # noqa: E402

logger = logging.getLogger(__name__)

_gateway = GatewayConsumer.as_asgi()
_live = LiveConsumer.as_asgi()
_http = HotRest(_django) if settings.HOT_REST else _django

Message = dict[str, Any]


def _vitals() -> Vitals:
    found = gateways()
    trips = [one.listener.round_trip_ms for one in found]
    connected = sum(len(one.connections) for one in found)
    return Vitals(connected, next(iter(trips), None), waits_since_ms())


_pulse = Pulse(PROCESS_NAME, _vitals)
pulse = BackgroundLoop("pulse", _pulse.turn, first_s=0.0)


async def application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Requests start the gateway too: what they publish must reach who is connected here."""
    worker.start()
    sweeper.start()
    match scope["type"]:
        case "http":
            gateway()
            await _http(scope, receive, send)
        case "websocket" if scope["path"] == LIVE_PATH:
            await _live(scope, receive, send)
        case "websocket":
            await _gateway(scope, receive, send)
        case other:
            raise ValueError(f"no {other} here")


def install_lane() -> None:
    """Let gateway sockets pass this application by; it may then never see a first one."""
    if install():
        worker.start()
        sweeper.start()


def begin() -> None:
    """The server serves; on its loop. What has no request yet is there, and hears the others."""
    if settings.REDIS_URL:
        gateway()
    pulse.start()


def _end_pulse() -> None:
    pulse.stop(0.5)
    try:
        _pulse.end()
    except DatabaseError as exc:  # its row then tells how it ended
        logger.warning("the process could not sign off: %s", exc)
    finally:
        connections.close_all()


async def drain(timeout_s: float) -> None:
    """Store everything, close every socket; the server calls it on its loop before it ends."""
    await drain_gateway(timeout_s)
    await asyncio.to_thread(_end_pulse)
    await asyncio.to_thread(sweeper.stop, 0.5)
    await asyncio.to_thread(worker.stop, 0.5)  # what is not sent waits in its table
