"""route(): a path below /{org}/{app}/ and the view that answers there."""

from typing import Any

from django.urls import URLPattern, path

from accounts.rest.base import AppView


def route(pattern: str, view: type[AppView], **initkwargs: Any) -> URLPattern:
    """`pattern` is relative to the app and has no trailing slash: StripSlash took it away."""
    return path(f"<str:org>/<str:app>/{pattern}", view.as_view(**initkwargs))
