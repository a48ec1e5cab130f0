"""Making, changing and testing webhook rules."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actions.audit import note
from accounts.actions.keys import decrypt, encrypt
from accounts.domain.actor import AppRef
from chat.domain.errors import (
    IllegalArgument,
    LimitExceeded,
    WebhookNameTaken,
    WebhookNotFound,
)
from chat.models import WebhookCursor, WebhookDelivery, WebhookRule
from chat.store.clock import now_ms
from chat.store.rows import id_at
from chat.webhooks.book import as_rule, enabled_rules
from chat.webhooks.listing import FAILURES_DAYS
from chat.webhooks.outbound import ForbiddenAddress, judge
from chat.webhooks.payloads import VERSION, signed
from chat.webhooks.post_send import TIMEOUT_S, Outcome, call
from chat.webhooks.rules import is_selector

MAX_RULES = 16
MAX_FILTER_LINES = 50
MAX_NAME = 32
WAIT_MS = range(50, 5001)
FILTERS = ("from_names", "to_names", "room_ids", "ext_keys")
CHANGEABLE = frozenset(
    {
        *("name", "kind", "url", "enabled", "selectors", "include_rest", "wait_ms"),
        *("pass_by_default", "report_to_sender", *FILTERS),
    }
)


@transaction.atomic
def add_webhook(app: AppRef, **fields: Any) -> tuple[WebhookRule, str]:
    """Make a rule; returns it and its secret in clear, which is shown to owners.

    Raises:
        IllegalArgument: a field's value, with the field's name. WebhookNameTaken, LimitExceeded.
    """
    if WebhookRule.objects.filter(app_id=app.id).count() >= MAX_RULES:
        raise LimitExceeded(detail=f"An app has at most {MAX_RULES} webhooks.")
    secret = secrets.token_urlsafe(18)
    rule = WebhookRule(app_id=app.id, secret=encrypt(secret), kind=WebhookRule.Kind.POST)
    _apply(rule, fields)
    _save(rule)
    # What lies behind is not news to a rule made now.
    WebhookCursor.objects.get_or_create(app_id=app.id, defaults={"entry_id": id_at(now_ms())})
    diff = {field: [None, getattr(rule, field)] for field in sorted(CHANGEABLE)}
    note("hook.create", app, "webhook", rule.name, diff)
    return rule, secret


@transaction.atomic
def change_webhook(app: AppRef, name: str, /, **fields: Any) -> WebhookRule:
    """Change some fields; the same refusals as add_webhook, and WebhookNotFound."""
    rule = get_webhook(app, name)
    before = {field: getattr(rule, field) for field in fields if field in CHANGEABLE}
    _apply(rule, fields)
    _save(rule)
    diff = {
        field: [value, getattr(rule, field)]
        for field, value in before.items()
        if value != getattr(rule, field)
    }
    if diff:
        note("hook.edit", app, "webhook", name, diff)
    return rule


@transaction.atomic
def remove_webhook(app: AppRef, name: str) -> None:
    """Remove a rule with its deliveries. Raises WebhookNotFound."""
    get_webhook(app, name).delete()
    note("hook.delete", app, "webhook", name)
    transaction.on_commit(lambda: enabled_rules.forget(app.id))


@transaction.atomic
def rotate_webhook_secret(app: AppRef, name: str) -> str:
    """Give the rule a new secret, which signs from now on; returned in clear to be shown once."""
    rule = get_webhook(app, name)
    secret = secrets.token_urlsafe(18)
    rule.secret = encrypt(secret)
    _save(rule)
    note("hook.rotate", app, "webhook", name)
    return secret


@transaction.atomic
def resume_webhook(app: AppRef, name: str) -> None:
    """End the suspension of a rule. Raises WebhookNotFound."""
    rule = get_webhook(app, name)
    if rule.suspended_until is not None:
        rule.suspended_until = None
        rule.save(update_fields=["suspended_until"])
        note("hook.resume", app, "webhook", name)


@transaction.atomic
def retry_failed(app: AppRef, date: str, retries: int) -> int:
    """Queue the failed calls of ten minutes once more (rest.md 3.13.6); how many there are.

    `date` and `retries` as `listing.failed_calls` names them.
    """
    try:
        start = datetime.strptime(date, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        raise IllegalArgument(detail="date must be YYYYMMDDhhmm") from None
    start = start.replace(minute=start.minute // 10 * 10)
    failed = WebhookDelivery.objects.filter(
        app_id=app.id,
        state=WebhookDelivery.State.FAILED,
        created_at__gte=max(start, timezone.now() - timedelta(days=FAILURES_DAYS)),
        created_at__lt=start + timedelta(minutes=10),
        retries=retries,
    )
    waiting = {"state": WebhookDelivery.State.WAITING, "claimed_until": None, "finished_at": None}
    tried = failed.update(**waiting, attempts=0, retries=F("retries") + 1)
    if tried:
        note("hook.retry", app, "webhook", date, {"calls": [None, tried]})
    return tried


def get_webhook(app: AppRef, name: str) -> WebhookRule:
    rule = WebhookRule.objects.filter(app_id=app.id, name=name).first()
    if rule is None:
        raise WebhookNotFound(name=name)
    return rule


def secret_of(rule: WebhookRule) -> str:
    """Raises SecretUnreadable."""
    return decrypt(bytes(rule.secret))


@dataclass(frozen=True, slots=True)
class Trial:
    """A sample event as it was sent, signature and all, and what came back."""

    request: dict[str, Any]
    outcome: Outcome


def try_webhook(app: AppRef, name: str) -> Trial:
    """Send a sample event now; does not count for the rule's health. Not inside a transaction."""
    row = get_webhook(app, name)
    rule = as_rule(row)
    if rule is None:
        raise IllegalArgument(detail="The rule's secret cannot be read: make the rule anew.")
    sample: dict[str, Any] = {
        "callId": f"{app.appkey}_{uuid.uuid4()}",
        "eventType": "chat",
        "timestamp": now_ms(),
        "chat_type": "chat",
        "from": "demo1",
        "to": "demo2",
        "msg_id": "0",
        "payload": {"bodies": [{"type": "txt", "msg": "webhook test"}], "ext": {}},
        "host": settings.PUBLIC_URL,
        "appkey": str(app.appkey),
        "securityVersion": VERSION,
    }
    outcome = call(rule, sample, timeout_s=TIMEOUT_S)
    note("hook.test", app, "webhook", name, {"outcome": [None, outcome.error or outcome.status]})
    return Trial(signed(sample, rule.secret), outcome)


