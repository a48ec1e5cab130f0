"""The composer, and what became of a send."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.errors import ImError
from accounts.queries.im_users import find_users
from chat.actions.files import store_file
from chat.domain.answers import StoredFileInfo
from chat.queries.message_log import get_messages
from imadmin.console import twins
from imadmin.console.access import AppRequest, Role, app_actor, app_page, may_read_bodies
from imadmin.console.actions.client_sends import device_of, token_of_sender
from imadmin.console.actions.sends import (
    close_send,
    is_interrupted,
    path_of,
    run_send,
    start_send,
)
from imadmin.console.acts import address
from imadmin.console.apitwin import Twin, path, rest_base, twin
from imadmin.console.forms.message_log import STAGE_WORDS, wanted_of
from imadmin.console.forms.messages import EXT_PRESETS, TYPE_WORDS, SendForm
from imadmin.console.forms.pairs import pair_rows
from imadmin.console.htmx import render_part, see_other
from imadmin.console.models import SendItem, SendJob
from imadmin.console.queries.delivery import deliveries_of
from imadmin.console.queries.sends import response_of, spec_of
from imadmin.console.refusals import add_refusal, explain, hint_of, sentence_of
from imadmin.console.tables import RICH_SIZE, numbered_page, page_size

Json = dict[str, Any]
RECENT = 10
WATCHED = timedelta(minutes=5)  # that a page without script asks again by itself


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="message.send")
@require_http_methods(["GET", "POST"])
def send(request: AppRequest) -> HttpResponse:
    """GET, POST A send/: `?from=&to_type=&to=&type=`, `?job=` and `?message=` fill the form. With
    `copy` nothing is sent: the page shows the calls that would send it."""
    shown = None
    if request.method == "POST":
        form = SendForm(request.POST, request.FILES, app=request.app)
        if "copy" in request.POST:
            shown = _twin_of_form(request, form)
        elif form.is_valid():
            job = _send_form(request, form)
            if job is not None:
                return see_other(request, address(request.app, "send_job", job=job.pk))
    else:
        form = SendForm(initial=_initial(request), app=request.app)
    mine = SendJob.objects.filter(app_id=request.app.id, operator=request.user)
    context = {
        "form": form,
        "presets": [(label, json.dumps(ext, ensure_ascii=False, indent=2))
                    for label, ext in EXT_PRESETS],
        "size": [form["width"], form["height"]],
        "length": form["length"],
        "exts": pair_rows(form["custom_exts"]),
        "thumbs": [form[name] for name in ("thumb_upload", "thumb", "thumb_secret")],
        "recent": mine.order_by("-pk")[:RECENT],
        "twin": shown,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "console/send/compose.html", context, status=status)


def _initial(request: AppRequest) -> Json:
    """From the address, from an earlier send, or from any message."""
    query = request.GET
    if query.get("job", "").isdigit():
        job = SendJob.objects.filter(app_id=request.app.id, pk=int(query["job"][:18])).first()
        if job is not None:
            return form_values(job.spec)
    if query.get("message", "").isdigit():
        [*found] = get_messages(request.app, [int(query["message"][:19])])
        if found and found[0].type in TYPE_WORDS:
            return form_values(spec_of(found[0]))
    given = {
        name: query[name] for name in ("path", "to_type", "to", "type", "text") if name in query
    }
    return {**given, "sender": query.get("from", "")}


def form_values(spec: Json) -> Json:
    """The form's values that make this send again (an upload has become an address)."""
    body = spec["body"]
    names = {"text": "msg", "custom_event": "customEvent", "custom_exts": "customExts"}
    plain = ("url", "secret", "filename", "file_length", "length", "thumb", "thumb_secret",
             "lat", "lng", "addr", "action")  # fmt: skip
    values = {name: body.get(names.get(name, name)) for name in (*names, *plain)}
    values |= {name: body.get("size", {}).get(name) for name in ("width", "height")}
    return {
        **values,
        **spec["options"],
        "path": path_of(spec),
        "sender": spec["from"],
        "to_type": spec["to_type"],
        "to": ", ".join(spec["to"]),
        "type": spec["type"],
        "ext": twins.as_json(spec["ext"]),
    }


