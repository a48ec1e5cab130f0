"""Several live connections ended at once: a page that names them, and what their clients see."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from chat.actions.sessions import kick_session
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.acts import address
from imadmin.console.forms.sessions import KickForm
from imadmin.console.htmx import see_other
from imadmin.console.queries.sessions import list_sessions

MOST = 500  # what the list shows


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="session.kick")
@require_POST
def session_bulk(request: AppRequest) -> HttpResponse:
    """POST A sessions/bulk/ with `conns`: the confirmation; with `confirm` they are kicked.

    Those that ended meanwhile are left out.
    """
    asked = set(request.POST.getlist("conns")[:MOST])
    here = [row.session for row in list_sessions(request.app) if row.session.connection in asked]
    back = address(request.app, "sessions")
    if not here:
        said = _("These connections have ended already.") if asked else _("Tick rows first.")
        messages.error(request, said)
        return see_other(request, back)
    form = KickForm(request.POST if "confirm" in request.POST else None, app=request.app)
    if form.is_valid():
        with transaction.atomic():
            for session in here:
                kick_session(request.app, session, form.cleaned_data["kind"])
        count = len(here)
        said = ngettext("%(n)d connection was kicked.", "%(n)d connections were kicked.", count)
        messages.success(request, said % {"n": count})
        return see_other(request, back)
    context = {"form": form, "sessions": here, "cancel_url": back}
    status = 422 if form.errors else 200
    return render(request, "console/sessions/bulk.html", context, status=status)
