"""What one-time links open: joining as an operator, setting a new password (console.md §3 rule 8).

GET changes nothing, for previews open links, too; POST uses the link up.
"""

from django.contrib import messages
from django.contrib.auth import login as start_session
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.actions.audit import Origin, acting
from accounts.actions.operator_links import accept_invitation, check_link, use_reset_link
from accounts.domain.errors import ImError, LinkVoid
from accounts.models import Operator, OperatorLink
from accounts.rest.addresses import address_of
from imadmin.console.access import ConsoleRequest, open_page
from imadmin.console.forms.operators import JoinForm, NewPasswordForm
from imadmin.console.htmx import one_time, see_other
from imadmin.console.refusals import add_refusal

_FIELDS = {"operator_exists": "name", "illegal_argument": "name", "weak_password": "password"}


@open_page
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def join(request: ConsoleRequest, token: str) -> HttpResponse:
    """GET, POST /console/join/<token>/"""
    try:
        link = check_link("join", token)
    except LinkVoid:
        return _void(request)
    initial = {"language": translation.get_language(), "time_zone": "UTC"}
    form = JoinForm(request.POST or None, initial=initial)
    if form.is_valid():
        data = form.cleaned_data
        try:
            with acting(_origin(request, data["name"])):
                operator = accept_invitation(
                    token,
                    data["name"],
                    data["password"],
                    language=data["language"],
                    time_zone=data["time_zone"],
                )
        except LinkVoid:
            return _void(request)
        except ImError as exc:
            add_refusal(form, exc, _FIELDS)
        else:
            return _welcome(request, operator)
    return _page(request, link, form)


@open_page
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def reset(request: ConsoleRequest, token: str) -> HttpResponse:
    """GET, POST /console/reset/<token>/"""
    try:
        link = check_link("reset", token)
    except LinkVoid:
        return _void(request)
    assert link.operator is not None
    form = NewPasswordForm(request.POST or None, operator=link.operator)
    if form.is_valid():
        try:
            with acting(_origin(request, link.operator.name)):
                operator = use_reset_link(token, form.cleaned_data["password"])
        except LinkVoid:
            return _void(request)
        except ImError as exc:
            add_refusal(form, exc, _FIELDS)
        else:
            messages.success(request, _("Password changed. Other sessions have ended."))
            return _welcome(request, operator)
    return _page(request, link, form)


def _origin(request: ConsoleRequest, name: str) -> Origin:
    return Origin(name, "console", "", address_of(request), request.request_id)


def _welcome(request: ConsoleRequest, operator: Operator) -> HttpResponse:
    start_session(request, operator)
    return one_time(see_other(request, reverse("console:home")), operator.language)


def _page(
    request: ConsoleRequest, link: OperatorLink, form: JoinForm | NewPasswordForm
) -> HttpResponse:
    context = {"link": link, "form": form}
    status = 422 if form.is_bound else 200
    return one_time(render(request, "console/auth/link.html", context, status=status))


def _void(request: ConsoleRequest) -> HttpResponse:
    return one_time(render(request, "console/auth/link_void.html", status=404))
