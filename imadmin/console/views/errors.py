"""Error pages: in the shell under /console/, JSON in the REST API's form elsewhere."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils.translation import gettext as _

from imadmin.console.access import Role
from imadmin.console.middleware import is_console


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request, 400, "illegal_argument", _("The request cannot be read"),
        _("Something in the address or in the sent form is not valid."),
    )  # fmt: skip


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request, 403, "forbidden_op", _("Not allowed"),
        str(exception or "") or _("You may not open this page."),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = exception.args[0] if exception and exception.args else ""
    sentence = reason if isinstance(reason, str) and reason else _("There is no page here.")
    remedy = ""
    if not request.path_info.endswith("/"):
        remedy = _("Addresses of the console end with a slash.")
    may_audit = getattr(request, "role", Role.NONE) >= Role.OWNER
    audit_url = getattr(exception, "audit_url", "") if may_audit else ""
    return _answer(
        request, 404, "resource_not_found", _("Not found"), sentence, remedy, audit_url
    )  # fmt: skip


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(
        request, 500, "internal_server_error", _("The server made a mistake"),
        _("The error is in the server's log, under the request id below."),
    )  # fmt: skip


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request, 403, "forbidden_op", _("This form has expired"),
        _("It came without the right CSRF token: you signed in or out in another tab, cookies are"
          " off, or the form came from another address."),
        _("Go back, load the page again and send the form once more."),
    )  # fmt: skip


def _answer(
    request: HttpRequest, status: int, error: str, heading: str, sentence: str, remedy: str = "",
    audit_url: str = "",
) -> HttpResponse:  # fmt: skip
    if not is_console(request):
        return _json(status, error, sentence)
    context = {"status": status, "heading": heading, "sentence": sentence, "remedy": remedy,
               "audit_url": audit_url}  # fmt: skip
    if not hasattr(request, "user"):  # refused before the session was read
        return HttpResponse(f"{heading}\n{sentence}\n", status=status, content_type="text/plain")
    try:
        return render(request, "console/errors/error.html", context, status=status)
    except (TemplateDoesNotExist, TemplateSyntaxError):
        return HttpResponse(f"{heading}\n{sentence}\n", status=status, content_type="text/plain")


def _json(status: int, error: str, sentence: str) -> JsonResponse:
    body: dict[str, Any] = {
        "error": error,
        "exception": "io.imadmin.HttpError",
        "timestamp": int(time.time() * 1000),
        "duration": 0,
        "error_description": sentence,
    }
    # Browsers' SDKs read errors too (rest.md 1.1).
    return JsonResponse(body, status=status, headers={"Access-Control-Allow-Origin": "*"})
