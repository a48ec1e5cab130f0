"""Stored files: attachments of messages. Their bytes leave only through views."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.models import ImApp
from chat.models.rooms import Room


def storage_path(stored: "StoredFile", part: str) -> str:
    """Never the sender's file name: `part` is ours (original, thumb.jpg, thumb.png)."""
    key = stored.uuid.hex
    return f"{stored.app_id}/{key[:2]}/{key}-{part}"


class StoredFile(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    app = models.ForeignKey(ImApp, models.CASCADE, related_name="files")
    share_secret = models.CharField(max_length=64)
    restricted = models.BooleanField(default=False)
    filename = models.CharField(max_length=255, blank=True)
    content_type = models.CharField(max_length=128, blank=True)
    size = models.BigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    thumb_width = models.PositiveIntegerField(default=170)
    thumb_height = models.PositiveIntegerField(default=170)
    uploaded_by = models.CharField(max_length=64, blank=True)
    file = models.FileField(upload_to=storage_path)
    thumbnail = models.FileField(upload_to=storage_path, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["app", "-id"])]

    def __str__(self) -> str:
        return f"{self.uuid} {self.filename}"


class SharedFile(models.Model):
    """A stored file that a group keeps for its members."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="shared_files")
    stored = models.OneToOneField(StoredFile, models.CASCADE, related_name="shared_in")
    owner = models.CharField(max_length=64)  # a username, or admin
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["room", "-id"])]

    def __str__(self) -> str:
        return f"{self.stored} in {self.room}"
