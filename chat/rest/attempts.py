"""Which REST calls tell how a client's way in goes: token calls, 401s, a browser's preflights.

The console's check of a connection shows them. Answers are not changed, and no password or token
is kept.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase

from accounts.domain.errors import ImError
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.rest.addresses import address_of
from accounts.rest.middleware import is_api_path
from accounts.rest.views.tokens import token_fields
from chat.store import observed

NO_APP = 0  # the app of what named none that exists


class AttemptsMiddleware:
    """Before ApiMiddleware, which answers preflights by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info  # as it came
        response = self._get_response(request)
        if is_api_path(path):
            _watch(request, path.strip("/").split("/"), response)
        return response


def _watch(request: HttpRequest, parts: list[str], response: HttpResponseBase) -> None:
    if len(parts) < 3:
        return
    what = f"{request.method} /{'/'.join(parts[2:])}"
    if request.method == "OPTIONS":
        asked = request.headers.get("Access-Control-Request-Method")
        if asked:
            origin = request.headers.get("Origin", "")
            what = f"{asked} /{'/'.join(parts[2:])} ({origin})"
            _note(request, response, "preflight", _app_named(parts), what)
    elif parts[2:] == ["token"] and request.method == "POST":
        _note(request, response, "token", _app_of(request), what, _asked_for(request))
    elif response.status_code == 401:
        _note(request, response, "call", _app_of(request), what)


def _note(
    request: HttpRequest,
    response: HttpResponseBase,
    kind: str,
    app_id: int,
    what: str,
    username: str = "",
) -> None:
    refusal = getattr(response, "refusal", None)
    observed.attempted(
        app_id=app_id,
        kind=kind,
        username=username.lower(),
        what=what,
        status=response.status_code,
        refusal=refusal.code if refusal else "",
        said=str(refusal) if refusal else "",
        address=address_of(request),
    )


def _app_of(request: HttpRequest) -> int:
    """As the view found it."""
    app: Any = getattr(request, "api_app", None)
    return app.id if app is not None else NO_APP


def _app_named(parts: list[str]) -> int:
    try:
        return get_app(Appkey(parts[0], parts[1])).id
    except ImError:
        return NO_APP


def _asked_for(request: HttpRequest) -> str:
    """Whose token it was to be; empty for the app's own."""
    try:
        name = token_fields(request).get("username")
    except (ImError, RequestDataTooBig, UnreadablePostError):
        return ""
    return name if isinstance(name, str) else ""
