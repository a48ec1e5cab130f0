"""Reactions to messages."""

from typing import ClassVar

from django.db import models

from accounts.models import ImApp, ImUser


class Reaction(models.Model):
    """One emoji on one message (`entry_id`); who added it are its `holders`."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    entry_id = models.BigIntegerField()
    reaction = models.CharField(max_length=512)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["app", "entry_id", "reaction"], name="one_row_per_reaction"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reaction} on {self.entry_id}"


class ReactionHolder(models.Model):
    reaction = models.ForeignKey(Reaction, models.CASCADE, related_name="holders")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reaction", "user"], name="reacted_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.reaction}"
