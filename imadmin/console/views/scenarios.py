"""Scenarios: the button, a run's page that moves by itself, its JUnit file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from imadmin.console.access import AppRequest, app_page
from imadmin.console.actions.scenarios import RunRefused, begin_run, start_run, stop_run
from imadmin.console.acts import address
from imadmin.console.downloads import download
from imadmin.console.forms.scenarios import RunForm
from imadmin.console.htmx import render_part, see_other
from imadmin.console.models import ScenarioRun
from imadmin.console.queries.junit import junit
from imadmin.console.queries.scenarios import (
    Case,
    cases_of,
    get_run,
    last_of_each,
    recent_runs,
    state_of,
)
from imadmin.console.scenarios.checks import SCENARIOS
from imadmin.console.scenarios.words import NAMES, STEPS

LINES_SHOWN = 4000  # characters
STEPS_SHOWN = 80
PAGE, PART = "console/scenarios/list.html", "console/scenarios/_list.html"
RUN_PAGE, RUN_PART = "console/scenarios/run.html", "console/scenarios/_run.html"


@app_page()
@require_safe
def scenario_list(request: AppRequest) -> HttpResponse:
    """GET A scenarios/"""
    return _list(request, RunForm(app=request.app))


@app_page(action="scenario.run")
@require_POST
def scenario_run(request: AppRequest, slug: str) -> HttpResponse:
    """POST A scenarios/<slug>/run/; the slug `all` plays every one."""
    if slug not in {"all", *SCENARIOS}:
        raise Http404
    form = RunForm(request.POST, app=request.app)
    if not form.is_valid():
        return _list(request, form)
    try:
        run = begin_run(
            request.app,
            request.user,
            list(SCENARIOS) if slug == "all" else [slug],
            form.cleaned_data["wires"],
            keep=form.cleaned_data["keep"],
            reuse_demo=form.cleaned_data["reuse_demo"],
        )
        start_run(request.app, run)
    except RunRefused as refused:
        form.add_error(None, _explain(refused))
        return _list(request, form, refused.number)
    return see_other(request, address(request.app, "scenario_run_detail", number=run.pk))


def _explain(refused: RunRefused) -> str:
    return {
        "live_app": _("Scenarios make users and messages: they are off in a live app."),
        "run_active": _("Run #%(number)d is not done yet.") % {"number": refused.number},
        "busy": _("As many jobs as may run at once do. Try again in a minute."),
    }[refused.code]


def _list(request: AppRequest, form: RunForm, active: int = 0) -> HttpResponse:
    last = last_of_each(request.app)
    context = {
        "form": form,
        "active": active,
        "scenarios": [(slug, *NAMES[slug], last.get(slug)) for slug in SCENARIOS],
        "runs": [(run, state_of(run)) for run in recent_runs(request.app)],
    }
    return render_part(request, PAGE, PART, context, status=422 if form.errors else 200)


@app_page()
@require_safe
def scenario_run_detail(request: AppRequest, number: int) -> HttpResponse:
    """GET A scenarios/runs/<number>/"""
    run = _run_or_404(request, number)
    state, cases = state_of(run), cases_of(run)
    told = _told(cases, request.GET.get("case", ""))
    context = {
        "run": run,
        "state": state,
        "is_live": state == "running",
        "cases": _shown(cases, told["name"]),
        "told": told,
        "slug": run.scenarios[0] if len(run.scenarios) == 1 else "all",
    }
    return render_part(
        request, "console/scenarios/run.html", "console/scenarios/_run.html", context
    )


def _told(cases: list[Case], asked: str) -> dict[str, Any]:
    """The case that is open, the first failed one where none is asked for, with its frames and
    calls: those of all would be half a megabyte. What is left out is in the JUnit file."""
    failed = [case.key for case in cases if case.failure]
    name = asked if asked in {case.key for case in cases} else next(iter(failed), "")
    step = next((case.failure for case in cases if case.key == name), None)
    text = "\n".join(step.lines) if step else ""
    return {"name": name, "text": text[-LINES_SHOWN:], "is_cut": len(text) > LINES_SHOWN}


def _shown(cases: list[Case], told: str) -> list[dict[str, Any]]:
    """The steps of as many cases as a page holds, first of those that are looked at; of the
    others a link leads to them."""
    left, has_steps = STEPS_SHOWN, set()
    for case in sorted(cases, key=lambda case: (case.key != told, case.state != "running")):
        left -= len(case.steps)
        if left >= 0 or case.key == told:
            has_steps.add(case.key)
    return [
        {
            "case": case,
            "name": NAMES[case.slug][0],
            "is_open": case.key == told or case.state in {"failed", "running"} or len(cases) == 1,
            "has_steps": case.key in has_steps,
            "steps": [(step, STEPS.get(step.key, step.key)) for step in case.steps],
        }
        for case in cases
    ]


@app_page()
@require_safe
def scenario_run_xml(request: AppRequest, number: int) -> HttpResponseBase:
    """GET A scenarios/runs/<number>.xml"""
    run = _run_or_404(request, number)
    report = junit(cases_of(run), name=str(request.app.appkey))
    return download(report, f"scenarios-{run.pk}.xml")


@app_page(action="scenario.stop")
@require_POST
def scenario_run_stop(request: AppRequest, number: int) -> HttpResponse:
    """POST A scenarios/runs/<number>/stop/"""
    run = _run_or_404(request, number)
    stop_run(request.app, run.pk)
    messages.success(request, _("The run ends after its present step."))
    return see_other(request, address(request.app, "scenario_run_detail", number=run.pk))


def _run_or_404(request: AppRequest, number: int) -> ScenarioRun:
    run = get_run(request.app, number)
    if run is None:
        raise Http404
    return run
