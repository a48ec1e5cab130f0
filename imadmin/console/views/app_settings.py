"""An app's settings, and its end; the instance's settings and health."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.im_apps import change_app
from accounts.domain.errors import ImError
from accounts.queries.im_apps import app_by_id, app_info
from accounts.queries.im_users import count_users
from chat.actions.apps import destroy_app
from chat.live.online import connections
from imadmin.console.access import AppRequest, ConsoleRequest, Role, admin_page, app_page
from imadmin.console.actions.clearing import start_clearing
from imadmin.console.actions.demo import demo_users, reset_demo
from imadmin.console.acts import address
from imadmin.console.forms.app_settings import TEXTS, AppSettingsForm, ConfirmAppForm
from imadmin.console.forms.setting_groups import LIMITS, SETTINGS
from imadmin.console.htmx import render_part, see_other
from imadmin.console.queries.instance import facts, health
from imadmin.console.queries.processes import processes
from imadmin.console.refusals import add_refusal
from imadmin.console.views.user_jobs import busy


@app_page(see=Role.VIEWER, do=Role.OWNER, action="app.edit")
@require_http_methods(["GET", "POST"])
def app_settings(request: AppRequest) -> HttpResponse:
    """GET, POST A settings/, ?part=limits: what changes takes effect at once here, elsewhere in
    2 s."""
    part = LIMITS if request.GET.get("part") == LIMITS else ""
    info = app_info(request.app)
    initial = {
        **{name: getattr(info, name) for name in TEXTS},
        **{name: getattr(request.app.settings, name) for name in SETTINGS},
    }
    form = AppSettingsForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        app=request.app,
        part=part,
    )
    here = address(request.app, "app_settings") + (f"?part={part}" if part else "")
    if form.is_valid():
        try:
            _save(request, form)
        except ImError as exc:
            add_refusal(form, exc)
        else:
            messages.success(request, _("Settings saved."))
            return see_other(request, here)
    status = 422 if form.errors else 200
    context = {"form": form, "here": here}
    return render(request, "console/settings/app.html", context, status=status)


@transaction.atomic
def _save(request: AppRequest, form: AppSettingsForm) -> None:
    """Only what this page changed, upon what is stored now."""
    texts, values = form.changes()
    now = app_by_id(request.app.id)
    change_app(now, **texts, settings=now.settings.changed_by_texts(values))


@app_page(see=Role.OWNER, do=Role.OWNER, action="app.delete")
@require_http_methods(["GET", "POST"])
def app_delete(request: AppRequest) -> HttpResponse:
    """GET (the confirmation), POST A settings/delete/ with the appkey typed."""
    form = ConfirmAppForm(request.POST if request.method == "POST" else None, app=request.app)
    if form.is_valid():
        appkey = str(request.app.appkey)
        destroy_app(request.app)
        messages.success(request, _("The app %(appkey)s is deleted.") % {"appkey": appkey})
        return see_other(request, reverse("console:apps"))
    users, online = count_users(request.app), len(list(connections(request.app.id)))
    context: dict[str, Any] = {
        "title": _("Delete %(appkey)s") % {"appkey": request.app.appkey},
        "form": form,
        "effect": [
            ngettext("%(n)d user goes, with all friends and block lists.",
                     "%(n)d users go, with all friends and block lists.", users) % {"n": users},
            _("All groups, chatrooms, messages, files, webhooks and credentials go."),
            ngettext("%(n)d client that is connected is signed out.",
                     "%(n)d clients that are connected are signed out.", online) % {"n": online},
            _("This cannot be undone."),
        ],
        "submit_label": _("Delete this app"),
        "cancel_url": address(request.app, "app_settings"),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "console/confirm.html", context, status=status)


@app_page(see=Role.OWNER, do=Role.OWNER, action="app.clear")
@require_http_methods(["GET", "POST"])
def app_clear(request: AppRequest) -> HttpResponse:
    """GET (the confirmation), POST A settings/clear/ with the appkey typed."""
    form = ConfirmAppForm(request.POST if request.method == "POST" else None, app=request.app)
    back = address(request.app, "app_settings")
    if form.is_valid():
        if start_clearing(request.app):
            messages.success(request, _("The messages are being removed."))
            return see_other(request, back)
        form.add_error(None, busy())
    context: dict[str, Any] = {
        "title": _("Clear the messages"),
        "form": form,
        "effect": [
            _("Every message sent until now goes, from histories, conversations and queues."),
            _("What a client has got already it keeps. Users, groups and chatrooms stay."),
            _("This cannot be undone."),
        ],
        "submit_label": _("Clear the messages"),
        "cancel_url": back,
    }
    status = 422 if form.errors else 200
    return render(request, "console/confirm.html", context, status=status)


@app_page(see=Role.OWNER, do=Role.OWNER, action="app.demo_reset")
@require_http_methods(["GET", "POST"])
def app_demo_reset(request: AppRequest) -> HttpResponse:
    """GET (the confirmation), POST A settings/demo/: the demo data as it was on the first day."""
    back = address(request.app, "app_settings")
    if request.method == "POST":
        reset_demo(request.app)
        messages.success(request, _("The demo data is as new."))
        return see_other(request, back)
    old = demo_users(request.app)
    effect = [
        *([_("These users go, with the groups and chatrooms that they own: %(names)s")
           % {"names": ", ".join(old)}] if old else []),
        _("demo1 to demo4, their group, chatroom and messages are made anew."),
    ]  # fmt: skip
    context = {
        "title": _("Reset the demo data"),
        "effect": effect,
        "submit_label": _("Reset the demo data"),
        "cancel_url": back,
    }
    return render(request, "console/confirm.html", context)


@admin_page()
@require_safe
def instance_settings(request: ConsoleRequest) -> HttpResponse:
    """GET /console/settings/: read-only; the health list comes again by itself."""
    states = processes()
    context = {"health": health(states), "processes": states, "groups": facts()}
    page, part = "console/settings/instance.html", "console/settings/_health.html"
    return render_part(request, page, part, context)
