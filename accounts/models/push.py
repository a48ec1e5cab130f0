"""What users and apps say of push notifications. It is kept and returned; nothing is pushed."""

from typing import ClassVar

from django.db import models

from accounts.models.im_apps import ImApp
from accounts.models.im_users import ImUser


class SilentSetting(models.Model):
    """Which messages may disturb a user: of one peer, of one group, or (kind `app`) of all.

    `until_ms`: silent until then; 0 for not.
    """

    class Kind(models.TextChoices):
        APP = "app"
        USER = "user"
        GROUP = "chatgroup"

    user = models.ForeignKey(ImUser, models.CASCADE, related_name="silent_settings")
    kind = models.CharField(max_length=9, choices=Kind)
    key = models.CharField(max_length=64, blank=True)  # a username or group id
    type = models.CharField(max_length=7, default="DEFAULT")
    interval = models.CharField(max_length=11, blank=True)  # 21:30-08:00
    until_ms = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="one_silent_setting")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind} {self.key}"


class PushTemplate(models.Model):
    app = models.ForeignKey(ImApp, models.CASCADE, related_name="push_templates")
    name = models.CharField(max_length=64)
    title = models.TextField()
    content = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "name"], name="push_template_name_unique")
        ]

    def __str__(self) -> str:
        return self.name
