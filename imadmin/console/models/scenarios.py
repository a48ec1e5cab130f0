"""Runs of the scenarios, kept with every step."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import ImApp


class ScenarioRun(models.Model):
    """One press of Run: what was asked, and how it ended.

    `beat_at` moves with every step; a running one whose beat is old was interrupted.
    """

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    scenarios = models.JSONField()  # slugs
    wires = models.JSONField()
    keep = models.BooleanField(default=False)
    reuse_demo = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="running")  # running passed failed stopped
    stop_asked = models.BooleanField(default=False)
    error = models.CharField(max_length=300, blank=True)  # why it could not be played to its end
    started_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["app", "-id"])]

    def __str__(self) -> str:
        return f"scenario run {self.pk}"


class ScenarioStep(models.Model):
    """One expectation of one scenario on one wire; `lines` are kept of a failed one."""

    run = models.ForeignKey(ScenarioRun, models.CASCADE, related_name="steps")
    scenario = models.CharField(max_length=8)
    wire = models.CharField(max_length=8)
    number = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=48)
    state = models.CharField(max_length=8)  # running passed failed
    ms = models.PositiveIntegerField(default=0)
    expected = models.TextField(blank=True)
    actual = models.TextField(blank=True)
    lines = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "scenario", "wire", "number"], name="one_row_a_step"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario} {self.wire} {self.number} {self.key}: {self.state}"