def _twin_of_form(request: AppRequest, form: SendForm) -> Twin | None:
    """The calls that send what is written; None when the form says why there are none."""
    form.check_is_call()
    if not form.is_valid():
        return None
    spec = _spec(request, form.cleaned_data)
    return twin(request, request.app.appkey, twins.send(request.app, spec))


def _send_form(request: AppRequest, form: SendForm) -> SendJob | None:
    """Send it; None when it was refused as a whole, which the form then says."""
    try:
        return _send(request, _spec(request, form.cleaned_data))
    except ImError as exc:
        fields = {
            "file_too_large": "upload",
            "illegal_username": "sender",
            "username_too_long": "sender",
            "user_not_found": "sender",
            "user_disabled": "sender",
            "message_too_large": "text" if form.cleaned_data["type"] == "txt" else "ext",
        }
        add_refusal(form, exc, fields)
        return None


def _send(request: AppRequest, spec: Json) -> SendJob:
    """Raises ImError: nothing was sent, and there is no job."""
    is_client = path_of(spec) == "client"
    token = token_of_sender(request.app, spec["from"]) if is_client else ""
    job = start_send(app_actor(request), request.user, spec)
    run_send(app_actor(request), job, token)
    return job


def _spec(request: AppRequest, data: Json) -> Json:
    return {
        "path": data["path"],
        "from": data["sender"].strip().lower(),
        "to_type": data["to_type"],
        "to": list(data["to"]),
        "type": data["type"],
        "body": _body(request, data),
        "ext": data["ext"],
        "options": {
            "copy_to_sender": data["copy_to_sender"],
            "online_only": data["online_only"],
            "level": data["level"],
            "need_group_ack": data["need_group_ack"],
        },
    }


def _body(request: AppRequest, data: Json) -> Json:
    match data["type"]:
        case "txt":
            return {"msg": data["text"]}
        case "loc":
            return {"lat": data["lat"], "lng": data["lng"], "addr": data["addr"]}
        case "cmd":
            return {"action": data["action"]}
        case "custom":
            return {"customEvent": data["custom_event"], "customExts": data["custom_exts"]}
        case _:
            return _media(request, data)


def _media(request: AppRequest, data: Json) -> Json:
    """An upload goes through the platform's own files, so its address and secret are real."""
    body: Json = {name: data[name] for name in ("url", "secret", "filename", "file_length")}
    size = {"width": data["width"] or 0, "height": data["height"] or 0}
    if upload := data["upload"]:
        stored = _store(request, upload, data["filename"])
        body = _place_of(request, stored) | {
            "filename": stored.filename,
            "file_length": stored.size,
        }
        size = {"width": size["width"] or stored.width, "height": size["height"] or stored.height}
    if data["type"] == "video":
        thumb = {"url": data["thumb"], "secret": data["thumb_secret"]}
        if upload := data["thumb_upload"]:
            thumb = _place_of(request, _store(request, upload))
        body |= {"thumb": thumb["url"], "thumb_secret": thumb["secret"]}
    body = {name: value for name, value in body.items() if value not in {"", None}}
    if data["type"] == "img" and any(size.values()):
        body["size"] = size
    if data["type"] in {"audio", "video"}:
        body["length"] = data["length"]
    return body


def _store(request: AppRequest, upload: "UploadedFile[Any]", filename: str = "") -> StoredFileInfo:
    return store_file(
        request.app,
        uploaded_by=request.user.name,
        filename=filename or upload.name or "",
        content_type=upload.content_type or "",
        content=upload,
    )


def _place_of(request: AppRequest, stored: StoredFileInfo) -> Json:
    return {"url": file_address(request, stored.uuid), "secret": stored.share_secret}


