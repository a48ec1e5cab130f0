"""Tasks that are kept: each is referenced while it runs, and how it ended is logged."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)

_running: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, None], name: str) -> None:
    """Start `work` on the running loop. A failure is logged as a bug."""
    keep(work, name)  # type: ignore[unused-awaitable]  # referenced until it ends


def keep(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """As spawn; the task is given back, to be cancelled."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if task.cancelled():
        logger.debug("%s: cancelled", task.get_name())
    elif (exc := task.exception()) is not None:
        logger.error("%s: ended by %r", task.get_name(), exc, exc_info=exc)
