"""Tells an app's webhooks who logged in, logged out or was replaced (rest.md 3.13.4)."""

import uuid
from collections.abc import Sequence
from typing import Literal

from django.conf import settings

from accounts.domain.actor import AppRef
from chat.live.online import DeviceOnline
from chat.models import WebhookDelivery
from chat.webhooks.book import enabled_rules
from chat.webhooks.payloads import user_status_body
from chat.webhooks.rules import Rule, selected

StatusReason = Literal["login", "logout", "replaced"]


def may_be_told(app_id: int, reason: StatusReason) -> bool:
    """Whether any rule asks for it, or nobody knows without a query. No I/O."""
    rules = enabled_rules.peek(app_id)
    return rules is None or bool(_asking(rules, f"userStatus:{reason}"))


def _asking(rules: Sequence[Rule], selector: str) -> list[Rule]:
    return [rule for rule in rules if rule.kind == "post" and selected(rule, selector)]


def tell_user_status(app: AppRef, device: DeviceOnline, reason: StatusReason, at_ms: int) -> None:
    """Leave a delivery for each rule that asks for it; nothing is sent here.

    What a killed process had connected is not told: nobody is left to say so.
    """
    selector = f"userStatus:{reason}"
    rules = [
        rule
        for rule in _asking(enabled_rules.of(app.id), selector)
        if not rule.from_names or device.username in rule.from_names
    ]
    if not rules:
        return
    call_id = f"{app.appkey}_{uuid.uuid4()}"
    body = user_status_body(
        app.appkey,
        call_id,
        at_ms,
        reason=reason,
        username=device.username,
        device=device.device,
        os=device.client or device.wire,
        address=device.address,
        version=device.version,
        host=settings.PUBLIC_URL,
    )
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            rule_id=rule.id, app_id=app.id, call_id=call_id, selector=selector, body=body
        )
        for rule in rules
    )
