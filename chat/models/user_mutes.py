"""App-wide mutes: who may not send which kind of message, wherever (rest.md 3.2.14)."""

from typing import ClassVar

from django.db import models

from accounts.models import ImApp, ImUser


class UserMute(models.Model):
    """One user's mute of one kind of conversation, until `until_ms`."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="app_mutes")
    kind = models.CharField(max_length=8)  # pair, group, chatroom
    until_ms = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_app_mute_a_kind")
        ]
        indexes: ClassVar = [models.Index(fields=["app", "until_ms"])]

    def __str__(self) -> str:
        return f"{self.user} is muted in {self.kind} until {self.until_ms}"
