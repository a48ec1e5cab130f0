"""Set-up: the first operator and the first app, made together or not at all."""

from django.contrib.auth import login as start_session
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.actions.audit import Origin, acting
from accounts.actions.im_apps import create_app
from accounts.actions.operators import check_setup_code, set_role, use_setup_code
from accounts.domain.actor import AppRef
from accounts.domain.errors import ImError, SetupClosed
from accounts.domain.ids import Appkey
from accounts.models import Operator
from accounts.queries.im_apps import get_app, list_apps
from accounts.queries.operators import any_operator
from accounts.rest.addresses import address_of
from imadmin.console.access import ConsoleRequest, open_page
from imadmin.console.actions.demo import load_demo
from imadmin.console.forms.setup import SetupForm
from imadmin.console.htmx import one_time, see_other
from imadmin.console.refusals import add_refusal

_FIELDS = {
    "wrong_setup_code": "code",
    "setup_code_void": "code",
    "operator_exists": "name",
    "weak_password": "password",
    "reserved_org": "org",
    "app_exists": "app",
}


@open_page
@sensitive_post_parameters()
def setup(request: ConsoleRequest) -> HttpResponse:
    """GET, POST /console/setup/: there only while no operator exists."""
    if any_operator():
        raise Http404(_("This instance is set up already."))
    form = SetupForm(
        request.POST or None,
        apps=[str(info.ref.appkey) for info in list_apps()],
        initial={
            "code": request.GET.get("code", "")[:64],
            "language": translation.get_language(),
            "time_zone": "UTC",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            check_setup_code(form.cleaned_data["code"])
            operator, app = _set_up(request, form)
        except SetupClosed as exc:
            raise Http404(_("This instance is set up already.")) from exc
        except ImError as exc:
            add_refusal(form, exc, _FIELDS)
        else:
            start_session(request, operator)
            appkey = app.appkey
            target = reverse("console:connect", kwargs={"org": appkey.org, "app": appkey.app})
            return one_time(see_other(request, target), form.cleaned_data["language"])
    status = 422 if form.is_bound else 200
    return one_time(render(request, "console/setup/page.html", {"form": form}, status=status))


@transaction.atomic
def _set_up(request: ConsoleRequest, form: SetupForm) -> tuple[Operator, AppRef]:
    data = form.cleaned_data
    origin = Origin(data["name"], "console", "admin", address_of(request), request.request_id)
    with acting(origin):
        operator = use_setup_code(
            data["code"],
            data["name"],
            data["password"],
            language=data["language"],
            time_zone=data["time_zone"],
        )
        if data.get("adopt"):
            app = get_app(Appkey.parse(data["adopt"]))
        else:
            app = create_app(Appkey(data["org"], data["app"])).app
        set_role(operator, app, "owner")
        if data["demo_data"]:
            load_demo(app)
    return operator, app
