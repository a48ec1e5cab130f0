"""The end users of an app, and their profile attributes."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.models.im_apps import ImApp


class ImUser(models.Model):
    """An end user. The row id, not the name, is what tokens, cursors and state hang on."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="im_users")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(max_length=64)  # lower-case
    password_hash = models.CharField(max_length=200)  # argon2id; empty: no password works
    nickname = models.CharField(max_length=100, blank=True)  # the push nickname, rest.md 3.2.8
    is_activated = models.BooleanField(default=True)
    banned_until = models.DateTimeField(null=True, blank=True)  # empty while banned: for ever
    is_demo = models.BooleanField(default=False)
    # Bumped by password change, ban, force-offline: revokes every token issued before.
    token_epoch = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)  # for dt- tokens, design.md §6
    # Entry ids up to here belong to an earlier user of the same name: never shown to this one.
    born_id = models.BigIntegerField(default=0)
    push = models.JSONField(default=dict, blank=True)  # notification_… and device tokens
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "username"], name="username_unique_in_app")
        ]
        indexes: ClassVar = [
            models.Index(fields=["app", "created_at", "id"]),
            models.Index(fields=["app", "last_seen_at"]),
            # The console's search: what it looks at in every row, so that no row need be read.
            models.Index(fields=["app", "nickname", "username"], name="user_by_nickname"),
            models.Index(fields=["app", "created_at", "id"], name="user_banned",
                         condition=models.Q(is_activated=False)),
            models.Index(fields=["app", "created_at", "id"], name="user_of_demo",
                         condition=models.Q(is_demo=True)),
            models.Index(
                fields=["banned_until"],
                name="ban_that_ends",
                condition=models.Q(banned_until__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.username


class ImProfile(models.Model):
    """User attributes (rest.md 3.4). Keyed by name: the user need not exist."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="profiles")
    username = models.CharField(max_length=64)
    attributes = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "username"], name="one_profile_per_name")
        ]

    def __str__(self) -> str:
        return f"profile of {self.username}"


class AppUse(models.Model):
    """What an app takes up, kept with every change: a sum over millions of rows would be slow."""

    app = models.OneToOneField(ImApp, models.CASCADE, primary_key=True, related_name="+")
    profile_bytes = models.BigIntegerField(default=0)  # UTF-8 of all user attributes

    def __str__(self) -> str:
        return f"use of {self.app_id}"
