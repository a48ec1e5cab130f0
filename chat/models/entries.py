"""The logs: conversations and their entries (design.md §4)."""

from typing import ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from accounts.models import ImApp


class ConversationRow(models.Model):
    """One log. Its lock orders everything that happens in it.

    `key` is chat.domain.targets.Conversation.key. `row_id` is the room's or the user's row.
    `count_a`, `count_b`: running numbers of counting messages (a pair: by each name; a room: all
    in `count_a`). Retention removed the log up to `gone_seq`, when they were `gone_a`, `gone_b`.
    """

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=140)
    kind = models.CharField(max_length=8)  # pair, group, chatroom, thread, personal
    name_a = models.CharField(max_length=64, blank=True)
    name_b = models.CharField(max_length=64, blank=True)
    room_id = models.CharField(max_length=64, blank=True)
    row_id = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)
    last_message_id = models.BigIntegerField(default=0)
    count_a = models.BigIntegerField(default=0)
    count_b = models.BigIntegerField(default=0)
    rights_epoch = models.BigIntegerField(default=0)
    gone_seq = models.BigIntegerField(default=0)
    gone_a = models.BigIntegerField(default=0)
    gone_b = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "key"], name="conversation_key_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["app", "name_a", "-last_message_id"], condition=Q(kind="pair"),
                         name="pair_by_first_name"),
            models.Index(fields=["app", "name_b", "-last_message_id"], condition=Q(kind="pair"),
                         name="pair_by_second_name"),
            # The catch-up of design.md §5 asks which conversations moved lately.
            models.Index(fields=["last_id"], name="conversation_last_id"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.key


class EntryId(models.BigIntegerField):  # type: ignore[type-arg]  # at run time it takes none
    """A rising id that is made before the row is stored. SQLite keeps a row under its "integer"
    key; a "bigint" would be an index of its own beside."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class EntryRow(models.Model):
    """One thing that clients must be told. The hot path inserts it with raw SQL (chat.store).

    Without constraints on what it refers to: whoever inserts holds the lock of the log, and so
    must who removes the log's row (chat/store/README.md).
    """

    id = EntryId(primary_key=True)
    app = models.ForeignKey(
        ImApp, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    conversation = models.ForeignKey(
        ConversationRow,
        models.CASCADE,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    seq = models.BigIntegerField()
    kind = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=32)
    sender = models.CharField(max_length=64)
    sender_device = models.CharField(max_length=128, blank=True)
    client_id = models.CharField(max_length=64, blank=True)
    about = models.CharField(max_length=64, blank=True)
    only = models.JSONField(null=True, blank=True)
    payload = models.TextField()  # JSON text, as chat.domain.events.to_entry_parts makes it
    raw = models.BinaryField(null=True)
    flags = models.PositiveSmallIntegerField(default=0)
    state = models.PositiveSmallIntegerField(default=0)
    created_ms = models.BigIntegerField()
    seen_a = models.BigIntegerField(default=0)
    seen_b = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="seq_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["app", "id"]),
            # The console's log by sender: a rare one is nowhere near the newest.
            models.Index(fields=["app", "sender", "-id"], name="entry_by_sender"),
            models.Index(fields=["conversation", "sender", "client_id"],
                         condition=~Q(client_id=""), name="entry_by_client_id"),
            models.Index(fields=["conversation", "seq"], condition=Q(state=1),
                         name="recalled_entries"),
            # The console's log of what was recalled.
            models.Index(fields=["app", "-id"], condition=Q(state=1), name="recalled_of_app"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.id} ({self.type})"


class ImportedEntry(models.Model):
    """A message that was imported, under the time that it was given: hour files are by that
    (rest.md 3.6.9), and an entry's id tells only when it was stored."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+", db_index=False)
    entry_id = models.BigIntegerField(primary_key=True)
    created_ms = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["app", "created_ms", "entry_id"], name="imports_by_time")
        ]

    def __str__(self) -> str:
        return f"import {self.entry_id}"


class ProcessLease(models.Model):
    """A process number, held by one process while its heartbeat is fresh."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    token = models.CharField(max_length=32)
    expires_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return f"process {self.number}"


class SweepLease(models.Model):
    """One process at a time removes what is old. `mark`: entries up to this id were looked at
    once they were an hour old."""

    name = models.CharField(max_length=16, primary_key=True)
    token = models.CharField(max_length=32, blank=True)
    expires_ms = models.BigIntegerField(default=0)
    mark = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} until {self.expires_ms}"
