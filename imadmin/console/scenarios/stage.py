"""What a scenario works with: its people, its backend, and the record of its steps.

A step is an expectation with a name. It ends passed, or failed with what was expected and what
came, and the frames and calls since it began. The first failed step ends its scenario.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from chat.domain.commands import SCENARIO_DEVICES
from imadmin.testclient.native import Lost, NotHeard, Refused
from imadmin.testclient.players import Player, Wire, make_player
from imadmin.testclient.rest import RestClient, RestRefused

Json = dict[str, Any]
PASSWORD = "123456"  # noqa: S105 (of users that live as long as the run)
STEP_S = 5.0
POLL_S = 0.1  # between two looks at what only REST tells
LINES, LINE = 40, 600  # what is kept of a failing step
StepState = Literal["running", "passed", "failed"]


@dataclass(slots=True)
class Step:
    """`key` names it in `words`; `expected`, `actual` and `lines` are told of a failed one."""

    number: int
    key: str
    state: StepState = "running"
    ms: int = 0
    expected: str = ""
    actual: str = ""
    lines: tuple[str, ...] = ()

    def expects(self, expected: object, actual: object) -> None:
        """Raises Mismatch unless both are equal."""
        if expected != actual:
            raise Mismatch(expected, actual)


class Mismatch(AssertionError):
    def __init__(self, expected: object, actual: object) -> None:
        self.expected, self.actual = str(expected), str(actual)
        super().__init__(f"expected {expected}, got {actual}")


class Failed(Exception):
    """A step failed, which is recorded: the scenario ends here."""


OnStep = Callable[[Step], Awaitable[None]]  # at its beginning, and at its end


@dataclass
class Stage:
    """One scenario on one wire. `prefix` begins the names of the people it makes, unless
    `cast` names people who exist."""

    wire: Wire
    rest: RestClient
    ws_url: str
    appkey: str
    prefix: str
    cast: tuple[str, ...] = ()
    on_step: OnStep | None = None
    steps: list[Step] = field(default_factory=list)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    players: list[Player] = field(default_factory=list)
    undo: list[tuple[str, str]] = field(default_factory=list)  # REST calls, the last first

    @asynccontextmanager
    async def step(self, key: str, expected: str = "") -> AsyncIterator[Step]:
        """Record what happens inside; it has STEP_S. Raises Failed."""
        step = Step(len(self.steps) + 1, key, expected=expected)
        self.steps.append(step)
        self.lines.clear()
        await self._tell(step)
        began = time.monotonic()
        failure: tuple[str, str] | None = None
        try:
            async with asyncio.timeout(STEP_S):
                yield step
        except Mismatch as exc:
            failure = exc.expected, exc.actual
        except TimeoutError:
            failure = step.expected, step.actual or f"nothing within {STEP_S:.0f} s"
        except (Lost, NotHeard, Refused, RestRefused, OSError) as exc:
            failure = step.expected or "no refusal", str(exc)
        step.ms = round((time.monotonic() - began) * 1000)
        if failure is None:
            step.state, step.expected, step.actual = "passed", "", ""
        else:
            step.state, (step.expected, step.actual) = "failed", failure
            step.lines = tuple(self.lines)
        await self._tell(step)
        if failure is not None:
            raise Failed(key)

    async def _tell(self, step: Step) -> None:
        if self.on_step is not None:
            await self.on_step(step)

    def saw(self, who: str, direction: str, what: str) -> None:
        """A frame or a call, for the record of the step."""
        arrow = {"in": "←", "out": "→"}.get(direction, direction)
        self.lines.append(f"{who} {arrow} {what}"[:LINE].replace("\0", "�"))

    # People

    async def people(self, *letters: str) -> list[str]:
        """Users to play with: made for this run, or of the given cast."""
        if self.cast:
            return list(self.cast[: len(letters)])
        names = [f"{self.prefix}-{letter}" for letter in letters]
        for name in names:
            await self.rest.register(name, PASSWORD)
            self.undo.append(("DELETE", f"/users/{name}"))
        return names

    async def online(self, name: str) -> Player:
        """A client of this stage's wire, signed in as that user."""
        token = await self.rest.user_token(name, PASSWORD)
        player = make_player(
            self.wire,
            self.ws_url,
            self.appkey,
            name,
            token=token,
            device=f"{SCENARIO_DEVICES}{self.wire}",
            tap=lambda direction, frame: self.saw(name, direction, frame),
        )
        self.players.append(player)
        await player.connect()
        return player

    async def away(self, player: Player) -> None:
        """Sign out, and wait until the server knows it."""
        await player.close()
        self.players.remove(player)
        await self.until(lambda: self.status(player.user), "offline")

    async def until(self, look: Callable[[], Awaitable[object]], wanted: object) -> None:
        """Look at what cannot notify us, until it is as wanted; the step's deadline ends it."""
        while (found := await look()) != wanted:
            self.steps[-1].actual = f"{found}"
            await asyncio.sleep(POLL_S)

    # What the backend sees

    async def status(self, name: str) -> str:
        answer = await self.rest.call("GET", f"/users/{name}/status")
        return str(answer["data"][name])

    async def queued(self, name: str) -> int:
        """How many messages wait for a user."""
        answer = await self.rest.call("GET", f"/users/{name}/offline_msg_count")
        return int(answer["data"][name])

    async def clean_up(self, *, keep: bool) -> list[str]:
        """Close the clients and, unless the data is kept, undo what was made; what failed."""
        for player in self.players:
            await player.close()
        self.players.clear()
        failed = []
        while self.undo and not keep:
            method, path = self.undo.pop()
            try:
                await self.rest.call(method, path)
            except (RestRefused, OSError) as exc:
                failed.append(f"{method} {path}: {exc}")
        return failed