def _save(rule: WebhookRule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:
        raise WebhookNameTaken(name=rule.name) from None
    app_id = rule.app_id
    transaction.on_commit(lambda: enabled_rules.forget(app_id))


def _apply(rule: WebhookRule, fields: dict[str, Any]) -> None:
    if unknown := sorted(set(fields) - CHANGEABLE):
        raise IllegalArgument(detail=f"There is no field {unknown[0]}.")
    for field, value in fields.items():
        setattr(rule, field, value)
    _check(rule)


def _check(rule: WebhookRule) -> None:
    if not 1 <= len(rule.name) <= MAX_NAME:
        raise IllegalArgument(detail=f"name must have 1 to {MAX_NAME} characters")
    if rule.kind not in WebhookRule.Kind.values:
        raise IllegalArgument(detail="kind must be pre or post")
    if rule.wait_ms not in WAIT_MS:
        raise IllegalArgument(detail=f"wait_ms must be {WAIT_MS.start} to {WAIT_MS.stop - 1}")
    bad = [text for text in rule.selectors if not isinstance(text, str) or not is_selector(text)]
    if not rule.selectors or bad:
        raise IllegalArgument(
            detail=f"selectors: {bad[0]} is unknown" if bad else "selectors is empty"
        )
    for field in FILTERS:
        lines = getattr(rule, field)
        if len(lines) > MAX_FILTER_LINES or not all(isinstance(line, str) for line in lines):
            raise IllegalArgument(detail=f"{field} takes at most {MAX_FILTER_LINES} texts")
    try:
        judge(rule.url, allow_private=settings.WEBHOOKS_MAY_CALL_PRIVATE_ADDRESSES)
    except ForbiddenAddress as exc:
        raise IllegalArgument(detail=f"url: {exc}") from None