def file_address(request: AppRequest, uuid: str) -> str:
    """Where REST serves a stored file."""
    appkey = request.app.appkey
    return rest_base(request) + path(appkey.org, appkey.app, "chatfiles", uuid)


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def send_job(request: AppRequest, job: int) -> HttpResponse:
    """GET A send/<job>/: the outcome of each target; the same after a reload."""
    found = job_or_404(request, job)
    items = list(found.items.order_by("pk"))
    bodies = may_read_bodies(request)
    is_client = path_of(found.spec) == "client"
    wanted = wanted_of(request.GET)
    deliveries = deliveries_of(request.app, found, items, wanted)
    status, response = response_of(request.app, found.spec, items)
    refused_first = sorted(items, key=lambda item: not item.error)
    page = numbered_page(request, refused_first, page_size(request, RICH_SIZE))
    context = {
        "job": found,
        "spec": found.spec if bodies else {**found.spec, "body": None, "ext": None},
        "page": replace(page, rows=_targets(request, found, page.rows)),
        "sent": sum(item.message_id is not None for item in items),
        "failed": sum(bool(item.error) for item in items),
        "recall_until_ms": _recall_until_ms(request, found),
        "deliveries": deliveries,
        "wanted": wanted,
        "is_interrupted": is_interrupted(found),
        "stages": STAGE_WORDS,
        "is_open": timezone.now() - found.created_at < WATCHED
        and any(one.is_open for one in deliveries),
        "device": device_of(found) if is_client else "",
        "response": response,
        "status": status,
        "twin": twin(request, request.app.appkey, twins.send(request.app, found.spec))
        if bodies and not is_client else None,
        "calls": len(twins.send(request.app, found.spec)),
    }  # fmt: skip
    return render_part(request, "console/send/job.html", "console/send/_delivery.html", context)


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a send, and what its page says of it."""

    item: SendItem
    why: str  # of a refusal
    hint: str
    is_nobody: bool  # no such user: stored all the same, as by REST


def _recall_until_ms(request: AppRequest, job: SendJob) -> int:
    """0 when the time is over: then only an owner may, on the message's page."""
    window = timedelta(seconds=request.app.settings.rest_recall_window_s)
    until = job.created_at + window
    return int(until.timestamp() * 1000) if until > timezone.now() else 0


def _targets(request: AppRequest, job: SendJob, items: list[SendItem]) -> list[Target]:
    names = [item.target for item in items] if job.spec["to_type"] == "user" else []
    known = find_users(request.app, names)
    return [
        Target(
            item,
            sentence_of(item.error, item.error_text, target=item.target),
            hint_of(item.error),
            bool(names) and item.target not in known,
        )
        for item in items
    ]


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="message.send")
@require_POST
def send_resume(request: AppRequest, job: int) -> HttpResponse:
    """POST A send/<job>/resume/: the targets without an outcome, of a send that was interrupted."""
    found = job_or_404(request, job)
    if is_interrupted(found):
        is_client = path_of(found.spec) == "client"
        try:
            token = token_of_sender(request.app, found.spec["from"]) if is_client else ""
            run_send(app_actor(request), found, token)
        except ImError as exc:
            messages.error(request, explain(exc))
    return see_other(request, address(request.app, "send_job", job=job))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="message.send.close")
@require_POST
def send_close(request: AppRequest, job: int) -> HttpResponse:
    """POST A send/<job>/close/: give up the targets without an outcome."""
    found = job_or_404(request, job)
    if is_interrupted(found):
        close_send(app_actor(request), found)
    return see_other(request, address(request.app, "send_job", job=job))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="message.send")
@require_POST
def send_again(request: AppRequest, job: int) -> HttpResponse:
    """POST A send/<job>/again/: the same message to the same targets, as a new send."""
    found = job_or_404(request, job)
    try:
        made = _send(request, found.spec)
    except ImError as exc:
        messages.error(request, explain(exc))
        return see_other(request, address(request.app, "send_job", job=job))
    messages.success(request, _("Sent again."))
    return see_other(request, address(request.app, "send_job", job=made.pk))


def job_or_404(request: HttpRequest, job: int) -> SendJob:
    app = request.app  # type: ignore[attr-defined]
    found = SendJob.objects.filter(app_id=app.id, pk=job).first()
    if found is None:
        raise Http404(_("There is no such send."))
    return found
