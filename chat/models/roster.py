"""Contact relations and personal block lists."""

from typing import ClassVar

from django.db import models

from accounts.models import ImApp, ImUser


class RosterEntry(models.Model):
    """One direction of a contact relation; friends have one entry each."""

    class State(models.TextChoices):
        FRIENDS = "friends"
        PENDING_OUT = "pending_out"  # the owner asked
        PENDING_IN = "pending_in"  # the contact asked

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    owner = models.ForeignKey(ImUser, models.CASCADE, related_name="roster")
    contact = models.ForeignKey(ImUser, models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State)
    remark = models.CharField(max_length=512, blank=True)
    message = models.CharField(max_length=512, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "contact"], name="one_entry_per_contact")
        ]

    def __str__(self) -> str:
        return f"{self.owner} → {self.contact}: {self.state}"


class BlockEntry(models.Model):
    """`owner` gets no messages from `blocked`."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    owner = models.ForeignKey(ImUser, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(ImUser, models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "blocked"], name="blocked_once")
        ]

    def __str__(self) -> str:
        return f"{self.owner} blocks {self.blocked}"
