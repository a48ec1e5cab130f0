"""Messages pinned in their conversation."""

from typing import ClassVar

from django.db import models

from chat.models.entries import ConversationRow


class PinnedMessage(models.Model):
    """`by`: the name of who pinned it; a user who is gone since has pinned it all the same."""

    conversation = models.ForeignKey(ConversationRow, models.CASCADE, related_name="+")
    entry_id = models.BigIntegerField()
    by = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "entry_id"], name="pinned_once")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} pinned by {self.by}"
