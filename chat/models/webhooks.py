"""Webhook rules and what they were told: the outbox is a table, so it survives restarts."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import ImApp


class WebhookRule(models.Model):
    """One rule of an app (rest.md 3.13.7).

    `selectors` name what it wants ("chat", "groupchat:txt", "muc:create", "userStatus:login"…).
    Filters are lists of names or ids; an empty one filters nothing.
    """

    class Kind(models.TextChoices):
        PRE = "pre"  # asked before a client's message is stored
        POST = "post"  # told afterwards

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=32)
    kind = models.CharField(max_length=4, choices=Kind)
    url = models.CharField(max_length=1024)
    secret = models.BinaryField()  # encrypted
    enabled = models.BooleanField(default=False)
    selectors = models.JSONField(default=list)
    include_rest = models.BooleanField(default=True)
    wait_ms = models.PositiveIntegerField(default=200)
    pass_by_default = models.BooleanField(default=True)
    report_to_sender = models.BooleanField(default=True)
    from_names = models.JSONField(default=list, blank=True)
    to_names = models.JSONField(default=list, blank=True)
    room_ids = models.JSONField(default=list, blank=True)
    ext_keys = models.JSONField(default=list, blank=True)
    suspended_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "name"], name="webhook_name_unique")
        ]

    def __str__(self) -> str:
        return f"{self.kind} webhook {self.name}"


class WebhookDelivery(models.Model):
    """One call of a rule: waiting, done, failed, or held because the rule is suspended."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        HELD = "held"

    rule = models.ForeignKey(WebhookRule, models.CASCADE, related_name="deliveries")
    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    call_id = models.CharField(max_length=200)
    selector = models.CharField(max_length=48)
    entry_id = models.BigIntegerField(null=True, blank=True)  # null: a log-in, a test
    body = models.JSONField()  # without timestamp-dependent signature, which is made per attempt
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    retries = models.PositiveSmallIntegerField(default=0)  # asked for afterwards, by hand
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)  # by the worker that sends it
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.TextField(blank=True)  # its first 4 kB
    error = models.CharField(max_length=200, blank=True)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            # Several processes read the same log: each entry is told once a rule.
            models.UniqueConstraint(fields=["rule", "entry_id"], name="told_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="webhook_waiting"),
            models.Index(fields=["app", "-id"]),
            models.Index(fields=["rule", "state", "finished_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.selector} to {self.rule_id}: {self.state}"


class WebhookCursor(models.Model):
    """Up to which entry id an app's log has been read for its rules."""

    app = models.OneToOneField(ImApp, models.CASCADE, primary_key=True, related_name="+")
    entry_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.app_id} told up to {self.entry_id}"
