"""tick() every second for all connections: one timer, however many there are."""

import asyncio
import time
from collections.abc import Callable, Iterable

from chat.gateway.connection import Connection

TICK_S = 1.0


async def beat(everyone: Callable[[], Iterable[Connection]]) -> None:
    """Runs until it is cancelled."""
    while True:
        await asyncio.sleep(TICK_S)
        now = time.monotonic()
        for connection in list(everyone()):
            connection.tick(now)
