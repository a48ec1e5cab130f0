"""The enabled rules of each app, remembered for a moment: the send path looks without a query."""

from collections.abc import Callable

from accounts.actions.keys import decrypt
from accounts.domain.errors import SecretUnreadable
from accounts.queries.momentary import Remembered
from chat.models import WebhookRule
from chat.webhooks.rules import Rule


def _read(app_id: int) -> tuple[Rule, ...]:
    rows = WebhookRule.objects.filter(app_id=app_id, enabled=True).order_by("id")
    return tuple(rule for row in rows if (rule := as_rule(row)) is not None)


enabled_rules = Remembered(_read)


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
