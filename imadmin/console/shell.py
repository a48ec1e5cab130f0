"""Context processor: what the shell around every console page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from accounts.domain.actor import AppRef
from accounts.models import Operator
from accounts.queries.operators import OperatorApp, apps_of
from imadmin.console.access import Role
from imadmin.console.middleware import is_console
from imadmin.console.navigation import menu

SWITCHABLE = 8  # apps


def shell(request: HttpRequest) -> dict[str, Any]:
    """Adds `shell`, lazily: error pages and partials may not need it."""
    if not is_console(request):
        return {}
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _menu(request: HttpRequest, app: AppRef, url_name: str) -> list[dict[str, Any]]:
    role: Role = request.role  # type: ignore[attr-defined]
    return menu(app.appkey, role, url_name, request.path)


def _few(apps: list[OperatorApp], current: AppRef | None) -> list[OperatorApp]:
    """Those that the switcher offers, the open one among them; the list of apps has all."""
    few = apps[:SWITCHABLE]
    if current and all(one.ref.id != current.id for one in few):
        few = [*(one for one in apps if one.ref.id == current.id), *few[:-1]]
    return few


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
        "apps": _few(apps, app),
        "app": app,
        "environment": next(
            (one.info.environment for one in apps if app and one.ref.id == app.id), ""
        ),
        "role": getattr(request, "role", None),
        "menu": _menu(request, app, url_name) if app and is_signed_in else [],
        "page": url_name,
        "theme": getattr(operator, "theme", "") or "system",
        "density": getattr(operator, "density", "") or "compact",
        "shortcuts": bool(is_signed_in and getattr(operator, "shortcuts", False)),
        "language": get_language(),
        "languages": settings.LANGUAGES,
        "request_id": getattr(request, "request_id", ""),
        "version": settings.SPECTACULAR_SETTINGS["VERSION"],
    }
