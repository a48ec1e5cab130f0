"""Writes of user attributes."""

from django.db import transaction

from accounts.actions.audit import note
from accounts.domain.actor import AppRef
from accounts.domain.errors import ProfileTooLarge
from accounts.domain.ids import parse_username
from accounts.models import ImProfile
from accounts.queries.profiles import profile_bytes


@transaction.atomic
def set_profile(app: AppRef, username: str, attributes: dict[str, str]) -> dict[str, str]:
    """Merge attributes into those that are set, and give all. An empty value is stored empty.

    Raises:
        IllegalUsername, UsernameTooLong: nobody can have that name.
        ProfileTooLarge: nothing has changed.
    """
    name = parse_username(username)
    ImProfile.objects.get_or_create(app_id=app.id, username=name)
    row = ImProfile.objects.select_for_update().get(app_id=app.id, username=name)
    before: dict[str, str] = row.attributes
    merged = before | attributes
    limit = app.settings.max_profile_bytes
    if profile_bytes(merged) > limit:
        raise ProfileTooLarge(limit=limit)
    row.attributes = merged
    row.save()
    diff = {key: [before.get(key), value] for key, value in attributes.items()}
    note("user.profile", app, "user", name, diff)
    return merged


@transaction.atomic
def delete_profile(app: AppRef, username: str) -> None:
    """Idempotent."""
    gone, _ = ImProfile.objects.filter(app_id=app.id, username=username.lower()).delete()
    if gone:
        note("user.profile", app, "user", username.lower(), {"attributes": ["deleted", None]})
