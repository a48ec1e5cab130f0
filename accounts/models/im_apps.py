"""Apps and their secrets."""

import uuid
from typing import ClassVar

from django.db import models


class ImApp(models.Model):
    """`org#name`: the tenant in which everything else lives."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    org = models.CharField(max_length=64)
    name = models.CharField(max_length=32)
    key = models.CharField(max_length=100, unique=True)  # org#name, lower-cased
    display_name = models.CharField(max_length=32, blank=True)
    description = models.CharField(max_length=512, blank=True)
    environment = models.CharField(max_length=8, default="test")  # test | live
    client_id = models.CharField(max_length=64, unique=True)
    settings = models.JSONField(default=dict, blank=True)  # accounts.domain.app_settings
    # Bumped when every app token must die (a secret rotated without grace).
    token_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return f"{self.org}#{self.name}"


class AppSecret(models.Model):
    """A client secret, encrypted: dynamic tokens are signed with it, so a hash would not do."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="secrets")
    ciphertext = models.BinaryField()
    last4 = models.CharField(max_length=4)
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_by = models.CharField(max_length=150, blank=True)
    grace_until = models.DateTimeField(null=True, blank=True)  # null: the current secret
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.app} …{self.last4}"
