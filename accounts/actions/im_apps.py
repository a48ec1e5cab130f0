"""Writes of apps: making one, changing it, rotating its secret."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import signals
from accounts.actions.audit import note
from accounts.actions.keys import decrypt, encrypt
from accounts.domain.actor import AppRef
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import AppExists, AppNotFound, IllegalArgument, ReservedOrg
from accounts.domain.ids import RESERVED_ORGS, Appkey
from accounts.models import AppSecret, ImApp
from accounts.queries.im_apps import ref_of

ENVIRONMENTS = ("test", "live")
MAX_DISPLAY_NAME = 32
MAX_DESCRIPTION = 512
MAX_CREDENTIAL = 64
USED_AGAIN = timedelta(minutes=1)
# Written out, as every token call asks for it (accounts.queries.raw).
_SECRETS = "SELECT * FROM accounts_appsecret WHERE app_id = %s ORDER BY id DESC"


@dataclass(frozen=True, slots=True)
class NewApp:
    """What making an app gives: the only time that the secret is handed out by itself."""

    app: AppRef
    client_id: str
    client_secret: str


def create_app(
    appkey: Appkey,
    *,
    client_id: str = "",
    client_secret: str = "",
    display_name: str = "",
    description: str = "",
    environment: str = "test",
    settings: AppSettings | None = None,
) -> NewApp:
    """Make an app, with fresh credentials unless some are given.

    Raises:
        ReservedOrg: the organisation's name is a path of ours.
        AppExists: the appkey is taken, in any case of its letters.
        IllegalArgument: a text is too long, or the client id belongs to another app.
    """
    if appkey.org.lower() in RESERVED_ORGS:
        raise ReservedOrg(org=appkey.org)
    client_id = client_id or _credential()
    client_secret = client_secret or _credential()
    if len(client_id) > MAX_CREDENTIAL or len(client_secret) > MAX_CREDENTIAL:
        raise IllegalArgument(detail=f"A credential has at most {MAX_CREDENTIAL} characters.")
    _check_texts(display_name=display_name, description=description, environment=environment)
    with transaction.atomic():
        if ImApp.objects.filter(key=appkey.key).exists():
            raise AppExists(appkey=str(appkey))
        if ImApp.objects.filter(client_id=client_id).exists():
            raise IllegalArgument(detail="The client id belongs to another app.")
        try:
            with transaction.atomic():
                row = ImApp.objects.create(
                    org=appkey.org,
                    name=appkey.app,
                    key=appkey.key,
                    display_name=display_name,
                    description=description,
                    environment=environment,
                    client_id=client_id,
                    settings=(settings or AppSettings()).to_json(),
                )
        except IntegrityError:
            raise AppExists(appkey=str(appkey)) from None
        _store_secret(row, client_secret, by="")
        app = ref_of(row)
        note("app.create", app, "app", str(appkey))
    return NewApp(app, client_id, client_secret)


@transaction.atomic
def rotate_secret(app: AppRef, *, by: str, grace_s: int = 0) -> str:
    """Give the app a new client secret, and return it.

    With `grace_s` the old secret works that much longer and tokens made with it stay valid.
    Without, it and every app token die at once (rest.md 1.4).
    """
    row = _locked(app)
    now = timezone.now()
    AppSecret.objects.filter(app=row, grace_until__lte=now).delete()
    if grace_s > 0:
        until = now + timedelta(seconds=grace_s)
        AppSecret.objects.filter(app=row, grace_until=None).update(grace_until=until)
    else:
        AppSecret.objects.filter(app=row).delete()
        row.token_epoch += 1
        row.save(update_fields=["token_epoch"])
    secret = _credential()
    _store_secret(row, secret, by=by)
    note("secret.rotate", app, "app", str(app.appkey), {"grace_s": [None, grace_s]})
    return secret


@transaction.atomic
def change_app(
    app: AppRef,
    *,
    display_name: str | None = None,
    description: str | None = None,
    environment: str | None = None,
    settings: AppSettings | None = None,
) -> AppRef:
    """Change what is given and leave the rest. Other processes follow within two seconds.

    Raises:
        IllegalArgument: a text is too long, or the environment is neither test nor live.
    """
    given = {"display_name": display_name, "description": description, "environment": environment}
    texts = {name: value for name, value in given.items() if value is not None}
    _check_texts(**texts)
    row = _locked(app)
    diff: dict[str, list[Any]] = {}
    for name, value in texts.items():
        if getattr(row, name) != value:
            diff[name] = [getattr(row, name), value]
            setattr(row, name, value)
    if settings is not None:
        before, after = AppSettings.from_json(row.settings), settings
        diff |= {
            name: [getattr(before, name), getattr(after, name)]
            for name in AppSettings.__slots__
            if getattr(before, name) != getattr(after, name)
        }
        row.settings = settings.to_json()
    if diff:
        row.save()
        note("app.edit", app, "app", str(app.appkey), diff)
    return ref_of(row)


@transaction.atomic
def change_settings(app: AppRef, values: Mapping[str, object]) -> AppSettings:
    """Change single switches and limits, named as in AppSettings; values may be texts.

    Starts from what is stored now, so that two people who change different ones both succeed.

    Raises:
        IllegalArgument: no such setting, or a value that it cannot take. Nothing is changed then.
    """
    stored = AppSettings.from_json(_locked(app).settings)
    return change_app(app, settings=stored.changed_by_texts(values)).settings


@transaction.atomic
def delete_app(app: AppRef) -> None:
    """Delete the app with everything in it."""
    note("app.delete", None, "app", str(app.appkey))
    row = _locked(app)
    signals.im_app_deleted.send(sender=None, app_id=app.id)
    row.delete()


def current_secret(app: AppRef) -> str:
    """Raises SecretUnreadable: IM_SECRETS_KEY is another one than when it was stored."""
    row = AppSecret.objects.filter(app_id=app.id, grace_until=None).latest("id")
    return decrypt(row.ciphertext)


def use_secret(app_id: int, fits: Callable[[str], bool]) -> bool:
    """Whether the app's current secret, or one still in grace, fits. Its use is noted, at most once
    a minute."""
    now = timezone.now()
    for row in AppSecret.objects.raw(_SECRETS, [app_id]):
        if (row.grace_until is None or row.grace_until > now) and fits(decrypt(row.ciphertext)):
            if row.last_used_at is None or now - row.last_used_at > USED_AGAIN:
                AppSecret.objects.filter(id=row.pk).update(last_used_at=now)
            return True
    return False


def _locked(app: AppRef) -> ImApp:
    row = ImApp.objects.select_for_update(no_key=True).filter(id=app.id).first()
    if row is None:
        raise AppNotFound(org=app.appkey.org, app=app.appkey.app, uri=str(app.appkey))
    return row


def _store_secret(row: ImApp, secret: str, *, by: str) -> None:
    AppSecret.objects.create(app=row, ciphertext=encrypt(secret), last4=secret[-4:], rotated_by=by)


def _credential() -> str:
    """Looks like the vendor's: YXA6 and 24 URL-safe characters (rest.md 1.3)."""
    return "YXA6" + secrets.token_urlsafe(18)


def _check_texts(
    *, display_name: str = "", description: str = "", environment: str = "test"
) -> None:
    if len(display_name) > MAX_DISPLAY_NAME:
        raise IllegalArgument(detail=f"A display name has at most {MAX_DISPLAY_NAME} characters.")
    if len(description) > MAX_DESCRIPTION:
        raise IllegalArgument(detail=f"A description has at most {MAX_DESCRIPTION} characters.")
    if environment not in ENVIRONMENTS:
        raise IllegalArgument(detail="The environment is test or live.")
