"""What each user and device has received and read."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import ImUser
from chat.models.entries import ConversationRow


class ConversationState(models.Model):
    """One user's view of one conversation.

    `read_count` is what was counted as read when `read_seq` moved (messages by others up to it);
    `own_sent` the user's counting messages in a room, `own_gone` those of them that retention
    removed.
    `marks` are single seqs read above `read_seq`, folded in when they join it.
    """

    user = models.ForeignKey(
        ImUser, models.CASCADE, related_name="conversation_states", db_index=False
    )
    conversation = models.ForeignKey(ConversationRow, models.CASCADE, related_name="states")
    delivered_seq = models.BigIntegerField(default=0)
    read_seq = models.BigIntegerField(default=0)
    read_count = models.BigIntegerField(default=0)
    own_sent = models.BigIntegerField(default=0)
    own_gone = models.BigIntegerField(default=0)
    marks = models.JSONField(default=list, blank=True)
    hidden_before_seq = models.BigIntegerField(default=0)  # one-way deletion of history
    removed_at_seq = models.BigIntegerField(default=0)  # taken off the list until a newer message
    pinned_at = models.DateTimeField(null=True, blank=True)
    labels = models.JSONField(null=True, blank=True)  # mark_0 … mark_19, as the user likes

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "conversation"], name="one_state_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.conversation}"


class DeviceCursor(models.Model):
    """What one device has acknowledged of one conversation; kept 7 days."""

    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+", db_index=False)
    device = models.CharField(max_length=128)
    conversation = models.ForeignKey(ConversationRow, models.CASCADE, related_name="+")
    seq = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "device", "conversation"], name="one_cursor_per_device"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}/{self.device} at {self.seq}"


class HiddenEntry(models.Model):
    """One entry hidden from one user (one-way deletion by id)."""

    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+")
    entry_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "entry_id"], name="hidden_once")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} hidden from {self.user}"


class GroupReceipt(models.Model):
    """A member has read a group message whose sender asked for read receipts."""

    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+")
    entry_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry_id", "user"], name="one_group_receipt")
        ]

    def __str__(self) -> str:
        return f"{self.user} has read {self.entry_id}"


class PresenceSubscription(models.Model):
    """`subscriber` is told of `subject`'s presence until `expires_at`."""

    subscriber = models.ForeignKey(ImUser, models.CASCADE, related_name="presence_subscriptions")
    subject = models.ForeignKey(ImUser, models.CASCADE, related_name="presence_subscribers")
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscriber", "subject"], name="subscribed_once"),
            models.CheckConstraint(
                condition=~Q(subscriber=models.F("subject")), name="no_self_subscription"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} watches {self.subject}"
