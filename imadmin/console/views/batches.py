"""Batches of users: what is asked, the job that makes them, its passwords, once."""

from base64 import b64encode
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.errors import ImError
from imadmin.console.access import AppRequest, Role, app_actor, app_page
from imadmin.console.actions.batches import begin_batch, plan_of, resume_batch
from imadmin.console.actions.user_jobs import (
    JobBusy,
    count_passwords,
    counts_of,
    may_see_passwords,
    may_start,
    page_of_results,
    results_of,
    state_of,
    take_passwords,
)
from imadmin.console.acts import address
from imadmin.console.apitwin import twin
from imadmin.console.csvfiles import write_table
from imadmin.console.downloads import download
from imadmin.console.forms.im_users import BatchForm
from imadmin.console.htmx import no_store, render_part, see_other
from imadmin.console.models import UserJob
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import RICH_SIZE, after_number, keyset_page, page_size
from imadmin.console.twins import user_batch
from imadmin.console.views.user_jobs import busy, job_or_404, stop_job

SHOWN_AT_ONCE = 100  # passwords on a page; with their file they are 25 kB of HTML
_FIELDS = {
    "illegal_username": "prefix",
    "username_too_long": "prefix",
    "password_missing": "password",
    "nickname_too_long": "nickname_tpl",
    "group_not_found": "group",
    "chatroom_not_found": "room",
}


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.batch")
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def user_batch_view(request: AppRequest) -> HttpResponse:
    """GET, POST A users/batch/: the preview first, then the job, which has a page of its own."""
    form = BatchForm(request.POST if request.method == "POST" else None, app=request.app)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        names = form.plan().names
        context["preview"] = [*names[:3], *(["…"] if len(names) > 4 else []), *names[3:][-1:]]
        context["count"] = len(names)
        calls = user_batch(request.app, names[:120], form.cleaned_data)
        context["twin"] = twin(request, request.app.appkey, calls)
        if "create" in request.POST:
            job = _begin(request, form)
            if job is not None:
                return see_other(request, address(request.app, "user_batch_job", job=job.pk))
    status = 422 if form.errors else 200
    return no_store(render(request, "console/users/batch.html", context, status=status))


def _begin(request: AppRequest, form: BatchForm) -> UserJob | None:
    language = translation.get_language() or "en"
    password = form.cleaned_data["password"]
    try:
        return begin_batch(app_actor(request), request.user, form.plan(), password, language)
    except ImError as exc:
        add_refusal(form, exc, _FIELDS)
    except JobBusy:
        form.add_error(None, busy())
    return None


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.batch")
@require_http_methods(["GET", "POST"])
def user_batch_job(request: AppRequest, job: int) -> HttpResponse:
    """GET A users/batch/<id>/: how far it is, what it did. POST: go on with one that ended."""
    found = job_or_404(request, job, "batch")
    problem = _resume(request, found) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return see_other(request, address(request.app, "user_batch_job", job=job))
    size, plan = page_size(request, RICH_SIZE), plan_of(found)
    rows, behind = page_of_results(found, after_number(request), size)
    state, passwords = state_of(found), count_passwords(found)
    context = {
        "job": found,
        "plan": plan,
        "problem": problem,
        "state": state,
        # A refusal stands here until somebody has read it.
        "is_followed": not problem and (state == "running" or passwords > 0),
        "total": plan.count,
        "counts": counts_of(found),
        "page": keyset_page(request, rows, behind, found.done_rows),
        "may_start": may_start(found),
        "passwords": passwords,
        "is_mine": may_see_passwords(found, request.user),
    }
    whole, part = "console/users/batch_job.html", "console/users/_batch_state.html"
    return render_part(request, whole, part, context, status=422 if problem else 200)


def _resume(request: AppRequest, job: UserJob) -> str:
    """Why it could not go on; empty when it does."""
    if not may_start(job):
        return _("This batch runs, is done, or has waited too long: begin another one.")
    try:
        resume_batch(app_actor(request), job, translation.get_language() or "en")
    except JobBusy:
        return busy()
    return ""


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.batch")
@require_POST
def user_batch_stop(request: AppRequest, job: int) -> HttpResponse:
    """POST A users/batch/<id>/stop/"""
    return stop_job(request, job_or_404(request, job, "batch"))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR)
@require_safe
def user_batch_result(request: AppRequest, job: int) -> HttpResponseBase:
    """GET A users/batch/<id>/result.csv: what became of each name; no passwords."""
    rows = results_of(job_or_404(request, job, "batch"))
    return download(
        write_table(("line", "username", "outcome", "reason"), rows), f"batch-{job}-result.csv"
    )


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.batch")
@require_POST
def user_batch_passwords(request: AppRequest, job: int) -> HttpResponseBase:
    """POST A users/batch/<id>/passwords/: the next generated passwords on a page or, with `file`,
    all of them as a file; to who began it, and once: they are gone with this answer."""
    found = job_or_404(request, job, "batch")
    if not may_see_passwords(found, request.user):
        messages.error(request, _("Only who began the batch is shown its passwords."))
        return see_other(request, address(request.app, "user_batch_job", job=job))
    as_file = "file" in request.POST
    taken = take_passwords(found, None if as_file else SHOWN_AT_ONCE)
    if not taken:
        messages.warning(request, _("No password is left to be shown."))
        return see_other(request, address(request.app, "user_batch_job", job=job))
    text = write_table(("username", "password"), taken)
    if as_file:
        return download(text, f"batch-{job}-passwords.csv")
    context = {
        "job": found,
        "taken": taken,
        "left": count_passwords(found),
        "csv_file": b64encode(text.encode()).decode(),
    }
    return no_store(render(request, "console/users/batch_passwords.html", context))
