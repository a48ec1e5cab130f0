"""Who changed what: one row a change, never edited."""

from typing import ClassVar

from django.db import models

from accounts.models.im_apps import ImApp


class AuditEntry(models.Model):
    """`diff` is {field: [before, after]} with secrets masked; `allowed` is false for a denial."""

    app = models.ForeignKey(ImApp, models.CASCADE, null=True, blank=True, related_name="audit")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=200)  # operator name, "app token · <client id>", username
    role = models.CharField(max_length=16, blank=True)
    via = models.CharField(max_length=16)  # console, rest, command, native, …
    address = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=48)  # user.create, secret.rotate, … (console.md 6.1)
    target_kind = models.CharField(max_length=16, blank=True)
    target_id = models.CharField(max_length=200, blank=True)
    diff = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    allowed = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["app", "-id"]),
            models.Index(fields=["app", "action", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target_id}"
