"""The message log, one message, recalling it, and the files of messages."""

import json
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.errors import ImError, NotFound
from chat.actions.recalls import recall_message
from chat.domain.commands import RecallMessage
from chat.domain.entries import Entry
from chat.domain.errors import FileExpired, FileNotFound
from chat.domain.events import MessagePosted, fact_of
from chat.domain.ids import ms_of
from chat.queries.files import open_file
from chat.queries.message_log import MessageFilter, changes_of, find_messages, get_message
from chat.rest.file_answers import file_answer
from chat.store.clock import now_ms
from chat.webhooks.listing import DeliveryFilter, list_deliveries
from imadmin.console import twins
from imadmin.console.access import AppRequest, Role, app_actor, app_page, may_read_bodies
from imadmin.console.acts import address
from imadmin.console.apitwin import Call, twin
from imadmin.console.forms.message_log import (
    STAGE_WORDS,
    MessageFilterForm,
    RecallForm,
    wanted_of,
)
from imadmin.console.htmx import render_part, see_other
from imadmin.console.queries.delivery import delivery_of
from imadmin.console.queries.messages import MessageRow, file_uuid, row_of, rows_of
from imadmin.console.queries.sends import job_of, spec_of
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import after_number, keyset_page, page_size

Json = dict[str, Any]
HOOKS = 20  # calls of webhooks, shown with a message
MEDIA_TAGS = {"img": "img", "audio": "audio", "video": "video"}


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def message_list(request: AppRequest) -> HttpResponse:
    """GET A messages/; `?from=` is the sender too, as other pages link to it."""
    asked = request.GET.copy()
    if "from" in asked and "sender" not in asked:
        asked["sender"] = request.GET.get("from", "")
    form = MessageFilterForm(asked, app=request.app)
    data = form.cleaned_data if form.is_valid() else {}
    bodies = may_read_bodies(request)
    wanted = _wanted(form, bodies=bodies)
    found = find_messages(
        request.app, wanted, before=after_number(request), limit=page_size(request)
    )
    context = {
        "form": form,
        "page": keyset_page(
            request, rows_of(request.app, found.entries, with_body=bodies), found.more
        ),
        "looked_to_ms": ms_of(found.more) if found.is_partial else 0,
        "target": "message-list",
        "is_filtered": any(value for name, value in data.items() if name != "since"),
        "since": data.get("since") or "1h",
        "bodies": bodies,
    }
    return render_part(
        request, "console/messages/list.html", "console/messages/_list.html", context
    )


def _wanted(form: MessageFilterForm, *, bodies: bool) -> MessageFilter:
    """An id is looked for in all that is kept; a text or a key only by who may read bodies."""
    data = form.cleaned_data
    number = data.get("id", "")
    message_id = int(number) if number.isascii() and number.isdigit() else 0
    if number and not message_id:
        message_id = -1
    begin, end = (None, None) if number else form.range
    return MessageFilter(
        since_ms=int(begin.timestamp() * 1000) if begin else 0,
        until_ms=int(end.timestamp() * 1000) if end else 0,
        message_id=message_id,
        sender=data.get("sender", ""),
        to=data.get("to", ""),
        room_id=data.get("room", ""),
        chat=data.get("chat", ""),
        type=data.get("type", ""),
        text=data.get("text", "") if bodies else "",
        ext_key=data.get("ext_key", "") if bodies else "",
        state=data.get("state", ""),
        source=data.get("source", ""),
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def message_detail(request: AppRequest, mid: int) -> HttpResponse:
    """GET A messages/<mid>/"""
    return _detail(request, _entry_or_404(request, mid), RecallForm(app=request.app))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="message.recall")
