"""Webhook rules: the list, a rule and what is done to it, and what the rules were told."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.actor import Actor
from accounts.domain.errors import ImError
from chat.actions.webhooks import (
    add_webhook,
    change_webhook,
    remove_webhook,
    resume_webhook,
    rotate_webhook_secret,
    try_webhook,
)
from chat.domain.errors import WebhookDeliveryNotFound
from chat.webhooks.listing import (
    DeliveryFilter,
    WebhookInfo,
    get_delivery,
    get_webhook_by_id,
    list_deliveries,
    list_webhooks,
)
from imadmin.console.access import AppRequest, Role, app_page, may_read_bodies
from imadmin.console.acts import Act, Family, Outcome, act_view, address, find_or_404
from imadmin.console.forms.im_users import ConfirmForm
from imadmin.console.forms.webhooks import DeliveryFilterForm, WebhookForm, initial_of
from imadmin.console.htmx import no_store, render_part, see_other
from imadmin.console.refusals import add_refusal, explain
from imadmin.console.tables import after_number, cut, keyset_page, page_size

Json = dict[str, Any]
HOOKS = Family("webhook", "hook", lambda app, hook_id: get_webhook_by_id(app, int(hook_id)))
FIELDS_OF_REFUSALS = {"webhook_name_taken": "name"}


@app_page(see=Role.VIEWER, do=Role.OWNER)
@require_safe
def webhook_list(request: AppRequest) -> HttpResponse:
    """GET A webhooks/"""
    context = {"hooks": list_webhooks(request.app)}
    return render(request, "console/webhooks/list.html", context)


@app_page(see=Role.OWNER, do=Role.OWNER, action="hook.create")
@require_http_methods(["GET", "POST"])
def webhook_new(request: AppRequest) -> HttpResponse:
    """GET, POST A webhooks/new/: shows the rule's secret in the answer to POST, and only there."""
    form = WebhookForm(request.POST or None, app=request.app)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                rule, secret = add_webhook(request.app, **form.fields_of_rule())
        except ImError as exc:
            add_refusal(form, exc, FIELDS_OF_REFUSALS)
        else:
            url = address(request.app, "webhook_detail", hook=rule.pk)
            return _secret(request, _("Rule made."), secret, url)
    context = {"form": form, "cancel_url": address(request.app, "webhooks")}
    status = 422 if form.errors else 200
    return render(request, "console/webhooks/form.html", context, status=status)


@app_page(see=Role.VIEWER, do=Role.OWNER)
@require_safe
def webhook_detail(request: AppRequest, hook: int) -> HttpResponse:
    """GET A webhooks/<hook>/"""
    return _detail(request, find_or_404(HOOKS, request.app, str(hook)))


@app_page(see=Role.OWNER, do=Role.OWNER, action="hook.edit")
@require_http_methods(["GET", "POST"])
def webhook_edit(request: AppRequest, hook: int) -> HttpResponse:
    """GET, POST A webhooks/<hook>/edit/"""
    info: WebhookInfo = find_or_404(HOOKS, request.app, str(hook))
    form = WebhookForm(request.POST or None, app=request.app, initial=initial_of(info))
    detail_url = address(request.app, "webhook_detail", hook=hook)
    if request.method == "POST" and form.is_valid():
        try:
            change_webhook(request.app, info.name, **form.fields_of_rule())
        except ImError as exc:
            add_refusal(form, exc, FIELDS_OF_REFUSALS)
        else:
            messages.success(request, _("Rule saved."))
            return see_other(request, detail_url)
    context = {"form": form, "hook": info, "cancel_url": detail_url}
    status = 422 if form.errors else 200
    return render(request, "console/webhooks/form.html", context, status=status)


@app_page(see=Role.OWNER, do=Role.OWNER, action="hook.test")
@require_POST
def webhook_test(request: AppRequest, hook: int) -> HttpResponse:
    """POST A webhooks/<hook>/test/: sends a sample now; the answer shows what went and came."""
    info: WebhookInfo = find_or_404(HOOKS, request.app, str(hook))
    try:
        trial = try_webhook(request.app, info.name)
    except ImError as exc:
        messages.error(request, explain(exc))
        return see_other(request, address(request.app, "webhook_detail", hook=hook))
    return _detail(request, info, trial=trial)


@app_page(see=Role.OWNER, do=Role.OWNER, action="hook.edit")
@require_POST
def webhook_switch(request: AppRequest, hook: int) -> HttpResponse:
    """POST A webhooks/<hook>/switch/: `on` is 1 or 0."""
    info: WebhookInfo = find_or_404(HOOKS, request.app, str(hook))
    on = request.POST.get("on") == "1"
    try:
        change_webhook(request.app, info.name, enabled=on)
    except ImError as exc:
        messages.error(request, explain(exc))
    else:
        messages.success(request, _("The rule is enabled.") if on else _("The rule is off."))
    return see_other(request, address(request.app, "webhook_detail", hook=hook))


