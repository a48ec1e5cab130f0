"""What holds for every API address, whichever view answers it (rest.md 1.1, 1.2).

No slash at the end counts, OPTIONS is answered here, CORS headers are on every answer, and what
Django itself would answer in HTML becomes JSON. The console, static files, the API's own pages
and the gateway's paths are left alone.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.rest.envelope import CONTENT_TYPE, error_answer

_OTHERS = frozenset({"console", "static", "api", "ws", "websocket", "metrics"})
_METHODS = "GET, POST, PUT, DELETE, OPTIONS"
_HEADERS = (
    "Authorization, Content-Type, Accept, X-Requested-With, restrict-access, share-secret,"
    " thumbnail, thumbnail-height, thumbnail-width"
)
_ERRORS = {
    400: ("illegal_argument", "The request cannot be read."),
    403: ("forbidden_op", "This is not allowed."),
    404: ("resource_not_found", "No resource answers at this path."),
    405: ("method_not_allowed", "The method is not allowed here."),
    413: ("request_entity_too_large", "The request body is too large."),
}


class ApiMiddleware:
    """The first of all, so that it sees what the others refuse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api_path(request.path_info):
            return self._get_response(request)
        if request.method == "OPTIONS":
            return _with_cors(HttpResponse(), request)
        request.path = request.path.rstrip("/") or "/"
        request.path_info = request.path_info.rstrip("/") or "/"
        response = self._get_response(request)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status_code >= 400 and not is_json:
            default = ("internal_server_error", "Internal server error")
            error, description = _ERRORS.get(response.status_code, default)
            response = error_answer(response.status_code, error, description)
        elif is_json:
            response.headers["Content-Type"] = CONTENT_TYPE
        return _with_cors(response, request)


def is_api_path(path: str) -> bool:
    return path not in {"", "/"} and path.lstrip("/").partition("/")[0] not in _OTHERS


def _with_cors(response: HttpResponseBase, request: HttpRequest) -> HttpResponseBase:
    headers = response.headers
    headers.setdefault("Access-Control-Allow-Origin", "*")
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = _METHODS
        headers["Access-Control-Allow-Headers"] = (
            request.headers.get("Access-Control-Request-Headers") or _HEADERS
        )
        headers["Access-Control-Max-Age"] = "86400"
    return response
