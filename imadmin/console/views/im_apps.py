"""Apps: the list, a new one, its credentials."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.im_apps import create_app, current_secret, rotate_secret
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import ImError, SecretUnreadable
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import app_info, old_secret_hints, secret_hint
from accounts.queries.im_users import user_counts
from accounts.queries.operators import OperatorApp, apps_of
from chat.live.online import connections
from chat.queries.message_log import counts_since
from imadmin.console.access import AppRequest, ConsoleRequest, Role, admin_page, app_page, signed_in
from imadmin.console.actions.demo import load_demo
from imadmin.console.forms.im_apps import AppFilterForm, NewAppForm, RotateForm
from imadmin.console.htmx import no_store, render_part, see_other
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import RICH_SIZE, numbered_page, page_size
from imadmin.console.views.session import safe_next

SUGGESTED = 50  # organisations


@signed_in
@require_safe
def app_list(request: ConsoleRequest) -> HttpResponse:
    """GET /console/apps/?q="""
    apps, form = apps_of(request.user), AppFilterForm(request.GET)
    wanted = form.cleaned_data["q"].lower() if form.is_valid() else ""
    size = page_size(request, RICH_SIZE)
    found = [one for one in apps if wanted in f"{one.appkey.key} {one.info.display_name.lower()}"]
    page = numbered_page(request, found, size)
    context = {
        "page": replace(page, rows=_rows_of(page.rows)),
        "form": form if len(apps) > size else None,
        "target": "app-list",
        "is_filtered": bool(wanted),
    }
    return render_part(request, "console/apps/list.html", "console/apps/_list.html", context)


def _rows_of(apps: list[OperatorApp]) -> list[dict[str, Any]]:
    """What goes on in each of them."""
    ids = [one.ref.id for one in apps]
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    users, today = user_counts(ids), counts_since(ids, int(midnight.timestamp() * 1000))
    return [
        {
            "item": one,
            "users": users.get(one.ref.id, 0),
            "online": len({device.user_id for device in connections(one.ref.id)}),
            "today": today.get(one.ref.id, 0),
        }
        for one in apps
    ]


@admin_page("app.create")
def app_new(request: ConsoleRequest) -> HttpResponse:
    """GET, POST /console/apps/new/: shows the credentials in the answer to POST, and only there."""
    form = NewAppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = create_app(
                Appkey(data["org"], data["app"]),
                display_name=data["display_name"],
                description=data["description"],
                environment=data["environment"],
                settings=AppSettings(open_registration=data["open_registration"]),
            )
        except ImError as exc:
            add_refusal(form, exc, {"reserved_org": "org", "app_exists": "app"})
        else:
            context = {"made": made, "appkey": made.app.appkey}
            return no_store(render(request, "console/apps/created.html", context))
    orgs = sorted({item.appkey.org for item in apps_of(request.user)})[:SUGGESTED]
    status = 422 if form.is_bound else 200
    return render(request, "console/apps/new.html", {"form": form, "orgs": orgs}, status=status)


@app_page(see=Role.OWNER, do=Role.OWNER, action="secret.rotate")
@require_safe
def credentials(request: AppRequest) -> HttpResponse:
    """GET A credentials/"""
    return no_store(render(request, "console/credentials/page.html", _hints(request)))


@app_page(see=Role.OWNER, do=Role.OWNER, action="secret.rotate")
def rotate(request: AppRequest) -> HttpResponse:
    """GET (the confirmation), POST A credentials/rotate/: shows the new secret in its answer."""
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        secret = rotate_secret(request.app, by=request.user.name, grace_s=form.grace_s())
        context = _hints(request) | {"new_secret": secret}
        return no_store(render(request, "console/credentials/page.html", context))
    cancel = reverse("console:credentials", kwargs=app_kwargs(request))
    context = {
        "form": form,
        "title": _("Rotate the client secret"),
        "effect": [
            _("A new client secret is made, and shown once."),
            _("A server that still uses the old one can get no app token after its end, given"
              " below."),
            _("If the old one stops at once, every app token that was issued stops, too."),
        ],
        "submit_label": _("Rotate the secret"),
        "cancel_url": cancel,
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return render(request, "console/confirm.html", context, status=status)


@app_page(do=Role.OPERATOR, action="app.demo")
@require_POST
def demo_data(request: AppRequest) -> HttpResponse:
    """POST A demo-data/: idempotent; back to the page that asked."""
    if load_demo(request.app):
        messages.success(request, _("Demo data loaded."))
    else:
        messages.info(request, _("The demo data is there already."))
    return see_other(request, safe_next(request))


def app_kwargs(request: AppRequest) -> dict[str, str]:
    return {"org": request.app.appkey.org, "app": request.app.appkey.app}


def _hints(request: AppRequest) -> dict[str, object]:
    try:
        current_secret(request.app)
        is_readable = True
    except SecretUnreadable:
        is_readable = False
    now_ms = int(timezone.now().timestamp() * 1000)
    return {
        "info": app_info(request.app),
        "hint": secret_hint(request.app),
        "old": [hint for hint in old_secret_hints(request.app) if hint.grace_until_ms > now_ms],
        "is_readable": is_readable,
    }
