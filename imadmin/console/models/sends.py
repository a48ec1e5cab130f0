"""Sends from the console."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import ImApp


class SendJob(models.Model):
    """One press of Send: its request as made, and what became of it.

    Committed before the message goes to the writer, so that a send whose process died is visible
    as one without an outcome.
    """

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    spec = models.JSONField()  # path, from, to_type, to, type, body, ext, options: clean form data
    state = models.CharField(max_length=8, default="running")  # running, done, partial, failed
    # From the call to its answer, of the last run; null: none has ended, or it was not measured.
    took_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["app", "-id"])]

    def __str__(self) -> str:
        return f"send {self.pk}"


class SendItem(models.Model):
    """One target of a send."""

    job = models.ForeignKey(SendJob, models.CASCADE, related_name="items")
    target = models.CharField(max_length=64)
    message_id = models.BigIntegerField(null=True, blank=True)
    error = models.CharField(max_length=48, blank=True)  # refusal code
    error_text = models.CharField(max_length=300, blank=True)
    # What REST answers to such a refusal; 0 and empty where there was no REST call.
    http_status = models.PositiveSmallIntegerField(default=0)
    http_error = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.target}: {self.message_id or self.error}"
