"""Reads of silent settings and push templates."""

from collections.abc import Collection

from accounts.domain.actor import AppRef
from accounts.domain.errors import PushTemplateMissing
from accounts.domain.push import Silent, SilentKind, Template
from accounts.models import PushTemplate, SilentSetting


def silent_of(user_id: int, kind: SilentKind, key: str) -> Silent:
    """What is set, or the default."""
    return silents_of(user_id, kind, [key])[key]


def silents_of(user_id: int, kind: SilentKind, keys: Collection[str]) -> dict[str, Silent]:
    """The settings of each key, in the order given."""
    rows = SilentSetting.objects.filter(user_id=user_id, kind=kind, key__in=keys)
    found = {row.key: as_silent(row) for row in rows}
    return {key: found.get(key, Silent()) for key in keys}


def list_types(
    user_id: int, *, after: int = 0, limit: int
) -> tuple[list[tuple[str, str, str]], int]:
    """(kind, key, type) of each conversation with a type of its own, and the next `after`."""
    rows = SilentSetting.objects.filter(user_id=user_id, pk__gt=after).exclude(kind="app")
    rows = rows.exclude(type="DEFAULT").order_by("pk")
    found = list(rows.values_list("pk", "kind", "key", "type")[: limit + 1])
    after = found[limit - 1][0] if len(found) > limit else 0
    return [(kind, key, type_) for _, kind, key, type_ in found[:limit]], after


def as_silent(row: SilentSetting) -> Silent:
    return Silent(row.type, row.interval, row.until_ms)


def get_template(app: AppRef, name: str) -> Template:
    """Raises PushTemplateMissing."""
    row = PushTemplate.objects.filter(app_id=app.id, name=name).first()
    if row is None:
        raise PushTemplateMissing(name=name)
    return as_template(row)


def as_template(row: PushTemplate) -> Template:
    created, modified = (int(at.timestamp() * 1000) for at in (row.created_at, row.modified_at))
    return Template(row.name, row.title, row.content, created, modified)
