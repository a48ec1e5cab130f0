"""Who changed what: the app's entries, and for an instance admin those of the whole instance."""

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.domain.actor import AppRef
from accounts.queries.audit import list_audit
from imadmin.console.access import AppRequest, ConsoleRequest, Role, admin_page, app_page
from imadmin.console.htmx import render_part
from imadmin.console.tables import after_number, keyset_page, page_size


class AuditFilterForm(forms.Form):
    actor = forms.CharField(label=_("Actor"), required=False, max_length=100)
    action = forms.CharField(label=_("Action"), required=False, max_length=48)
    target = forms.CharField(label=_("Target"), required=False, max_length=100)


@app_page(see=Role.OWNER, do=Role.OWNER)
@require_safe
def audit(request: AppRequest) -> HttpResponse:
    """GET A audit/"""
    return _list(request, request.app)


@admin_page()
@require_safe
def instance_audit(request: ConsoleRequest) -> HttpResponse:
    """GET /console/audit/"""
    return _list(request, None)


def _list(request: ConsoleRequest, app: AppRef | None) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    size = page_size(request)
    rows = list_audit(app, before_id=after_number(request), limit=size + 1, **wanted)
    more = rows[size - 1].id if len(rows) > size else 0
    context = {
        "form": form,
        "page": keyset_page(request, rows[:size], more),
        "target": "audit-list",
        "is_filtered": any(wanted.values()),
        "whole": app is None,
    }
    return render_part(request, "console/audit/page.html", "console/audit/_list.html", context)
