"""Everybody who may sign in to this instance: inviting, disabling, helping in again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions.operator_links import (
    LINK_LIFE,
    invite_operator,
    make_reset_link,
    set_operator_active,
    withdraw_invitation,
)
from accounts.domain.errors import ImError, OperatorNotFound
from accounts.domain.ids import Appkey
from accounts.models import Operator
from accounts.queries.im_apps import get_app, list_apps
from accounts.queries.operators import get_operator, page_invitations, page_operators
from imadmin.console.access import ConsoleRequest, admin_page
from imadmin.console.actions.sessions import end_all_sign_ins
from imadmin.console.apitwin import rest_base
from imadmin.console.forms.operators import InvitationForm
from imadmin.console.htmx import no_store, see_other
from imadmin.console.refusals import explain
from imadmin.console.tables import RICH_SIZE, after, after_number, keyset_page, page_size

INVITATIONS = "invitations"  # the second list's cursor
HOURS = int(LINK_LIFE.total_seconds() // 3600)


@admin_page()
@require_safe
def operator_list(request: ConsoleRequest) -> HttpResponse:
    """GET /console/operators/; `?operator=` shows one with all apps that it may open."""
    only, size = after_number(request, "operator"), page_size(request, RICH_SIZE)
    operators = page_operators(after=after(request), limit=size, only=only)
    invitations = page_invitations(before=after_number(request, INVITATIONS), limit=size)
    rows, more = operators
    context = {
        "is_only_me": not only and not more and [one.id for one in rows] == [request.user.pk],
        "page": keyset_page(request, *operators),
        "invitations": keyset_page(request, *invitations, name=INVITATIONS),
        "only": only,
    }
    return render(request, "console/operators/list.html", context)


@admin_page("operator.invite")
@require_http_methods(["GET", "POST"])
def invite(request: ConsoleRequest) -> HttpResponse:
    """GET, POST /console/operators/invite/: the link is in the answer to POST, and only there."""
    apps = [str(info.ref.appkey) for info in list_apps()]
    initial = {"app": request.GET.get("app", "")[:100]}
    form = InvitationForm(request.POST or None, apps=apps, initial=initial)
    if form.is_valid():
        data = form.cleaned_data
        app = get_app(Appkey.parse(data["app"])) if data["app"] else None
        token = invite_operator(app, data["role"], by=request.user.name)
        told = _(
            "Send this link to the person whom you invite. It works once, for %(hours)d hours."
        )
        return _link(request, _("Invitation"), told, "join", token)
    status = 422 if form.is_bound else 200
    context = {"form": form, "hours": HOURS}
    return render(request, "console/operators/invite.html", context, status=status)


@admin_page("operator.reset_link")
@require_POST
def reset_link(request: ConsoleRequest, operator: int) -> HttpResponse:
    """POST /console/operators/<id>/reset/: shows a link that sets a new password."""
    found = _found(operator)
    token = make_reset_link(found, by=request.user.name)
    told = _("Send this link to %(name)s. It works once, for %(hours)d hours, and replaces"
             " any that was made before.")  # fmt: skip
    title = _("Link for a new password")
    return _link(request, title, told, "reset", token, name=found.name)


@admin_page("operator.sessions_end")
@require_POST
def end_sessions(request: ConsoleRequest, operator: int) -> HttpResponse:
    """POST /console/operators/<id>/sessions/end/"""
    count = end_all_sign_ins(_found(operator))
    said = ngettext("%(n)d session ended.", "%(n)d sessions ended.", count) % {"n": count}
    messages.success(request, said)
    return _back(request)


@admin_page("operator.disable")
@require_http_methods(["GET", "POST"])
def disable(request: ConsoleRequest, operator: int) -> HttpResponse:
    """GET (the confirmation), POST /console/operators/<id>/disable/"""
    found = _found(operator)
    if request.method == "POST":
        return _switch(request, found, False)
    context: dict[str, Any] = {
        "title": _("Disable %(name)s") % {"name": found.name},
        "effect": [
            _("The operator is signed out everywhere and cannot sign in."),
            _("Roles stay, and come back when the operator is enabled again."),
        ],
        "submit_label": _("Disable"),
        "cancel_url": reverse("console:operators"),
    }
    return render(request, "console/confirm.html", context)


@admin_page("operator.enable")
@require_POST
def enable(request: ConsoleRequest, operator: int) -> HttpResponse:
    """POST /console/operators/<id>/enable/"""
    return _switch(request, _found(operator), True)


@admin_page("operator.withdraw")
@require_POST
def withdraw(request: ConsoleRequest, link: int) -> HttpResponse:
    """POST /console/operators/invitations/<id>/withdraw/"""
    try:
        withdraw_invitation(link)
    except ImError as exc:
        messages.error(request, explain(exc))
    else:
        messages.success(request, _("The invitation is withdrawn."))
    return _back(request)


def _found(operator_id: int) -> Operator:
    try:
        return get_operator(operator_id)
    except OperatorNotFound as exc:
        raise Http404(explain(exc)) from exc


def _switch(request: ConsoleRequest, operator: Operator, is_active: bool) -> HttpResponse:
    try:
        set_operator_active(operator, is_active)
    except ImError as exc:
        messages.error(request, explain(exc))
    else:
        said = _("%(name)s may sign in again.") if is_active else _("%(name)s is disabled.")
        messages.success(request, said % {"name": operator.name})
    return _back(request)


def _link(
    request: ConsoleRequest, title: str, told: str, url_name: str, token: str, **params: str
) -> HttpResponse:
    address = reverse(f"console:{url_name}", kwargs={"token": token})
    context = {
        "title": title,
        "message": told % {"hours": HOURS, **params},
        "secret": f"{rest_base(request)}{address}",
        "next_url": reverse("console:operators"),
    }
    return no_store(render(request, "console/data/secret.html", context))


def _back(request: ConsoleRequest) -> HttpResponse:
    return see_other(request, reverse("console:operators"))
