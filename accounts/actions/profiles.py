"""Writes of user attributes."""

from django.db import transaction
from django.db.models import F

from accounts.actions.audit import note
from accounts.domain.actor import AppRef
from accounts.domain.errors import ProfilesTooLarge, ProfileTooLarge
from accounts.domain.ids import parse_username
from accounts.models import AppUse, ImProfile
from accounts.queries.profiles import profile_bytes


@transaction.atomic
def set_profile(app: AppRef, username: str, attributes: dict[str, str]) -> dict[str, str]:
    """Merge attributes into those that are set, and give all. An empty value is stored empty.

    Raises:
        IllegalUsername, UsernameTooLong: nobody can have that name.
        ProfileTooLarge, ProfilesTooLarge: nothing has changed.
    """
    name = parse_username(username)
    ImProfile.objects.get_or_create(app_id=app.id, username=name)
    row = ImProfile.objects.select_for_update().get(app_id=app.id, username=name)
    before: dict[str, str] = row.attributes
    merged = before | attributes
    limit = app.settings.max_profile_bytes
    if profile_bytes(merged) > limit:
        raise ProfileTooLarge(limit=limit)
    count_profile_bytes(app, profile_bytes(merged) - profile_bytes(before))
    row.attributes = merged
    row.save()
    diff = {key: [before.get(key), value] for key, value in attributes.items()}
    note("user.profile", app, "user", name, diff)
    return merged


@transaction.atomic
def delete_profile(app: AppRef, username: str) -> None:
    """Idempotent."""
    if forget_profile(app, username.lower()):
        note("user.profile", app, "user", username.lower(), {"attributes": ["deleted", None]})


def forget_profile(app: AppRef, name: str) -> bool:
    """Delete the attributes inside the caller's transaction; whether there were any."""
    row = ImProfile.objects.select_for_update().filter(app_id=app.id, username=name).first()
    if row is None:
        return False
    count_profile_bytes(app, -profile_bytes(row.attributes))
    row.delete()
    return True


def count_profile_bytes(app: AppRef, more: int) -> None:
    """Add to what the app's attributes take; inside the caller's transaction.

    Raises ProfilesTooLarge.
    """
    use = AppUse.objects.filter(app_id=app.id)
    limit = app.settings.max_profiles_mib * 1024 * 1024
    fitting = use.filter(profile_bytes__lte=limit - more) if more > 0 else use
    moved = {"profile_bytes": F("profile_bytes") + more}
    if not more or fitting.update(**moved):
        return
    AppUse.objects.get_or_create(app_id=app.id)
    if not fitting.update(**moved):
        raise ProfilesTooLarge(limit=limit)