def _detail(request: AppRequest, hook: WebhookInfo, **more: Any) -> HttpResponse:
    wanted = DeliveryFilter(rule_id=hook.id)
    context = {
        "hook": hook,
        "page": {"rows": list_deliveries(request.app, wanted, limit=10)},
        **more,
    }
    return no_store(render(request, "console/webhooks/detail.html", context))


def _secret(request: AppRequest, message: str, secret: str, next_url: str) -> HttpResponse:
    context = {"title": _("Webhook secret"), "message": message, "secret": secret,
               "next_url": next_url}  # fmt: skip
    return no_store(render(request, "console/data/secret.html", context))


def _name(actor: Actor, hook_id: str) -> str:
    return get_webhook_by_id(actor.app, int(hook_id)).name


def _rotate(actor: Actor, hook_id: str, _data: Json) -> Outcome:
    secret = rotate_webhook_secret(actor.app, _name(actor, hook_id))
    return Outcome(_("The new secret of the rule."), secret)


def _resume(actor: Actor, hook_id: str, _data: Json) -> Outcome:
    resume_webhook(actor.app, _name(actor, hook_id))
    return Outcome(_("The rule is called again."))


def _remove(actor: Actor, hook_id: str, _data: Json) -> Outcome:
    remove_webhook(actor.app, _name(actor, hook_id))
    return Outcome(_("Rule removed."))


HOOK_ACTS = (
    Act(
        name="webhook_rotate",
        path="rotate/",
        title=gettext_lazy("Rotate the secret"),
        button=gettext_lazy("Rotate the secret"),
        audit="hook.rotate",
        form=ConfirmForm,
        run=_rotate,
        back="webhook_detail",
        danger=True,
        effect=lambda _app, _hook: [
            _("A new secret is made, and shown once."),
            _("From now on calls are signed with it: a receiver with the old one refuses them."),
        ],
        needs=Role.OWNER,
    ),
    Act(
        name="webhook_resume",
        path="resume/",
        title=gettext_lazy("Resume the rule"),
        button=gettext_lazy("Resume now"),
        audit="hook.resume",
        form=ConfirmForm,
        run=_resume,
        back="webhook_detail",
        needs=Role.OWNER,
    ),
    Act(
        name="webhook_remove",
        path="remove/",
        title=gettext_lazy("Remove the rule"),
        button=gettext_lazy("Remove"),
        audit="hook.delete",
        form=ConfirmForm,
        run=_remove,
        back="webhooks",
        back_is_list=True,
        danger=True,
        effect=lambda _app, hook: [
            _("The rule %(name)s goes, with the list of what it was told.") % {"name": hook.name}
        ],
        needs=Role.OWNER,
    ),
)
HOOK_ACT_VIEWS = {act.name: act_view(HOOKS, act) for act in HOOK_ACTS}


@app_page(see=Role.VIEWER, do=Role.OWNER)
@require_safe
def delivery_list(request: AppRequest) -> HttpResponse:
    """GET A webhooks/deliveries/"""
    hooks = list_webhooks(request.app)
    form = DeliveryFilterForm(request.GET, app=request.app, hooks=hooks)
    data = form.cleaned_data if form.is_valid() else {}
    wanted = DeliveryFilter(
        rule_id=int(data.get("rule") or 0),
        state=data.get("state") or "",
        selector=data.get("selector") or "",
        entry_id=data.get("id") or 0,
    )
    size = page_size(request)
    found = list_deliveries(request.app, wanted, before_id=after_number(request), limit=size + 1)
    rows, more = cut(found, size)
    context = {
        "form": form,
        "page": keyset_page(request, rows, more),
        "target": "delivery-list",
        "is_filtered": any(data.values()),
    }
    return render_part(
        request, "console/webhooks/deliveries.html", "console/webhooks/_list.html", context
    )


@app_page(see=Role.VIEWER, do=Role.OWNER)
@require_safe
def delivery_detail(request: AppRequest, delivery: int) -> HttpResponse:
    """GET A webhooks/deliveries/<delivery>/: what was sent and what came back."""
    try:
        detail = get_delivery(request.app, delivery)
    except WebhookDeliveryNotFound as exc:
        raise Http404(explain(exc)) from exc
    context = {"detail": detail, "row": detail.delivery, "bodies": may_read_bodies(request)}
    return render(request, "console/webhooks/delivery.html", context)
