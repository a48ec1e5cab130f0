"""publish(): hand an event to everyone it concerns, from any thread.

An event states a fact that is stored already, so callers publish after their commit. The local
registry is told on the event loop; one wake-up of the loop serves all that gathered meanwhile.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable

from chat.domain.audience import Audience
from chat.domain.events import Event, name_of
from chat.live.registry import registry

logger = logging.getLogger(__name__)

Outlet = Callable[[Event, Audience], object]
Gone = Callable[[int, str], object]  # (app id, username)


class Inbox:
    """Events on their way to the loop, in the order of the calls."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread = 0
        self.deliver: Outlet = registry.deliver
        self.relay_gone: Gone = _nowhere
        self._waiting: deque[tuple[Event, Audience]] = deque()
        self._woken = False

    def put(self, event: Event, audience: Audience) -> None:
        loop = self.loop
        if loop is None or loop.is_closed():
            return  # nobody is connected to this process
        self._waiting.append((event, audience))
        if threading.get_ident() == self.thread:
            self.drain()
        elif not self._woken:
            self._woken = True
            loop.call_soon_threadsafe(self.drain)

    def drain(self) -> None:
        self._woken = False
        while self._waiting:
            event, audience = self._waiting.popleft()
            try:
                self.deliver(event, audience)
            except Exception:
                logger.exception("a %s could not be delivered", name_of(event))


def _nowhere(app_id: int, username: str) -> None:
    """There are no other processes."""


inbox = Inbox()
_forgetters: list[Gone] = []
_outlet: Outlet = inbox.put


def publish(event: Event, audience: Audience) -> None:
    """Tell the audience; returns at once and never raises for a receiver's sake.

    Call it after the commit of what the event states.
    """
    if audience.topics:
        _outlet(event, audience)


def set_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Name the loop whose connections hear what is published. Called from that loop."""
    if inbox.loop is not loop:
        inbox.loop, inbox.thread = loop, threading.get_ident()


def on_user_gone(forget: Gone) -> None:
    """Have it called for each user who is deleted, here or in another process; any thread."""
    _forgetters.append(forget)


def forget_user(app_id: int, username: str) -> None:
    """Forget in this process what was remembered of a name."""
    for forget in _forgetters:
        forget(app_id, username)


def tell_user_gone(app_id: int, username: str) -> None:
    """A user was deleted: no process may take the next one of the name for them.

    Call it after the commit. The relay may lose it, so what is remembered also ends by time.
    """
    forget_user(app_id, username)
    if inbox.loop is not None and not inbox.loop.is_closed():
        inbox.loop.call_soon_threadsafe(lambda: inbox.relay_gone(app_id, username))
