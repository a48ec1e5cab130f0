"""Users from a CSV file: upload, dry run, import, result files; and the list as a file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.actor import AppRef
from accounts.queries.im_user_pages import page_users
from accounts.queries.im_users import UserFilter, UserInfo
from imadmin.console.access import AppRequest, Role, app_actor, app_page
from imadmin.console.actions.imports import (
    COLUMNS,
    prepare_import,
    report_of,
    start_import,
)
from imadmin.console.actions.user_jobs import (
    JobBusy,
    counts_of,
    may_start,
    results_of,
    state_of,
)
from imadmin.console.acts import address
from imadmin.console.csvfiles import write_rows, write_table
from imadmin.console.downloads import download
from imadmin.console.forms.im_users import UserFilterForm
from imadmin.console.forms.imports import ImportFileForm, StartImportForm
from imadmin.console.htmx import render_part, see_other
from imadmin.console.models import UserJob
from imadmin.console.refusals import SENTENCES, Lenient
from imadmin.console.tables import numbered_page, page_size
from imadmin.console.views.im_users import wanted_users
from imadmin.console.views.user_jobs import busy, job_or_404, stop_job

EXPORT_PAGE = 500
MAX_EXPORT = 100_000
REASONS: dict[str, Promise] = {
    "cells": gettext_lazy("More cells than columns: %(what)s"),
    "no_username": gettext_lazy("No username"),
    "duplicate": gettext_lazy("Twice in the file, first on line %(what)s"),
    "room_id": gettext_lazy("A group or chatroom has this id"),
    "friend": gettext_lazy("No such friend: %(what)s"),
}


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.import")
@require_http_methods(["GET", "POST"])
def user_import(request: AppRequest) -> HttpResponse:
    """GET, POST A users/import/: the file; its dry run has a page of its own."""
    is_sent = request.method == "POST"
    form = ImportFileForm(
        request.POST if is_sent else None, request.FILES if is_sent else None, app=request.app
    )
    if form.is_valid():
        table = form.cleaned_data["file"]
        job = prepare_import(request.app, request.user, form.filename, table)
        return see_other(request, address(request.app, "user_import_job", job=job.pk))
    status = 422 if form.errors else 200
    return render(request, "console/users/import.html", {"form": form}, status=status)


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.import")
@require_http_methods(["GET", "POST"])
def user_import_job(request: AppRequest, job: int) -> HttpResponse:
    """GET, POST A users/import/<id>/: the dry run, its start, how far it is, what it did."""
    found = job_or_404(request, job, "import")
    form = StartImportForm(request.POST if request.method == "POST" else None, app=request.app)
    if form.is_valid():
        problem = _start(request, found, form.cleaned_data["on_conflict"])
        if not problem:
            return see_other(request, address(request.app, "user_import_job", job=job))
        form.add_error(None, problem)
    report, state = report_of(found), state_of(found)
    page = numbered_page(request, report.faults, page_size(request))
    total = report.new + report.existing
    context = {
        "job": found,
        "state": state,
        "report": report,
        "invalid": len(report.faults) - report.counted("duplicate"),
        "duplicates": report.counted("duplicate"),
        "page": replace(page, rows=[(one[0], one[1], reason(one)) for one in page.rows]),
        "counts": counts_of(found),
        "total": total,
        "may_start": may_start(found) and total > 0,
        "form": form,
    }
    status = 422 if form.errors else 200
    whole, part = "console/users/import_job.html", "console/users/_import_state.html"
    return render_part(request, whole, part, context, status=status)


def _start(request: AppRequest, job: UserJob, on_conflict: str) -> str:
    """Why it could not begin; empty when it did."""
    report = report_of(job)
    if not may_start(job):
        return _("This import runs or is done: upload the file again.")
    if on_conflict == "stop" and report.existing:
        told = _("%(count)d users of the file exist already: nothing was imported.")
        return told % {"count": report.existing}
    language = translation.get_language() or "en"
    try:
        start_import(app_actor(request), job, on_conflict, language)
    except JobBusy:
        return busy()
    return ""


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.import")
@require_POST
def user_import_stop(request: AppRequest, job: int) -> HttpResponse:
    """POST A users/import/<id>/stop/"""
    return stop_job(request, job_or_404(request, job, "import"))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR)
@require_safe
def user_import_file(request: AppRequest, job: int, which: str) -> HttpResponseBase:
    """GET A users/import/<id>/errors.csv: the bad rows; …/result.csv: what became of each row."""
    found = job_or_404(request, job, "import")
    faults = [(f[0], f[1], "invalid", reason(f)) for f in report_of(found).faults]
    if which == "errors":
        text = write_table(("line", "username", "reason"), [(f[0], f[1], f[3]) for f in faults])
    else:
        rows = sorted(results_of(found) + faults)
        text = write_table(("line", "username", "outcome", "reason"), rows)
    return download(text, f"import-{job}-{which}.csv")


@app_page(see=Role.OPERATOR, do=Role.OPERATOR)
@require_safe
def user_import_sample(request: AppRequest) -> HttpResponseBase:
    """GET A users/import/sample.csv"""
    rows = (
        ("ann", "secret1", "Ann 安", "bob"),
        ("bob", "", "Bob 波", "ann;carl"),
        ("carl", "", "", ""),
    )
    return download(write_table(COLUMNS, rows), "users-sample.csv")


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_export(request: AppRequest, kind: str) -> HttpResponseBase:
    """GET A users/export.csv and .jsonl: the filtered list, without passwords."""
    form = UserFilterForm(request.GET, app=request.app)
    wanted = wanted_users(request, form.cleaned_data if form.is_valid() else {})
    lines = _jsonl(request.app, wanted) if kind == "jsonl" else _csv(request.app, wanted)
    return download(lines, f"users.{kind}")


def reason(fault: list[Any]) -> str:
    """Why a row was not taken, in the operator's language."""
    _line, username, code, what = fault
    sentence = REASONS.get(code) or SENTENCES.get(code) or code
    return str(sentence) % Lenient({"what": what, "username": username})


def _users(app: AppRef, wanted: UserFilter) -> Iterator[list[UserInfo]]:
    cursor, left = "", MAX_EXPORT
    while left > 0:
        users, cursor = page_users(app, wanted, after=cursor, limit=min(EXPORT_PAGE, left))
        yield users
        left -= len(users)
        if not cursor:
            return


def _csv(app: AppRef, wanted: UserFilter) -> Iterator[str]:
    header = ("username", "nickname", "activated", "created_ms", "last_seen_ms")
    yield write_table(header, ())
    for users in _users(app, wanted):
        yield write_rows(
            (one.username, one.nickname, one.is_activated, one.created_ms, one.last_seen_ms)
            for one in users
        )


def _jsonl(app: AppRef, wanted: UserFilter) -> Iterator[str]:
    for users in _users(app, wanted):
        for one in users:
            known = {"username": one.username, "nickname": one.nickname, "uuid": one.uuid,
                     "activated": one.is_activated, "created_ms": one.created_ms,
                     "last_seen_ms": one.last_seen_ms}  # fmt: skip
            yield json.dumps(known, ensure_ascii=False) + "\n"
