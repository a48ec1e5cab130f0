"""Reads of apps: by appkey, by id, their settings and what is shown of their credentials."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from accounts.domain.actor import AppRef
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import AppNotFound
from accounts.domain.ids import Appkey
from accounts.models import AppSecret, ImApp
from accounts.queries.momentary import Momentary
from accounts.queries.raw import Row, fetch, in_marks

_settings: Momentary[AppSettings] = Momentary()

_NOW = "SELECT id, uuid, org, name, settings, client_id, token_epoch FROM accounts_imapp"


@dataclass(frozen=True, slots=True)
class AppNow:
    """An app as its row was read just now. Not to be kept: it tells which tokens hold."""

    ref: AppRef
    client_id: str
    token_epoch: int


@dataclass(frozen=True, slots=True)
class AppInfo:
    """An app as its console pages show it. Times are Unix milliseconds."""

    ref: AppRef
    display_name: str
    description: str
    environment: str  # test | live
    client_id: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class SecretHint:
    """What may be shown of a secret later. Times are Unix milliseconds, 0 = never."""

    last4: str
    created_ms: int
    rotated_by: str
    grace_until_ms: int  # 0: the current secret
    last_used_ms: int


def get_app(appkey: Appkey) -> AppRef:
    """Raises AppNotFound."""
    return app_now(appkey).ref


def app_now(appkey: Appkey) -> AppNow:
    """Raises AppNotFound."""
    found = apps_now([appkey]).get(appkey.key)
    if found is None:
        path = f"{appkey.org}/{appkey.app}"
        raise AppNotFound(org=appkey.org, app=appkey.app, uri=path)
    return found


def apps_now(appkeys: Collection[Appkey]) -> dict[str, AppNow]:
    """Those that exist, by `Appkey.key`; one query for any number."""
    keys = {appkey.key for appkey in appkeys}
    rows = fetch(f'{_NOW} WHERE "key" IN ({in_marks(keys)})', [*keys])
    return {now.ref.appkey.key: now for now in map(_now_of, rows)}


def app_by_id(app_id: int) -> AppRef:
    """Raises AppNotFound."""
    found = app_now_by_id(app_id)
    if found is None:
        raise AppNotFound(org="?", app=str(app_id), uri="?")
    return found.ref


def app_now_by_id(app_id: int) -> AppNow | None:
    """None when there is no such app."""
    return next(map(_now_of, fetch(f"{_NOW} WHERE id = %s", [app_id])), None)


def list_apps(ids: list[int] | None = None) -> list[AppInfo]:
    """All apps, or those with the given ids, by appkey."""
    rows = ImApp.objects.all() if ids is None else ImApp.objects.filter(id__in=ids)
    return [info_of(row) for row in rows.order_by("key")]


def app_info(app: AppRef) -> AppInfo:
    """Raises AppNotFound if the app has gone meanwhile."""
    row = ImApp.objects.filter(id=app.id).first()
    if row is None:
        raise AppNotFound(org=app.appkey.org, app=app.appkey.app, uri=str(app.appkey))
    return info_of(row)


def settings_of(app_id: int) -> AppSettings:
    """The app's settings, at most two seconds old. Raises AppNotFound."""
    return peek_settings(app_id) or app_by_id(app_id).settings


def peek_settings(app_id: int) -> AppSettings | None:
    """The same without a query: None when they are not at hand or too old."""
    return _settings.peek(app_id)


def claim_settings(app_id: int, now: float) -> bool:
    """Whether the caller is to read the app again, so that its settings stay at hand."""
    return _settings.claim(app_id, now)


def client_id_of(app: AppRef) -> str:
    return str(ImApp.objects.values_list("client_id", flat=True).get(id=app.id))


def secret_hint(app: AppRef) -> SecretHint:
    """What the credentials page shows of the current secret."""
    row = AppSecret.objects.filter(app_id=app.id, grace_until=None).latest("id")
    return _hint_of(row)


def old_secret_hints(app: AppRef) -> list[SecretHint]:
    """Secrets rotated away with a grace period, newest first; some may be over."""
    rows = AppSecret.objects.filter(app_id=app.id, grace_until__isnull=False).order_by("-id")
    return [_hint_of(row) for row in rows]


def ref_of(row: ImApp) -> AppRef:
    """The row as an AppRef; its settings are remembered for peek_settings."""
    settings = AppSettings.from_json(row.settings)
    _settings.put(row.id, settings)
    return AppRef(row.id, str(row.uuid), Appkey(row.org, row.name), settings)


def info_of(row: ImApp) -> AppInfo:
    created_ms = int(row.created_at.timestamp() * 1000)
    return AppInfo(
        ref_of(row), row.display_name, row.description, row.environment, row.client_id, created_ms
    )


def _now_of(row: Row) -> AppNow:
    """`row` has the columns of _NOW; its settings are remembered for peek_settings."""
    app_id, uuid, org, name, settings, *now = row
    known = _read_settings(settings)
    _settings.put(app_id, known)
    # SQLite keeps a UUID as 32 digits.
    return AppNow(AppRef(app_id, str(UUID(str(uuid))), Appkey(org, name), known), *now)


@lru_cache(1000)
def _read_settings(text: str) -> AppSettings:
    return AppSettings.from_json(json.loads(text))


def _hint_of(row: AppSecret) -> SecretHint:
    return SecretHint(
        last4=row.last4,
        created_ms=int(row.created_at.timestamp() * 1000),
        rotated_by=row.rotated_by,
        grace_until_ms=int(row.grace_until.timestamp() * 1000) if row.grace_until else 0,
        last_used_ms=int(row.last_used_at.timestamp() * 1000) if row.last_used_at else 0,
    )


def live_apps_with_demo_users() -> list[str]:
    """Appkeys of live apps in which somebody left demo users."""
    rows = ImApp.objects.filter(environment="live", im_users__is_demo=True).distinct()
    return [str(row) for row in rows.order_by("key")]
