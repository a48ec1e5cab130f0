"""Runs of the scenarios as the pages and the JUnit file show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.domain.actor import AppRef
from imadmin.console.jobs import STALE_S
from imadmin.console.models import ScenarioRun, ScenarioStep

SHOWN_RUNS = 20


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario on one wire. `state` is waiting, running, passed, failed or stopped."""

    slug: str
    wire: str
    state: str
    ms: int
    steps: tuple[ScenarioStep, ...]

    @property
    def key(self) -> str:
        return f"{self.slug}-{self.wire}"

    @property
    def failure(self) -> ScenarioStep | None:
        return next((step for step in self.steps if step.state == "failed"), None)


@dataclass(frozen=True, slots=True)
class Last:
    """How a scenario went the last time that it was played, over that run's wires."""

    run: ScenarioRun
    state: str
    ms: int


def get_run(app: AppRef, number: int) -> ScenarioRun | None:
    found = ScenarioRun.objects.filter(app_id=app.id, pk=number)
    return found.select_related("operator").first()


def recent_runs(app: AppRef) -> list[ScenarioRun]:
    runs = ScenarioRun.objects.filter(app_id=app.id).select_related("operator")
    return list(runs.order_by("-pk")[:SHOWN_RUNS])


def state_of(run: ScenarioRun) -> str:
    """The run's own, or interrupted: nobody has moved it for a while."""
    is_stale = run.beat_at < timezone.now() - timedelta(seconds=STALE_S)
    return "interrupted" if run.state == "running" and is_stale else run.state


def cases_of(run: ScenarioRun) -> list[Case]:
    """In the order in which they are played."""
    return _cases(run, ScenarioStep.objects.filter(run=run).order_by("number"))


def _cases(run: ScenarioRun, steps: Iterable[ScenarioStep]) -> list[Case]:
    rows = list(steps)
    cases = []
    for wire in run.wires:
        for slug in run.scenarios:
            mine = tuple(one for one in rows if (one.wire, one.scenario) == (wire, slug))
            cases.append(Case(slug, wire, "", sum(step.ms for step in mine), mine))
    return [_with_state(run, case, cases[number + 1 :]) for number, case in enumerate(cases)]


def _with_state(run: ScenarioRun, case: Case, later: list[Case]) -> Case:
    if case.failure is not None:
        state = "failed"
    elif not case.steps:
        state = "waiting" if run.state == "running" else "stopped"
    elif run.state == "passed" or any(one.steps for one in later):
        state = "passed"
    elif run.state == "running":
        state = "running"
    else:
        # The last that was begun: failed runs end with a failure somewhere, stopped ones here.
        state = "passed" if run.state == "failed" and not run.error else "stopped"
    return Case(case.slug, case.wire, state, case.ms, case.steps)


def last_of_each(app: AppRef) -> dict[str, Last]:
    """Slug → how it went last, among the newest runs."""
    runs = recent_runs(app)
    steps: dict[int, list[ScenarioStep]] = {run.pk: [] for run in runs}
    for step in ScenarioStep.objects.filter(run__in=runs).order_by("number").defer("lines"):
        steps[step.run_id].append(step)
    found: dict[str, Last] = {}
    for run in runs:
        for slug in run.scenarios:
            cases = [case for case in _cases(run, steps[run.pk]) if case.slug == slug]
            if slug not in found and any(case.steps for case in cases):
                found[slug] = Last(run, _worst(cases), sum(case.ms for case in cases))
    return found


def _worst(cases: list[Case]) -> str:
    states = {case.state for case in cases}
    order = ("failed", "running", "waiting", "stopped")
    return next((state for state in order if state in states), "passed")


def version_of(app: AppRef, number: int) -> str:
    """Changes whenever the run's page would."""
    run = get_run(app, number)
    return f"{run.state} {run.beat_at} {run.stop_asked}" if run else "none"


def newest_version(app: AppRef) -> str:
    run = ScenarioRun.objects.filter(app_id=app.id).order_by("-pk").first()
    return f"{run.pk} {run.state} {run.beat_at}" if run else "none"
