"""Telling webhooks what happened: claim waiting deliveries, call, record.

One worker a process; a claim is a row's `claimed_until`, taken with SKIP LOCKED where the database
has it, so several processes share the work and a dead one's claims run out.
"""

import json
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import httpx
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from chat.metrics import WEBHOOK_CALLS
from chat.models import WebhookDelivery, WebhookRule
from chat.webhooks.book import as_rule
from chat.webhooks.outbound import Answer, ForbiddenAddress, post_json
from chat.webhooks.payloads import signed
from chat.webhooks.rules import Rule

logger = logging.getLogger(__name__)

TIMEOUT_S = 10.0
STATUS_TIMEOUT_S = 60.0  # log-in status waits longer (rest.md 3.13.4)
CLAIM_S = 150
AT_ONCE = 8
ATTEMPTS = 2  # one immediate retry
KEPT_ANSWER = 4096
# The vendor's health rule: this many failures in this time suspend a rule for that long.
FAILURES, FAILURE_WINDOW_S, SUSPENSION_S = 90, 30, 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try gave; `error` is empty for an answer with status 200."""

    status: int
    answer: str
    error: str
    took_ms: int


def call(rule: Rule, body: dict[str, object], *, timeout_s: float) -> Outcome:
    """POST a body, signed, to a rule's address; one try, never raises."""
    content = json.dumps(signed(body, rule.secret), ensure_ascii=False).encode()
    began = time.monotonic()
    error = ""
    answer = Answer(0, "")
    try:
        answer = post_json(
            rule.url,
            content,
            timeout_s=timeout_s,
            allow_private=settings.WEBHOOKS_MAY_CALL_PRIVATE_ADDRESSES,
        )
        if answer.status != httpx.codes.OK:
            error = f"status {answer.status}"
    except ForbiddenAddress as exc:
        error = str(exc)
    except httpx.TimeoutException:
        error = f"no answer within {timeout_s:g} s"
    except httpx.HTTPError as exc:
        error = f"no connection ({type(exc).__name__})"
    took_ms = int((time.monotonic() - began) * 1000)
    WEBHOOK_CALLS.labels("failed" if error else "ok").inc()
    return Outcome(answer.status, answer.text[:KEPT_ANSWER], error[:200], took_ms)


def send_waiting(limit: int = 64) -> int:
    """Claim and send what waits; how many were sent. Several threads call at once."""
    claimed = _claim(limit)
    if not claimed:
        return 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        list(pool.map(_send_in_thread, claimed))
    return len(claimed)


def _claim(limit: int) -> Sequence[WebhookDelivery]:
    now = timezone.now()
    with transaction.atomic():
        waiting = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING)
        free = waiting.exclude(claimed_until__gt=now).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True, of=("self",))
        rows = list(free.select_related("rule")[:limit])
        for row in rows:
            row.claimed_until = now + timedelta(seconds=CLAIM_S)
        WebhookDelivery.objects.bulk_update(rows, ["claimed_until"])
    return rows


def _send_in_thread(delivery: WebhookDelivery) -> None:
    try:
        send(delivery)
    except Exception:
        logger.exception("webhook delivery %s failed", delivery.pk)
    finally:
        connections.close_all()


def send(delivery: WebhookDelivery) -> None:
    """Send one claimed delivery with its retry, and record the outcome.

    While its rule is suspended it is held: kept, listed, not sent. A delivery of a rule that was
    switched off meanwhile ends as failed.
    """
    row = delivery.rule
    rule = as_rule(row)
    if rule is None:
        _finish(delivery, Outcome(0, "", "the rule's secret cannot be read", 0))
        return
    if row.suspended_until is not None and row.suspended_until > timezone.now():
        delivery.state = WebhookDelivery.State.HELD
        delivery.error = "the rule is suspended"
        delivery.finished_at = timezone.now()
        delivery.save(update_fields=["state", "error", "finished_at"])
        return
    waits = STATUS_TIMEOUT_S if delivery.selector.startswith("userStatus") else TIMEOUT_S
    outcome = Outcome(0, "", "not tried", 0)
    while delivery.attempts < ATTEMPTS:
        delivery.attempts += 1
        outcome = call(rule, delivery.body, timeout_s=waits)
        if not outcome.error:
            break
    _finish(delivery, outcome)
    if outcome.error:
        _suspend_if_sick(row)


def _finish(delivery: WebhookDelivery, outcome: Outcome) -> None:
    state = WebhookDelivery.State
    delivery.state = state.FAILED if outcome.error else state.SENT
    delivery.status = outcome.status
    delivery.answer = outcome.answer.replace("\x00", "")
    delivery.error = outcome.error
    delivery.took_ms = outcome.took_ms
    delivery.finished_at = timezone.now()
    delivery.claimed_until = None
    delivery.save(
        update_fields=[
            *("state", "status", "answer", "error", "took_ms"),
            *("finished_at", "claimed_until", "attempts"),
        ]
    )


def _suspend_if_sick(rule: WebhookRule) -> None:
    since = timezone.now() - timedelta(seconds=FAILURE_WINDOW_S)
    failed = WebhookDelivery.objects.filter(
        rule=rule, state=WebhookDelivery.State.FAILED, finished_at__gte=since
    ).count()
    if failed >= FAILURES:
        until = timezone.now() + timedelta(seconds=SUSPENSION_S)
        WebhookRule.objects.filter(pk=rule.pk).update(suspended_until=until)
        logger.warning("webhook %s suspended until %s", rule.pk, until.isoformat())
