"""Sends of the last hour that were refused: who wanted to send what, and why it was not let."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.queries.observed import refused_sends
from chat.store.clock import now_ms
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.queries.refused import Refused
from imadmin.console.tables import after_number, cut, keyset_page, page_size

HOUR_MS = 3_600_000


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def refused_list(request: AppRequest) -> HttpResponse:
    """GET A messages/refused/: the newest first."""
    size, before = page_size(request), after_number(request)
    found = refused_sends(request.app, now_ms() - HOUR_MS, size + 1, before=before)
    found, more = cut(found, size)
    page = keyset_page(request, [Refused(one) for one in found], more)
    return render(request, "console/messages/refused.html", {"page": page})
