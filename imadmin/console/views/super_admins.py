"""The app's super admins: who may make chatrooms from a client."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.domain.errors import ImError
from chat.actions.rooms import set_super_admin
from chat.domain.commands import SetSuperAdmin
from chat.queries.name_pages import page_super_admins_of
from chat.queries.rooms import is_super_admin
from imadmin.console.access import AppRequest, Role, app_actor, app_page
from imadmin.console.acts import address, sample_of
from imadmin.console.apitwin import twin
from imadmin.console.forms.groups import OneUserForm
from imadmin.console.htmx import see_other
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import after_number, keyset_page, page_size
from imadmin.console.twins import super_admins as calls_of


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def super_admin_list(request: AppRequest) -> HttpResponse:
    """GET A rooms/superadmins/"""
    return _page(request, OneUserForm(app=request.app))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="room.superadmin.add")
@require_POST
def super_admin_add_view(request: AppRequest) -> HttpResponse:
    """POST A rooms/superadmins/add/"""
    form = OneUserForm(request.POST, app=request.app)
    if form.is_valid() and is_super_admin(request.app, form.cleaned_data["user"]):
        form.add_error("user", _("This user is a super admin already."))
    if not form.is_valid() or not _set(request, form, on=True):
        return _page(request, form)
    return see_other(request, address(request.app, "room_superadmins"))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="room.superadmin.remove")
@require_POST
def super_admin_remove_view(request: AppRequest) -> HttpResponse:
    """POST A rooms/superadmins/remove/"""
    form = OneUserForm(request.POST, app=request.app)
    if not form.is_valid() or not _set(request, form, on=False):
        return _page(request, form)
    return see_other(request, address(request.app, "room_superadmins"))


def _set(request: AppRequest, form: OneUserForm, *, on: bool) -> bool:
    name = form.cleaned_data["user"]
    try:
        set_super_admin(app_actor(request), SetSuperAdmin(name, on))
    except ImError as exc:
        add_refusal(form, exc, {"*": "user"})
        return False
    said = _("%(name)s is a super admin now.") if on else _("%(name)s is no super admin any more.")
    messages.success(request, said % {"name": name})
    return True


def _page(request: AppRequest, form: OneUserForm) -> HttpResponse:
    names, more = page_super_admins_of(request.app, after_number(request), page_size(request))
    context = {
        "page": keyset_page(request, names, more, base=address(request.app, "room_superadmins")),
        "form": form,
        "twin": twin(request, request.app.appkey, calls_of(sample_of(form))),
    }
    status = 422 if form.errors else 200
    return render(request, "console/rooms/superadmins.html", context, status=status)
