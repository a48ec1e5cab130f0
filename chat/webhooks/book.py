"""The enabled rules of each app, remembered for a moment: the send path looks without a query."""

from collections.abc import Callable

from accounts.actions.keys import decrypt
from accounts.domain.errors import SecretUnreadable
from accounts.queries.momentary import Momentary
from chat.models import WebhookRule
from chat.webhooks.rules import Rule

_known: Momentary[tuple[Rule, ...]] = Momentary()


def peek_rules(app_id: int) -> tuple[Rule, ...] | None:
    """What this process remembers of an app's enabled rules; None: ask rules_of. No I/O."""
    return _known.peek(app_id)


def claim_rules(app_id: int, now: float) -> bool:
    """Whether the caller is to read them again, so that they stay at hand."""
    return _known.claim(app_id, now)


def rules_of(app_id: int) -> tuple[Rule, ...]:
    """The enabled rules of an app, at most two seconds old."""
    known = peek_rules(app_id)
    return read_rules(app_id) if known is None else known


def read_rules(app_id: int) -> tuple[Rule, ...]:
    """As rules_of; always a query."""

    def read() -> tuple[Rule, ...]:
        rows = WebhookRule.objects.filter(app_id=app_id, enabled=True).order_by("id")
        return tuple(rule for row in rows if (rule := as_rule(row)) is not None)

    return _known.read(app_id, read)


def forget_rules(app_id: int) -> None:
    _known.forget(app_id)


def forget_all_rules() -> None:
    _known.forget_all()


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
