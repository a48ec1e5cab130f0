"""What the pages of imports and of batches of users do alike."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from imadmin.console.access import AppRequest
from imadmin.console.actions.user_jobs import get_job, stop
from imadmin.console.acts import address
from imadmin.console.htmx import see_other
from imadmin.console.models import UserJob


def busy() -> str:
    """Why a job cannot begin now."""
    return _("Another job is running. Try again when it is done.")


def job_or_404(request: AppRequest, number: int, kind: str) -> UserJob:
    found = get_job(request.app, number, kind)
    if found is None:
        missing = {
            "batch": _("There is no such batch."),
            "import": _("There is no such import."),
        }
        raise Http404(missing[kind])
    return found


def stop_job(request: AppRequest, job: UserJob) -> HttpResponse:
    """Ask it to end, and go back to its page."""
    stop(request.app, job.pk)
    messages.info(request, _("It stops after the rows that it is at."))
    return see_other(request, address(request.app, f"user_{job.kind}_job", job=job.pk))
