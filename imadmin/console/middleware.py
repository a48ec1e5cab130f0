"""What every /console/ request passes: request id, host, policy, session, language, set-up gate.

Everything here but the request id leaves other paths alone: REST and the gateway never read a
cookie, and answer in English whatever the browser prefers (design.md §7, console.md §11).
"""

import logging
import random
import zoneinfo
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

from accounts.queries.operators import any_operator
from imadmin.console.hosts import is_console_host

logger = logging.getLogger(__name__)

PREFIX = "/console/"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " media-src 'self' blob:; font-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-src 'self'; frame-ancestors 'none'"
)


def is_console(request: HttpRequest) -> bool:
    return request.path_info.startswith(PREFIX) or request.path_info == PREFIX[:-1]


def new_request_id() -> str:
    """16 hex digits: a name to look a request up by, not a secret."""
    # Not of the system's numbers, for which a thread waits to get the interpreter back.
    return f"{random.getrandbits(64):016x}"


@sync_and_async_middleware
def request_id_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Give every request an id: `request.request_id`, the answer's X-Request-ID, the audit."""

    def named(request: HttpRequest) -> str:
        request_id = new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        return request_id

    if iscoroutinefunction(get_response):

        async def amiddleware(request: HttpRequest) -> HttpResponseBase:
            request_id = named(request)
            response = await cast("Awaitable[HttpResponseBase]", get_response(request))
            response.headers.setdefault("X-Request-ID", request_id)
            return response

        return amiddleware

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request_id = named(request)
        response = cast("HttpResponseBase", get_response(request))
        response.headers.setdefault("X-Request-ID", request_id)
        return response

    return middleware


class ConsoleOnly(MiddlewareMixin):
    """A middleware that other paths walk past, without a hop between threads."""

    def __call__(self, request: HttpRequest) -> Any:
        if not is_console(request):
            return self.get_response(request)
        return super().__call__(request)


class ConsoleHostMiddleware(ConsoleOnly):
    """Refuse the console under a foreign Host, with a plain page and without touching a cookie."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        host = request.META.get("HTTP_HOST", "")
        if settings.USE_X_FORWARDED_HOST and "HTTP_X_FORWARDED_HOST" in request.META:
            host = request.META["HTTP_X_FORWARDED_HOST"]
        host = host or request.META.get("SERVER_NAME", "")
        if is_console_host(host):
            return None
        logger.warning("console refused under the Host %r", host[:100])
        return HttpResponse(
            "The console is not served under this address.\n\n"
            "Open it by this machine's own name or address, or start the server with\n"
            "IM_ALLOWED_HOSTS=<this name> (or IM_PUBLIC_URL=<the whole address>).\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )


class ConsolePolicyMiddleware(ConsoleOnly):
    """The content policy of console.md §2, and answers that differ for htmx."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        # A stored file brings its own, stricter policy.
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        patch_vary_headers(response, ["HX-Request"])
        return response


class ConsoleSessionMiddleware(ConsoleOnly, SessionMiddleware):
    pass


class ConsoleAuthenticationMiddleware(ConsoleOnly, AuthenticationMiddleware):
    """Who is signed in; pages also leave the session's key where the live channel gets it.

    The session's own cookie stays below /console/, so the socket at /ws/console/ needs another.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not request.headers.get("HX-Request") and request.user.is_authenticated:
            response.set_cookie(
                settings.LIVE_COOKIE_NAME,
                request.session.session_key or "",
                path="/ws/console/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response


class ConsoleMessageMiddleware(ConsoleOnly, MessageMiddleware):
    pass


class ConsoleLocaleMiddleware(ConsoleOnly):
    """Speak the operator's language and show times in their zone.

    Language: profile, then cookie, then Accept-Language. Both are taken back at the end, as the
    thread goes on to serve REST.
    """

    def process_request(self, request: HttpRequest) -> None:
        operator = request.user
        language = getattr(operator, "language", "") or request.COOKIES.get(
            settings.LANGUAGE_COOKIE_NAME, ""
        )
        if language not in dict(settings.LANGUAGES):
            language = _accepted_language(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        try:
            timezone.activate(zoneinfo.ZoneInfo(getattr(operator, "time_zone", "") or "UTC"))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", translation.get_language() or "en")
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        translation.deactivate()
        timezone.deactivate()
        return response


class SetupGateMiddleware(ConsoleOnly):
    """While no operator exists, every page is the set-up page (console.md 7.1)."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.user.is_authenticated or any_operator():
            return None
        setup = reverse("console:setup")
        open_paths = (setup, reverse("console:set_language"), reverse("console:jsi18n"))
        if request.path_info.startswith(open_paths):
            return None
        return HttpResponseRedirect(setup)


def _accepted_language(header: str) -> str:
    """The first language of the header that we have; a bare `zh` is zh-hans."""
    weighted = []
    for position, item in enumerate(header.lower().split(",")[:20]):
        name, _, quality = item.strip().partition(";q=")
        try:
            weighted.append((-float(quality or 1), position, name))
        except ValueError:
            continue
    for _, _, name in sorted(weighted):
        if name == "zh" or name.startswith("zh-"):
            return "zh-hans"
        if name == "en" or name.startswith("en-"):
            return "en"
    return settings.LANGUAGE_CODE
