"""System checks of what makes an instance unsafe (console.md 7.1); `check` and `up` run them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from accounts.queries.im_apps import live_apps_with_demo_users
from imadmin.console.hosts import LOOPBACK

MIN_KEY_LENGTH = 50
MIN_KEY_CHARACTERS = 5


@register(Tags.security)
def check_secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """im.E001: sessions, tokens and app secrets all hang on this key."""
    key = str(settings.SECRET_KEY)
    is_weak = (
        len(key) < MIN_KEY_LENGTH
        or len(set(key)) < MIN_KEY_CHARACTERS
        or key.startswith("django-insecure-")
    )
    if settings.DEBUG or not is_weak:
        return []
    return [
        Error(
            f"IM_SECRET_KEY is a default or shorter than {MIN_KEY_LENGTH} characters.",
            hint="Unset it to have one made in the data directory, or set a long random one.",
            id="im.E001",
        )
    ]


@register(Tags.security)
def check_console_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """im.E003: any web page could then reach the console under a name of its own."""
    if "*" not in settings.CONSOLE_HOSTS or settings.TRUST_ANY_HOST:
        return []
    return [
        Error(
            "IM_ALLOWED_HOSTS opens the console to any Host.",
            hint="Name the hosts, or set IM_TRUST_ANY_HOST=1 if a proxy checks them.",
            id="im.E003",
        )
    ]


@register(Tags.security)
def check_public_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """im.W002: passwords and tokens would cross the network in clear."""
    if settings.IS_HTTPS or settings.PUBLIC_HOST in LOOPBACK:
        return []
    return [
        Warning(
            f"IM_PUBLIC_URL ({settings.PUBLIC_URL}) is neither https nor loopback.",
            hint="Put TLS in front and set IM_PUBLIC_URL=https://…",
            id="im.W002",
        )
    ]


@register(Tags.database)
def check_demo_users(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """im.W001: demo users have a password that everybody knows."""
    if "default" not in (databases or ()):
        return []
    try:
        appkeys = live_apps_with_demo_users()
    except DatabaseError:  # not migrated yet
        return []
    return [
        Warning(
            f"The live app {appkey} has demo users, whose password is known.",
            hint="Delete them, or make the app a test app.",
            id="im.W001",
        )
        for appkey in appkeys
    ]
