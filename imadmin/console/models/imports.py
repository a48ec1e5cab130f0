"""Imports of users from files, and what became of each row."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import ImApp


class ImportJob(models.Model):
    """One uploaded file: what the dry run found, and what became of its rows.

    `rows` are the good ones, encrypted, as they hold passwords; they go when the job is done.
    `beat_at` moves while it runs; a running one whose beat is old was interrupted.
    """

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    filename = models.CharField(max_length=200)
    report = models.JSONField()  # imadmin.console.actions.imports.Report
    rows = models.BinaryField(null=True)
    on_conflict = models.CharField(max_length=8, blank=True)  # skip, update, stop
    state = models.CharField(max_length=8, default="ready")  # ready running done stopped failed
    stop_asked = models.BooleanField(default=False)
    beat_at = models.DateTimeField(auto_now_add=True)
    done_rows = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["app", "-id"])]

    def __str__(self) -> str:
        return f"import {self.pk}"


class ImportResult(models.Model):
    """What became of one row."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="results")
    line = models.PositiveIntegerField()
    username = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8)  # created, updated, skipped, failed
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["job", "line"])]

    def __str__(self) -> str:
        return f"line {self.line}: {self.outcome}"
