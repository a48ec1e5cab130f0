"""Reads of user attributes. The user need not exist (rest.md 3.4)."""

from collections.abc import Iterable

from accounts.domain.actor import AppRef
from accounts.models import AppUse, ImProfile


def get_profile(app: AppRef, username: str) -> dict[str, str]:
    """All attributes; empty for a name that has none."""
    return get_profiles(app, [username])[username.lower()]


def get_profiles(app: AppRef, usernames: Iterable[str]) -> dict[str, dict[str, str]]:
    """By lower-case name, in the order asked; empty for those that have none."""
    found: dict[str, dict[str, str]] = {name.lower(): {} for name in usernames}
    rows = ImProfile.objects.filter(app_id=app.id, username__in=list(found))
    found.update((row.username, row.attributes) for row in rows)
    return found


def profile_bytes(attributes: dict[str, str]) -> int:
    """What counts against the limit: the UTF-8 of all keys and values."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items())


def capacity(app: AppRef) -> int:
    """Bytes of all attributes of the app."""
    used = AppUse.objects.filter(app_id=app.id).values_list("profile_bytes", flat=True)
    return used.first() or 0
