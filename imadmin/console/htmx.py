"""A partial for htmx, the whole page otherwise; redirects that both understand."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect


class SeeOther(HttpResponseRedirect):
    """The answer to a POST that changed something: the page to GET next."""

    status_code = 303


def wants_part(request: HttpRequest) -> bool:
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted


def render_part(
    request: HttpRequest,
    page: str,
    part: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `part` for htmx, else `page`, which includes the part."""
    return render(request, part if wants_part(request) else page, context or {}, status=status)


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """After a change: 303 to a page; htmx is told to go there as a whole."""
    if wants_part(request):
        return HttpResponseClientRedirect(url)
    return SeeOther(url)


def one_time(response: HttpResponse, language: str = "") -> HttpResponse:
    """For pages whose address carries a secret: not to be cached or sent on.

    With a language the browser speaks it from now on.
    """
    response.headers["Cache-Control"] = "no-store"
    # Not no-referrer: with it browsers post `Origin: null`, which the CSRF check refuses. Of this
    # address strict-origin sends the scheme and host only.
    response.headers["Referrer-Policy"] = "strict-origin"
    return with_language(response, language)


def with_language(response: HttpResponse, language: str) -> HttpResponse:
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 3600,
            path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


def no_store(response: HttpResponse) -> HttpResponse:
    """For answers that show a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response
