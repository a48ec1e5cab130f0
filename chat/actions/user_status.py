"""Tells an app's webhooks who logged in, logged out or was replaced (rest.md 3.13.4)."""

import uuid
from typing import Literal

from django.conf import settings

from accounts.domain.actor import AppRef
from chat.live.online import DeviceOnline
from chat.models import WebhookDelivery
from chat.webhooks.book import rules_of
from chat.webhooks.payloads import user_status_body
from chat.webhooks.rules import selected

StatusReason = Literal["login", "logout", "replaced"]


def tell_user_status(app: AppRef, device: DeviceOnline, reason: StatusReason, at_ms: int) -> None:
    """Leave a delivery for each rule that asks for it; nothing is sent here.

    What a killed process had connected is not told: nobody is left to say so.
    """
    selector = f"userStatus:{reason}"
    rules = [
        rule
        for rule in rules_of(app.id)
        if rule.kind == "post"
        and selected(rule, selector)
        and (not rule.from_names or device.username in rule.from_names)
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
