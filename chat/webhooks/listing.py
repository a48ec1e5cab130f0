"""Webhook rules and their deliveries, as the console shows them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.domain.actor import AppRef
from chat.domain.errors import WebhookDeliveryNotFound, WebhookNotFound
from chat.models import WebhookDelivery, WebhookRule
from chat.webhooks.book import as_rule
from chat.webhooks.payloads import signed

FAILURES_DAYS = 3
STATES: tuple[str, ...] = tuple(WebhookDelivery.State.values)


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """A rule without its secret. `suspended_until` is None while it is called."""

    id: int
    name: str
    kind: str
    url: str
    is_enabled: bool
    selectors: tuple[str, ...]
    include_rest: bool
    wait_ms: int
    pass_by_default: bool
    report_to_sender: bool
    from_names: tuple[str, ...]
    to_names: tuple[str, ...]
    room_ids: tuple[str, ...]
    ext_keys: tuple[str, ...]
    suspended_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryInfo:
    """One call of a rule. `entry_id` is the log entry it tells of, 0 for none."""

    id: int
    rule_id: int
    rule_name: str
    call_id: str
    selector: str
    entry_id: int
    state: str
    attempts: int
    status: int
    error: str
    took_ms: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """A delivery with what was sent and answered.

    `request` is the body with the signature that the rule's present secret gives, or without one
    when that secret cannot be read.
    """

    delivery: DeliveryInfo
    url: str
    request: dict[str, Any]
    answer: str


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Empty values filter nothing. `selector` is a prefix: "muc" finds "muc:create"."""

    rule_id: int = 0
    state: str = ""
    selector: str = ""
    entry_id: int = 0


@dataclass(frozen=True, slots=True)
class FailedCalls:
    """Calls of ten minutes that failed. `date` is their start: YYYYMMDDhhmm in UTC, m in tens."""

    date: str
    retries: int
    size: int


def failed_calls(app: AppRef) -> list[FailedCalls]:
    """What failed in the last three days, oldest first (rest.md 3.13.6)."""
    rows = WebhookDelivery.objects.filter(
        app_id=app.id,
        state=WebhookDelivery.State.FAILED,
        created_at__gte=timezone.now() - timedelta(days=FAILURES_DAYS),
    ).order_by("id")
    found = Counter(
        (bucket_of(created_at), retries)
        for created_at, retries in rows.values_list("created_at", "retries").iterator()
    )
    return [FailedCalls(date, retries, size) for (date, retries), size in sorted(found.items())]


def bucket_of(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%d%H%M}"[:-1] + "0"


def list_webhooks(app: AppRef) -> list[WebhookInfo]:
    """All rules of an app, in the order of their making."""
    return [_info(row) for row in WebhookRule.objects.filter(app_id=app.id).order_by("id")]


def get_webhook_by_id(app: AppRef, rule_id: int) -> WebhookInfo:
    """Raises WebhookNotFound."""
    row = WebhookRule.objects.filter(app_id=app.id, id=rule_id).first()
    if row is None:
        raise WebhookNotFound(name=str(rule_id))
    return _info(row)


def list_deliveries(
    app: AppRef, wanted: DeliveryFilter, *, before_id: int = 0, limit: int
) -> list[DeliveryInfo]:
    """Newest first, from below `before_id` (0: from the newest)."""
    rows = WebhookDelivery.objects.filter(app_id=app.id).order_by("-id")
    if before_id:
        rows = rows.filter(id__lt=before_id)
    if wanted.rule_id:
        rows = rows.filter(rule_id=wanted.rule_id)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.selector:
        rows = rows.filter(selector__startswith=wanted.selector)
    if wanted.entry_id:
        rows = rows.filter(entry_id=wanted.entry_id)
    return [_delivery(row) for row in rows.defer("body", "answer").select_related("rule")[:limit]]


def get_delivery(app: AppRef, delivery_id: int) -> DeliveryDetail:
    """Raises WebhookDeliveryNotFound."""
    rows = WebhookDelivery.objects.select_related("rule")
    row = rows.filter(app_id=app.id, id=delivery_id).first()
    if row is None:
        raise WebhookDeliveryNotFound()
    return DeliveryDetail(_delivery(row), row.rule.url, _signed(row), row.answer)


def _signed(row: WebhookDelivery) -> dict[str, Any]:
    body: dict[str, Any] = row.body
    rule = as_rule(row.rule)
    return signed(body, rule.secret) if rule else body


def _info(row: WebhookRule) -> WebhookInfo:
    until = row.suspended_until
    return WebhookInfo(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        url=row.url,
        is_enabled=row.enabled,
        selectors=tuple(row.selectors),
        include_rest=row.include_rest,
        wait_ms=row.wait_ms,
        pass_by_default=row.pass_by_default,
        report_to_sender=row.report_to_sender,
        from_names=tuple(row.from_names),
        to_names=tuple(row.to_names),
        room_ids=tuple(row.room_ids),
        ext_keys=tuple(row.ext_keys),
        suspended_until=until if until and until > timezone.now() else None,
        created_at=row.created_at,
    )


def _delivery(row: WebhookDelivery) -> DeliveryInfo:
    return DeliveryInfo(
        id=row.pk,
        rule_id=row.rule_id,
        rule_name=row.rule.name,
        call_id=row.call_id,
        selector=row.selector,
        entry_id=row.entry_id or 0,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        error=row.error,
        took_ms=row.took_ms,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def count_failures_since(app: AppRef, since: datetime) -> int:
    """Deliveries that failed for good from a moment on; counting stops above ten thousand."""
    failed = WebhookDelivery.objects.filter(app_id=app.id, state=WebhookDelivery.State.FAILED)
    return failed.filter(finished_at__gte=since).order_by()[:10_001].count()
