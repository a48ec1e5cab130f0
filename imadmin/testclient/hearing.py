"""What came to a client, and waiting for it: the half that is the same on every wire."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]

DEADLINE_S = 10.0
MAX_EVENTS = 10_000


class Lost(Exception):
    """The connection ended. `code` is its close code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"the connection ended with {code}")


class NotHeard(AssertionError):
    """An expected event did not come in time; says what came instead."""


class Hearing:
    """Events that nobody expected yet are in `events`, in the order they came."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.events: deque[Json] = deque(maxlen=MAX_EVENTS)
        self.close_code = 0
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()

    def _tell(self, event: Json) -> None:
        self.events.append(event)
        self._changed.set()

    def _begin(self) -> None:
        self.close_code = 0
        self._ended.clear()

    def _end(self, code: int) -> None:
        self.close_code = code
        self._ended.set()
        self._changed.set()

    async def closed(self, timeout_s: float = DEADLINE_S) -> int:
        """Wait for the server to end the connection; the close code."""
        await asyncio.wait_for(self._ended.wait(), timeout_s)
        return self.close_code

    async def _until(self, done: Callable[[], bool], timeout_s: float = DEADLINE_S) -> None:
        """Wait for what comes to make it true. Raises Lost, TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not done():
                if self._ended.is_set():
                    raise Lost(self.close_code)
                self._changed.clear()
                await self._changed.wait()

    async def take(
        self, match: Callable[[Json], bool], wanted: str, timeout_s: float = DEADLINE_S
    ) -> Json:
        """Take the first event that matches; `wanted` says in words what that is.

        Raises:
            NotHeard: none came in time.
            Lost: the connection ended before it came.
        """
        found: list[Json] = []

        def look() -> bool:
            found[:] = [event for event in self.events if match(event)][:1]
            return bool(found)

        try:
            await self._until(look, timeout_s)
        except TimeoutError:
            came = list(self.events)
            raise NotHeard(f"{self.user} waited for {wanted}; came: {came}") from None
        self.events.remove(found[0])
        return found[0]

    async def expect(
        self,
        kind: str,
        where: Mapping[str, Any] | None = None,
        timeout_s: float = DEADLINE_S,
    ) -> Json:
        """Take the first event of a kind whose dotted paths have the given values; see `take`."""

        def match(event: Json) -> bool:
            return event["ev"] == kind and fits(event, where or {})

        return await self.take(match, f"{kind} {where}", timeout_s)


def fits(event: Json, where: Mapping[str, Any]) -> bool:
    """Whether the event has each value at its dotted path."""
    return all(_at(event, path) == value for path, value in where.items())


def _at(event: Json, path: str) -> Any:
    value: Any = event
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def placed(event: Json, me: str) -> Json:
    """A message event with the conversation that it belongs to at `me`, as clients work it out."""
    if event["ev"] == "message":
        said = event["message"]
        to, by = said["to"], said["from"]
        mine = to["type"] != "user" or by == me
        said["conversation"] = to if mine else {"type": "user", "id": by}
    return event
