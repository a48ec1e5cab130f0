"""Plays scenarios against a server, one after the other."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from imadmin.console.scenarios.checks import SCENARIOS
from imadmin.console.scenarios.stage import Failed, Stage, Step
from imadmin.testclient.players import Wire
from imadmin.testclient.rest import RestClient

logger = logging.getLogger(__name__)

DEMO_CAST = ("demo1", "demo2", "demo3")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play where. `token` is an app token; `number` makes the users' names unique."""

    appkey: str
    rest_url: str
    ws_url: str
    token: str
    number: str
    scenarios: tuple[str, ...]
    wires: tuple[Wire, ...]
    keep: bool = False
    reuse_demo: bool = False


Tell = Callable[[str, Wire, Step], Awaitable[None]]  # scenario, wire, its step


async def play(plan: Plan, tell: Tell) -> bool:
    """Play everything; whether all passed. What was made is undone whatever happens."""
    is_good = True
    for wire in plan.wires:
        for slug in plan.scenarios:
            is_good &= await play_one(plan, slug, wire, tell)
    return is_good


async def play_one(plan: Plan, slug: str, wire: Wire, tell: Tell) -> bool:
    async def on_step(step: Step) -> None:
        await tell(slug, wire, step)

    stages: list[Stage] = []

    def on_call(method: str, path: str, status: int) -> None:
        stages[0].saw("REST", str(status), f"{method} {path}")

    async with RestClient(
        plan.rest_url, plan.appkey, timeout_s=10, token=plan.token, on_call=on_call
    ) as rest:
        stage = Stage(
            wire=wire,
            rest=rest,
            ws_url=plan.ws_url,
            appkey=plan.appkey,
            prefix=f"sc-{plan.number}-{slug}{wire[0]}",
            cast=DEMO_CAST if plan.reuse_demo else (),
            on_step=on_step,
        )
        stages.append(stage)
        is_good = True
        try:
            await SCENARIOS[slug](stage)
        except Failed:
            is_good = False
        finally:
            left = await stage.clean_up(keep=plan.keep)
        if left:
            logger.warning("scenario %s on %s left behind: %s", slug, wire, "; ".join(left))
        return is_good
