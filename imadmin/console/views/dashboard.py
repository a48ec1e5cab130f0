"""The app at a glance: live tiles, messages a minute, what came last, the first steps."""

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.operators import show_first_steps
from chat.live.online import connections
from chat.queries.faults import active_refusals
from imadmin.console.access import AppRequest, Role, app_page, may_read_bodies
from imadmin.console.htmx import render_part, see_other
from imadmin.console.queries.dashboard import (
    HEIGHT,
    RANGES,
    WIDTH,
    chart_of,
    progress_of,
    recent_connections,
    recent_messages,
    tiles,
)

PAGE, PART = "console/dashboard/page.html", "console/dashboard/_board.html"


@app_page()
@require_safe
def dashboard(request: AppRequest) -> HttpResponse:
    """GET A?range=1h"""
    name = _range(request)
    here = connections(request.app.id)
    shown = tiles(request.app, here)
    events = recent_connections(request.app, here)
    progress = progress_of(request.app, shown, events)
    is_hidden = request.app.id in request.user.hidden_steps
    context = {
        "tiles": shown,
        "stale_since": progress.stale_since,
        "range": name,
        "ranges": RANGES,
        "chart": chart_of(request.app, name),
        "width": WIDTH,
        "height": HEIGHT,
        "messages": recent_messages(request.app, with_body=may_read_bodies(request)),
        "refused": active_refusals(request.app),
        "events": events,
        "active_run": progress.run,
        "active_job": progress.user_job,
        "active_job_kind": progress.user_job_kind,
        "steps": () if progress.is_done or is_hidden else progress.steps,
        "hidden_steps": is_hidden and not progress.is_done,
    }
    return render_part(request, PAGE, PART, context)


@app_page()
@require_safe
def stats(request: AppRequest) -> JsonResponse:
    """GET A stats.json?range=1h: the chart's numbers."""
    name = _range(request)
    chart = chart_of(request.app, name)
    series = {one.key: list(one.values) for one in chart.series}
    return JsonResponse(
        {"range": name, "minutes": chart.step, "times": list(chart.times), "series": series}
    )


@app_page(see=Role.VIEWER, do=Role.VIEWER)
@require_POST
def first_steps(request: AppRequest) -> HttpResponse:
    """POST A first-steps/ with `shown` (on or empty): the operator's own choice for this app."""
    show_first_steps(request.user, request.app, shown=request.POST.get("shown") == "on")
    kwargs = {"org": request.app.appkey.org, "app": request.app.appkey.app}
    return see_other(request, reverse("console:dashboard", kwargs=kwargs))


def _range(request: AppRequest) -> str:
    asked = request.GET.get("range", "")
    return asked if asked in RANGES else "1h"
