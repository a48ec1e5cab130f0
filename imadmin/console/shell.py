"""Context processor: what the shell around every console page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from accounts.models import Operator
from accounts.queries.operators import apps_of
from imadmin.console.middleware import is_console
from imadmin.console.navigation import menu


def shell(request: HttpRequest) -> dict[str, Any]:
    """Adds `shell`, lazily: error pages and partials may not need it."""
    if not is_console(request):
        return {}
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    operator = getattr(request, "user", None)
    is_signed_in = isinstance(operator, Operator)
    app = getattr(request, "app", None)
    match = request.resolver_match
    url_name = (match.url_name if match else "") or ""
    apps = getattr(request, "apps", None)
    if apps is None:
        apps = apps_of(operator) if isinstance(operator, Operator) else []
    return {
        "operator": operator if is_signed_in else None,
        "apps": apps,
        "app": app,
        "environment": next(
            (one.info.environment for one in apps if app and one.ref.id == app.id), ""
        ),
        "role": getattr(request, "role", None),
        "menu": menu(app.appkey, request.role, url_name) if app and is_signed_in else [],  # type: ignore[attr-defined]
        "page": url_name,
        "theme": getattr(operator, "theme", "") or "system",
        "density": getattr(operator, "density", "") or "compact",
        "shortcuts": bool(is_signed_in and getattr(operator, "shortcuts", False)),
        "language": get_language(),
        "languages": settings.LANGUAGES,
        "request_id": getattr(request, "request_id", ""),
        "version": settings.SPECTACULAR_SETTINGS["VERSION"],
    }
