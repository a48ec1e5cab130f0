"""Reads of the audit, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from accounts.domain.actor import AppRef
from accounts.models import AuditEntry

PORTION = 1000


@dataclass(frozen=True, slots=True)
class AuditInfo:
    """One change or denied attempt. `diff` is {field: [before, after]}, secrets masked."""

    id: int
    at: datetime
    appkey: str
    actor: str
    role: str
    via: str
    address: str
    action: str
    target_kind: str
    target_id: str
    diff: dict[str, Any] = field(hash=False)
    request_id: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Empty values do not filter; `actor` is any part, `action` and `target` are beginnings, `id`
    is of a single entry."""

    id: int = 0
    actor: str = ""
    action: str = ""
    target: str = ""
    via: str = ""
    since: datetime | None = None
    until: datetime | None = None
    denied: bool = False


ALL = AuditFilter()


def list_audit(
    app: AppRef | None, wanted: AuditFilter = ALL, *, before_id: int = 0, limit: int = 50
) -> list[AuditInfo]:
    """Entries of an app, or of the whole instance. Give the last one's id to read on."""
    rows = _matching(app, wanted).select_related("app").order_by("-id")
    if before_id:
        rows = rows.filter(id__lt=before_id)
    return [_info_of(row) for row in rows[:limit]]


def count_audit(app: AppRef | None, wanted: AuditFilter, most: int) -> int:
    """How many match; counting ends at `most`."""
    return _matching(app, wanted)[:most].count()


def every_entry(app: AppRef | None, wanted: AuditFilter) -> Iterator[AuditInfo]:
    """All that match, newest first, read in portions."""
    before_id = 0
    while rows := list_audit(app, wanted, before_id=before_id, limit=PORTION):
        yield from rows
        before_id = rows[-1].id


def acts_on(app: AppRef, action: str, target_id: str, since_ms: int, limit: int) -> list[AuditInfo]:
    """What was done so to one object since a moment, newest first."""
    since = datetime.fromtimestamp(since_ms / 1000, UTC)
    rows = AuditEntry.objects.filter(app_id=app.id, action=action, at__gte=since, allowed=True)
    found = rows.filter(target_id=target_id).select_related("app").order_by("-id")
    return [_info_of(row) for row in found[:limit]]


def _matching(app: AppRef | None, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if app is not None:
        rows = rows.filter(app_id=app.id)
    conditions: dict[str, object] = {
        "id": wanted.id,
        "actor__icontains": wanted.actor,
        "action__startswith": wanted.action,
        "target_id__startswith": wanted.target,
        "via": wanted.via,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    rows = rows.filter(**{name: value for name, value in conditions.items() if value})
    return rows.filter(allowed=False) if wanted.denied else rows


def _info_of(row: AuditEntry) -> AuditInfo:
    return AuditInfo(
        id=row.id,
        at=row.at,
        appkey=str(row.app) if row.app else "",
        actor=row.actor,
        role=row.role,
        via=row.via,
        address=row.address,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        diff=row.diff,
        request_id=row.request_id,
        allowed=row.allowed,
    )
