"""The enabled rules of each app, remembered for a moment: the send path looks without a query."""

import time
from collections.abc import Callable

from accounts.actions.keys import decrypt
from accounts.domain.errors import SecretUnreadable
from chat.models import WebhookRule
from chat.webhooks.rules import Rule

FRESH_S = 2.0

# app id → (rules, monotonic time until which they may be used). Replaced whole: no lock needed.
_known: dict[int, tuple[tuple[Rule, ...], float]] = {}


def peek_rules(app_id: int) -> tuple[Rule, ...] | None:
    """What this process remembers of an app's enabled rules; None: ask rules_of. No I/O."""
    held = _known.get(app_id)
    return held[0] if held is not None and held[1] > time.monotonic() else None


def rules_of(app_id: int) -> tuple[Rule, ...]:
    """The enabled rules of an app, at most two seconds old."""
    known = peek_rules(app_id)
    if known is not None:
        return known
    rows = WebhookRule.objects.filter(app_id=app_id, enabled=True).order_by("id")
    rules = tuple(rule for row in rows if (rule := as_rule(row)) is not None)
    _known[app_id] = (rules, time.monotonic() + FRESH_S)
    return rules


def forget_rules(app_id: int) -> None:
    _known.pop(app_id, None)


def forget_all_rules() -> None:
    _known.clear()


def as_rule(row: WebhookRule, read: Callable[[bytes], str] | None = None) -> Rule | None:
    """A row as the matcher sees it; None when its secret was encrypted with another key."""
    try:
        secret = (read or decrypt)(bytes(row.secret))
    except SecretUnreadable:
        return None
    return Rule(
        id=row.pk,
        app_id=row.app_id,
        name=row.name,
        kind=row.kind,
        url=row.url,
        secret=secret,
        selectors=frozenset(row.selectors),
        include_rest=row.include_rest,
        wait_ms=row.wait_ms,
        pass_by_default=row.pass_by_default,
        report_to_sender=row.report_to_sender,
        from_names=frozenset(row.from_names),
        to_names=frozenset(row.to_names),
        room_ids=frozenset(row.room_ids),
        ext_keys=frozenset(row.ext_keys),
    )
