"""Who changed what: the app's entries, and for an instance admin those of the whole instance."""

import json
from collections.abc import Iterator
from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.domain.actor import AppRef
from accounts.queries.audit import ALL, AuditFilter, AuditInfo, count_audit, every_entry, list_audit
from imadmin.console.access import AppRequest, ConsoleRequest, Role, admin_page, app_page
from imadmin.console.acts import address
from imadmin.console.csvfiles import write_rows, write_table
from imadmin.console.downloads import download
from imadmin.console.forms.audit import AuditFilterForm
from imadmin.console.htmx import render_part, see_other
from imadmin.console.queries.audit import audit_rows
from imadmin.console.tables import after_number, cut, keyset_page, page_size

MAX_EXPORT = 100_000
HEADER = ("time", "app", "actor", "role", "via", "address", "action", "target_kind", "target",
          "change", "request", "allowed")  # fmt: skip


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


@app_page(see=Role.OWNER, do=Role.OWNER)
@require_safe
def audit_export(request: AppRequest, kind: str) -> HttpResponseBase:
    """GET A audit/export.csv, .jsonl with the list's filters"""
    return _export(request, request.app, kind, address(request.app, "audit"))


@admin_page()
@require_safe
def instance_audit_export(request: ConsoleRequest, kind: str) -> HttpResponseBase:
    """GET /console/audit/export.csv, .jsonl"""
    return _export(request, None, kind, reverse("console:instance_audit"))


def _list(request: ConsoleRequest, app: AppRef | None) -> HttpResponse:
    """`?entry=`: one alone, with the whole of its change."""
    form, entry = AuditFilterForm(request.GET), after_number(request, "entry")
    wanted, size = replace(form.wanted(), id=entry), page_size(request)
    found = list_audit(app, wanted, before_id=after_number(request), limit=size + 1)
    rows, more = cut(found, size)
    only_range = replace(wanted, since=None, until=None) == ALL
    context = {
        "form": form,
        "page": keyset_page(request, audit_rows(rows, whole=bool(entry)), more),
        "target": "audit-list",
        "is_filtered": wanted != ALL,
        "filtered_title": _("No changes in this range.") if only_range else "",
        "whole": app is None,
        "exports": [(kind, reverse(f"console:instance_audit_{kind}") if app is None
                     else address(app, f"audit_{kind}")) for kind in ("csv", "jsonl")],
    }  # fmt: skip
    return render_part(request, "console/audit/page.html", "console/audit/_list.html", context)


def _export(request: ConsoleRequest, app: AppRef | None, kind: str, back: str) -> HttpResponseBase:
    wanted = AuditFilterForm(request.GET).wanted()
    if count_audit(app, wanted, MAX_EXPORT + 1) > MAX_EXPORT:
        told = _("More than %(limit)d entries: narrow the range.") % {"limit": MAX_EXPORT}
        messages.error(request, told)
        return see_other(request, f"{back}?{request.GET.urlencode()}")
    lines = _jsonl(app, wanted) if kind == "jsonl" else _csv(app, wanted)
    return download(lines, f"audit.{kind}")


def _known(entry: AuditInfo) -> dict[str, object]:
    values = (
        entry.at.isoformat(timespec="milliseconds"),
        entry.appkey,
        entry.actor,
        entry.role,
        entry.via,
        entry.address,
        entry.action,
        entry.target_kind,
        entry.target_id,
        entry.diff,
        entry.request_id,
        entry.allowed,
    )
    return dict(zip(HEADER, values, strict=True))


def _jsonl(app: AppRef | None, wanted: AuditFilter) -> Iterator[str]:
    for entry in every_entry(app, wanted):
        yield json.dumps(_known(entry), ensure_ascii=False) + "\n"


def _csv(app: AppRef | None, wanted: AuditFilter) -> Iterator[str]:
    yield write_table(HEADER, ())
    for entry in every_entry(app, wanted):
        known = _known(entry)
        known["change"] = json.dumps(known["change"], ensure_ascii=False)
        yield write_rows([list(known.values())])
