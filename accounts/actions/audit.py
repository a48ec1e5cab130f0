"""The audit: who changed what, one row a change, in the change's own transaction.

An entry point says once on whose behalf it works (`acting`); the actions beneath note what they
change. Outside of `acting` nothing is noted: demo data, tests and the server's own upkeep.
`record` writes one row with everything given, for what no action notes (denials, sends).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.domain.actor import AppRef, Via
from accounts.models import AuditEntry
from accounts.queries.im_apps import client_id_of

MASK = "•••"
_SECRET_WORDS = ("password", "secret", "token", "authorization", "code")
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """On whose behalf a change is made: an operator's name, a username, a command's name.

    Empty: the bearer of an app token, who is shown as "app token · <client id>".
    """

    actor: str
    via: Via
    role: str = ""
    address: str = ""
    request_id: str = ""


_origin: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


@contextmanager
def acting(origin: Origin) -> Iterator[None]:
    """Within: actions note their changes under this name. Follows into threads of asgiref."""
    before = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(before)


@contextmanager
def as_one() -> Iterator[None]:
    """Within: nothing is noted, for one entry that the caller notes stands for all of it."""
    before = _origin.set(None)
    try:
        yield
    finally:
        _origin.reset(before)


def note(
    action: str,
    app: AppRef | None,
    target_kind: str = "",
    target_id: str = "",
    diff: dict[str, list[Any]] | None = None,
) -> None:
    """Record a change for whoever is acting; see `record`. Call it inside the transaction."""
    origin = _origin.get()
    if origin is not None:
        record(
            action,
            app=app,
            actor=origin.actor or _app_token(app),
            role=origin.role,
            via=origin.via,
            address=origin.address,
            target_kind=target_kind,
            target_id=target_id,
            diff=diff,
            request_id=origin.request_id,
        )


def record(
    action: str,
    *,
    app: AppRef | None,
    actor: str,
    role: str = "",
    via: Via,
    address: str = "",
    target_kind: str = "",
    target_id: str = "",
    diff: dict[str, Any] | None = None,
    request_id: str = "",
    allowed: bool = True,
) -> None:
    """Write one row. `action` is a code of console.md 6.1; `diff` is {field: [before, after]}.

    Values of fields that name a secret are masked, whoever forgot to.
    """
    AuditEntry.objects.create(
        app_id=app.id if app else None,
        actor=actor[:_MAX_TEXT],
        role=role,
        via=via,
        address=address,
        action=action,
        target_kind=target_kind,
        target_id=target_id[:_MAX_TEXT],
        diff=masked(diff or {}),
        request_id=request_id,
        allowed=allowed,
    )


def _app_token(app: AppRef | None) -> str:
    return f"app token · {client_id_of(app)}" if app else "app token"


def add_outcome(app: AppRef, action: str, target_id: str, diff: dict[str, list[Any]]) -> None:
    """Complete the entry of something noted before its outcome was known (a send)."""
    entry = AuditEntry.objects.filter(app_id=app.id, action=action, target_id=target_id).last()
    if entry is not None:
        entry.diff = {**entry.diff, **masked(diff)}
        entry.save(update_fields=["diff"])


def drop_old_entries(limit: int) -> int:
    """Forget what is older than IM_AUDIT_DAYS (0: nothing); how many went, `limit` at most."""
    if settings.AUDIT_DAYS <= 0:
        return 0
    before = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    # Rows come in the order of their time, so the oldest ids are enough to look at.
    oldest = AuditEntry.objects.order_by("id").values_list("id", "at")[:limit]
    ids = [row_id for row_id, at in oldest if at < before]
    return AuditEntry.objects.filter(id__in=ids).delete()[0] if ids else 0


def masked(value: Any, field: str = "") -> Any:
    """The same JSON value with every text under a secret field's name replaced.

    Numbers and switches stay: `token_ttl_s` is a setting, not a secret.
    """
    is_secret = any(word in field.lower() for word in _SECRET_WORDS)
    match value:
        case dict():
            return {key: masked(item, f"{field} {key}") for key, item in value.items()}
        case list() | tuple():
            return [masked(item, field) for item in value]
        case str() if is_secret:
            return MASK
        case _:
            return value