@require_http_methods(["POST"])
def message_recall(request: AppRequest, mid: int) -> HttpResponse:
    """POST A messages/<mid>/recall/; only an owner may recall after the window (`force`)."""
    entry = _entry_or_404(request, mid)
    form = RecallForm(request.POST, app=request.app)
    form.full_clean()
    force = form.cleaned_data["force"] and request.role >= Role.OWNER
    try:
        recall_message(app_actor(request), RecallMessage(mid, sender=entry.sender, force=force))
    except ImError as exc:
        add_refusal(form, exc)
        return _detail(request, entry, form)
    messages.success(request, _("Message recalled."))
    return see_other(request, address(request.app, "message_detail", mid=mid))


def _entry_or_404(request: AppRequest, mid: int) -> Entry:
    try:
        return get_message(request.app, mid)
    except NotFound as exc:
        raise Http404(_("There is no such message.")) from exc


def _detail(request: AppRequest, entry: Entry, form: RecallForm) -> HttpResponse:
    bodies = may_read_bodies(request)
    fact = fact_of(entry)
    assert isinstance(fact, MessagePosted)
    row, wanted = row_of(entry, with_body=bodies), wanted_of(request.GET)
    window_ms = request.app.settings.rest_recall_window_s * 1000
    left_s = max(0, (entry.created_ms + window_ms - now_ms()) // 1000)
    payload = {"type": entry.type, **fact.body.fields}
    context = {
        "entry": entry,
        "row": row,
        "bodies": bodies,
        "pretty": json.dumps(payload, ensure_ascii=False, indent=2) if bodies else "",
        "ext": twins.as_json(fact.ext) if bodies else "",
        "raw": json.dumps(entry.payload, ensure_ascii=False) if bodies else "",
        "media": _media(request, entry, fact) if bodies else {},
        "form": form,
        "left_s": left_s,
        "late_s": max(0, (now_ms() - entry.created_ms - window_ms) // 1000),
        "may_force": request.role >= Role.OWNER,
        "recallable": not row.is_recalled and request.app.settings.recall_enabled,
        "deliveries": [delivery_of(request.app, entry, wanted)],
        "wanted": wanted,
        "stages": STAGE_WORDS,
        "deadline_ms": entry.created_ms + window_ms,
        "twin": twin(request, request.app.appkey, _twins(request, entry, row, bodies=bodies)),
        "changes": [
            (one.kind.name.lower(), one.sender, one.created_ms) for one in changes_of(entry)
        ],
        "hooks": list_deliveries(request.app, DeliveryFilter(entry_id=entry.id), limit=HOOKS),
        "job": job_of(entry),
    }
    status = 422 if form.errors else 200
    page, part = "console/messages/detail.html", "console/messages/_detail_delivery.html"
    return render_part(request, page, part, context, status=status)


def _twins(request: AppRequest, entry: Entry, row: MessageRow, *, bodies: bool) -> list[Call]:
    """Sending the same again, and taking it back."""
    again = twins.send(request.app, spec_of(entry)) if bodies else []
    taken_back = twins.recall(row.id, row.chat, row.to, row.sender, force=False)
    return [*(replace(call, note=_("send it again")) for call in again), *taken_back]


def _media(request: AppRequest, entry: Entry, fact: MessagePosted) -> Json:
    """A stored file of this app is shown; any other address is text, at most a link."""
    url = fact.body.fields.get("url")
    if not isinstance(url, str) or not url:
        return {}
    uuid = file_uuid(request.app, url)
    is_link = url.lower().startswith(("http://", "https://"))
    return {
        "tag": MEDIA_TAGS.get(entry.type, "") if uuid else "",
        "src": address(request.app, "file", uuid=uuid) if uuid else "",
        "url": url,
        "is_link": is_link,
        "filename": str(fact.body.fields.get("filename", "")),
    }


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def file(request: AppRequest, uuid: Any) -> HttpResponseBase:
    """GET A files/<uuid>/: the session instead of the share-secret (design.md §7)."""
    if not may_read_bodies(request):
        raise Http404(_("There is no such file."))
    try:
        opened = open_file(request.app, str(uuid), thumbnail="thumb" in request.GET, trusted=True)
    except (FileNotFound, FileExpired) as exc:
        raise Http404(_("There is no such file.")) from exc
    return file_answer(request, opened, cross_origin=False)
