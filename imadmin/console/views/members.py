"""Who may open an app, and as what."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.operators import set_role
from accounts.domain.errors import ImError, OperatorNotFound
from accounts.models import Operator
from accounts.queries.operators import find_operator, get_operator, members_of
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.acts import address
from imadmin.console.forms.operators import MemberForm, RoleForm
from imadmin.console.htmx import see_other
from imadmin.console.refusals import add_refusal, explain
from imadmin.console.tables import RICH_SIZE, numbered_page, page_size


@app_page(see=Role.VIEWER, do=Role.OWNER)
@require_safe
def member_list(request: AppRequest) -> HttpResponse:
    """GET A members/"""
    return _page(request, MemberForm())


@app_page(see=Role.OWNER, do=Role.OWNER, action="member.add")
@require_POST
def member_add(request: AppRequest) -> HttpResponse:
    """POST A members/add/ with `name` and `role`"""
    form = MemberForm(request.POST)
    if form.is_valid():
        name, role = form.cleaned_data["name"], form.cleaned_data["role"]
        operator = find_operator(name.strip())
        if operator is None:
            add_refusal(form, OperatorNotFound(name=name), {"*": "name"})
        elif any(one.id == operator.pk for one in members_of(request.app)):
            form.add_error("name", _("%(name)s is a member already.") % {"name": operator.name})
        else:
            set_role(operator, request.app, role)
            messages.success(request, _("%(name)s may open this app.") % {"name": operator.name})
            return _back(request)
    return _page(request, form)


@app_page(see=Role.OWNER, do=Role.OWNER, action="member.role")
@require_POST
def member_role(request: AppRequest, member: int) -> HttpResponse:
    """POST A members/<id>/role/ with `role`"""
    form = RoleForm(request.POST)
    if form.is_valid():
        return _give(request, member, form.cleaned_data["role"])
    messages.error(request, _("Choose a role."))
    return _back(request)


@app_page(see=Role.OWNER, do=Role.OWNER, action="member.remove")
@require_POST
def member_remove(request: AppRequest, member: int) -> HttpResponse:
    """POST A members/<id>/remove/"""
    return _give(request, member, "")


def _give(request: AppRequest, member: int, role: str) -> HttpResponse:
    """Another role, or none; only members have one to change."""
    operator = _member(request, member)
    try:
        set_role(operator, request.app, role)
    except ImError as exc:
        messages.error(request, explain(exc))
    else:
        said = (
            _("The role of %(name)s is changed.") if role else _("%(name)s is no member any more.")
        )
        messages.success(request, said % {"name": operator.name})
        if not role and operator.pk == request.user.pk and not request.user.is_admin:
            return see_other(request, reverse("console:home"))  # this app is out of sight now
    return _back(request)


def _member(request: AppRequest, member: int) -> Operator:
    if not any(one.id == member for one in members_of(request.app)):
        raise Http404(_("There is no such member."))
    return get_operator(member)


def _back(request: AppRequest) -> HttpResponse:
    return see_other(request, address(request.app, "members"))


def _page(request: AppRequest, form: MemberForm) -> HttpResponse:
    members = members_of(request.app)
    context = {
        "page": numbered_page(
            request, members, page_size(request, RICH_SIZE), base=address(request.app, "members")
        ),
        "form": form,
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
        "is_only_me": [one.id for one in members] == [request.user.pk],
        "owners": sum(one.role == "owner" for one in members),
    }
    status = 422 if form.errors else 200
    return render(request, "console/members/page.html", context, status=status)
