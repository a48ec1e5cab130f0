"""Reads of the audit, newest first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.domain.actor import AppRef
from accounts.models import AuditEntry


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


def list_audit(
    app: AppRef | None,
    *,
    before_id: int = 0,
    actor: str = "",
    action: str = "",
    target: str = "",
    limit: int = 50,
) -> list[AuditInfo]:
    """Entries of an app, or of the whole instance; `action` and `target` are prefixes.

    Give the last entry's id as `before_id` to read on.
    """
    rows = AuditEntry.objects.select_related("app").order_by("-id")
    if app is not None:
        rows = rows.filter(app_id=app.id)
    if before_id:
        rows = rows.filter(id__lt=before_id)
    if actor:
        rows = rows.filter(actor__icontains=actor)
    if action:
        rows = rows.filter(action__startswith=action)
    if target:
        rows = rows.filter(target_id__startswith=target)
    return [
        AuditInfo(
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
        for row in rows[:limit]
    ]
