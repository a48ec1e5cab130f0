"""The end of a process: everybody is told, everything is stored, every socket is closed."""

import asyncio
import logging
import time

from chat.domain.events import Closing
from chat.gateway.process import Gateway, running_gateway
from chat.store import close_store, get_store

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 1
LAST_ANSWERS_S = 0.1  # what was committed a moment ago is still on its way to its sender


async def drain(timeout_s: float) -> None:
    """Refuse new sockets, store what is queued, answer it, close every socket with 1001.

    Run it on the gateway's loop. Returns within about `timeout_s`, whatever is stuck.
    """
    deadline = time.monotonic() + timeout_s
    gateway = running_gateway()
    if gateway is not None:
        gateway.is_draining = True
    if not await asyncio.to_thread(get_store().flush, timeout_s / 2):
        logger.error("the store could not be flushed in %.1f s", timeout_s / 2)
    if gateway is not None:
        await asyncio.sleep(LAST_ANSWERS_S)
        await _close_sockets(gateway, timeout_s / 4)
        await gateway.stop()
    await asyncio.to_thread(close_store, max(deadline - time.monotonic(), 0.1))


async def _close_sockets(gateway: Gateway, timeout_s: float) -> None:
    for connection in list(gateway.connections):
        connection.say_goodbye(Closing(RETRY_AFTER_S))
    try:
        await asyncio.wait_for(gateway.is_empty.wait(), timeout_s)
    except TimeoutError:
        logger.info("%d sockets did not close in time", len(gateway.connections))
    await gateway.flush_last_seen()
