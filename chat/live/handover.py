"""A device comes back by another process: what it acknowledged there is written before it is read.

asked --the other process has written--> done
asked --DEADLINE_S--> done without it: what was acknowledged last there comes again. The other
                      process is asked no more for SILENT_S, since it may be gone.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger(__name__)

DEADLINE_S = 1.0
SILENT_S = 60.0

Write = Callable[[int, str], Awaitable[None]]  # user id, device
Tell = Callable[[dict[str, Any]], Awaitable[None]]  # every process


class Handovers:
    """Used on the loop only. `node` is how records of who is online name this process."""

    def __init__(self, node: str, write: Write) -> None:
        self.node = node
        self._write = write
        self._asked: dict[str, asyncio.Future[None]] = {}
        self._number = 0
        self._silent: dict[str, float] = {}  # node → until when (monotonic)

    async def ask(self, tell: Tell, node: str, user_id: int, device: str) -> None:
        """Have another process write what a device acknowledged there."""
        if self._silent.get(node, 0.0) > time.monotonic():
            return
        self._number += 1
        name = f"{self.node}.{self._number}"
        done = self._asked[name] = asyncio.get_running_loop().create_future()
        asked = {"type": "hand_over", "node": node, "user": user_id, "device": device}
        try:
            async with asyncio.timeout(DEADLINE_S):
                await tell(asked | {"name": name})
                await done
        except TimeoutError:
            self._silent[node] = time.monotonic() + SILENT_S
            logger.warning("%s has not written what a device acknowledged there", node)
        finally:
            del self._asked[name]

    async def hear(self, tell: Tell, message: dict[str, Any]) -> None:
        """What another process asks for; only the one that is named answers."""
        if message["node"] == self.node:
            await self._write(message["user"], message["device"])
            await tell({"type": "handed_over", "name": message["name"]})

    def answered(self, message: dict[str, Any]) -> None:
        done = self._asked.get(message["name"])
        if done is not None and not done.done():
            done.set_result(None)
