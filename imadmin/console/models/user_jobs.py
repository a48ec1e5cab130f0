"""Jobs that make users, from a file or by a range of names, and what became of each row."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import ImApp


class UserJob(models.Model):
    """One uploaded file, or one batch: what was found or asked, and how far it is.

    `rows` is what the work needs and holds passwords, encrypted; it goes when the job is done.
    `beat_at` moves while it runs; a running one whose beat is old was interrupted.
    """

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=8, default="import")  # import batch
    filename = models.CharField(max_length=200, blank=True)
    report = models.JSONField()  # of an import: imports.Report; of a batch: batches.Plan
    rows = models.BinaryField(null=True)
    on_conflict = models.CharField(max_length=8, blank=True)  # skip, update, stop
    state = models.CharField(max_length=8, default="ready")  # ready running done stopped failed
    error = models.CharField(max_length=16, blank=True)  # why it failed: time_limit, broken
    stop_asked = models.BooleanField(default=False)
    beat_at = models.DateTimeField(auto_now_add=True)
    done_rows = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["app", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class UserJobResult(models.Model):
    """What became of one row. `password` is one that was generated, encrypted, until it has been
    shown, and no longer than `kept_until`."""

    job = models.ForeignKey(UserJob, models.CASCADE, related_name="results")
    line = models.PositiveIntegerField()
    username = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8)  # created, updated, skipped, failed
    reason = models.CharField(max_length=300, blank=True)
    password = models.BinaryField(null=True)
    kept_until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["job", "line"]),
            models.Index(
                fields=["kept_until"], condition=Q(kept_until__isnull=False), name="kept_passwords"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.outcome}"
