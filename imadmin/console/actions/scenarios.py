"""Runs of the scenarios: begun from the page or by command, and kept step by step."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actions.audit import note
from accounts.actions.tokens import app_token_for_console
from accounts.domain.actor import AppRef
from accounts.models import Operator
from accounts.queries.im_apps import app_info
from imadmin.console.jobs import STALE_S, start_job
from imadmin.console.models import ScenarioRun, ScenarioStep
from imadmin.console.scenarios.checks import SCENARIOS
from imadmin.console.scenarios.runner import Plan, play
from imadmin.console.scenarios.stage import Step
from imadmin.hosts import loopback_url
from imadmin.testclient.players import WIRES, Wire

RUN_LIMIT_S = 120
TOKEN_S = 600
KEPT_RUNS = 100  # of an app
AUDIT = "scenario.run"
Told = Callable[[str, Wire, Step], None]


class RunRefused(Exception):
    """No run was begun: `code` is live_app, run_active (`number` says which) or busy."""

    SENTENCES: ClassVar[dict[str, str]] = {
        "live_app": "Scenarios make users and messages: not in a live app.",
        "run_active": "Run {number} of this app is not done yet.",
        "busy": "As many jobs as may run at once do. Try again in a minute.",
    }

    def __init__(self, code: str, number: int = 0) -> None:
        self.code, self.number = code, number
        super().__init__(self.SENTENCES[code].format(number=number))


class Stopped(Exception):
    """Somebody pressed Stop."""


def begin_run(
    app: AppRef,
    operator: Operator | None,
    scenarios: Sequence[str],
    wires: Sequence[str],
    *,
    keep: bool = False,
    reuse_demo: bool = False,
) -> ScenarioRun:
    """Commit a run, not begun yet.

    Raises:
        RunRefused: live_app or run_active.
    """
    if app_info(app).environment == "live":
        raise RunRefused("live_app")
    with transaction.atomic():
        if active := active_run(app):
            raise RunRefused("run_active", active.pk)
        run = ScenarioRun.objects.create(
            app_id=app.id,
            operator=operator,
            scenarios=[slug for slug in SCENARIOS if slug in scenarios],
            wires=[wire for wire in WIRES if wire in wires],
            keep=keep,
            reuse_demo=reuse_demo,
        )
        diff = {
            "scenarios": [None, ", ".join(run.scenarios)],
            "wires": [None, ", ".join(run.wires)],
        }
        note(AUDIT, app, "run", str(run.pk), diff)
        _forget_old(app)
    return run


def _forget_old(app: AppRef) -> None:
    mine = ScenarioRun.objects.filter(app_id=app.id).order_by("-pk")
    last = mine.values_list("pk", flat=True)[KEPT_RUNS : KEPT_RUNS + 1]
    for pk in last:
        mine.filter(pk__lte=pk).delete()


def active_run(app: AppRef) -> ScenarioRun | None:
    """The one that runs; a stale one does not."""
    return active_runs(app).first()


def active_runs(app: AppRef) -> QuerySet[ScenarioRun]:
    """At most one; to be asked together with something else."""
    since = timezone.now() - timedelta(seconds=STALE_S)
    running = ScenarioRun.objects.filter(app_id=app.id, state="running", beat_at__gte=since)
    return running.order_by("-pk")


def start_run(app: AppRef, run: ScenarioRun) -> None:
    """Play it beside the request. Raises RunRefused (busy); it is stopped then."""
    number = run.pk

    def work() -> None:
        play_run(app, number)

    if not start_job(f"scenario run {number}", work):
        _finish(run.pk, "stopped", "busy")
        raise RunRefused("busy")


def stop_run(app: AppRef, number: int) -> None:
    """Ask it to end; it does after its step."""
    ScenarioRun.objects.filter(app_id=app.id, pk=number, state="running").update(stop_asked=True)


def play_run(app: AppRef, number: int, url: str = "", told: Told | None = None) -> bool:
    """Play a begun run to its end and keep every step; whether all passed.

    `url` is the server's address when it is not the one that this process serves.
    """
    run = ScenarioRun.objects.get(pk=number)
    rest_url, ws_url = self_urls(url)
    plan = Plan(
        appkey=str(app.appkey),
        rest_url=rest_url,
        ws_url=ws_url,
        token=app_token_for_console(app, TOKEN_S, is_scenario=True).token,
        number=str(number),
        scenarios=tuple(run.scenarios),
        wires=cast("tuple[Wire, ...]", tuple(run.wires)),
        keep=run.keep,
        reuse_demo=run.reuse_demo,
    )
    try:
        is_good = asyncio.run(_play(plan, number, told))
    except Stopped:
        _finish(number, "stopped", "")
    except TimeoutError:
        _finish(number, "failed", f"not done within {RUN_LIMIT_S} s")
    except Exception as exc:
        _finish(number, "failed", f"{type(exc).__name__}: {exc}"[:300])
        raise
    else:
        _finish(number, "passed" if is_good else "failed", "")
        return is_good
    return False


async def _play(plan: Plan, number: int, told: Told | None) -> bool:
    """The database's part has a thread of its own: nothing may wait for it in a loop."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:

        async def tell(slug: str, wire: Wire, step: Step) -> None:
            await loop.run_in_executor(pool, _keep_step, number, slug, wire, step)
            if told is not None:
                told(slug, wire, step)

        try:
            async with asyncio.timeout(RUN_LIMIT_S):
                return await play(plan, tell)
        finally:
            pool.submit(connections.close_all)


def _keep_step(number: int, slug: str, wire: Wire, step: Step) -> None:
    """Raises Stopped between two steps."""
    if step.state == "running" and ScenarioRun.objects.filter(pk=number, stop_asked=True).exists():
        raise Stopped
    told: dict[str, Any] = {
        "key": step.key,
        "state": step.state,
        "ms": step.ms,
        "expected": step.expected,
        "actual": step.actual,
        "lines": list(step.lines),
    }
    with transaction.atomic():
        ScenarioStep.objects.update_or_create(
            run_id=number, scenario=slug, wire=wire, number=step.number, defaults=told
        )
        ScenarioRun.objects.filter(pk=number).update(beat_at=timezone.now())


def _finish(number: int, state: str, error: str) -> None:
    ScenarioRun.objects.filter(pk=number).update(
        state=state, error=error, finished_at=timezone.now(), beat_at=timezone.now()
    )


def self_urls(url: str = "") -> tuple[str, str]:
    """REST and WebSocket base of the server to play against."""
    bound = url or loopback_url(settings.BOUND_HOST, settings.PORT)
    rest = url or settings.SELF_REST_URL or bound
    sockets = bound.replace("http", "ws", 1) if url else settings.SELF_WS_URL or bound.replace(
        "http", "ws", 1
    )  # fmt: skip
    return rest, sockets
