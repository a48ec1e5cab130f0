"""What was seen to happen, for the console: counts, connections that ended, and deliveries."""

from typing import ClassVar

from django.db import models


class MinuteCount(models.Model):
    """How often something happened in a minute of an app; kept 48 hours.

    `key` is one of chat.store.observed's. Not tied to the app's row: it is written in bulk, after
    the fact.
    """

    app_id = models.BigIntegerField()
    minute = models.BigIntegerField()  # since 1970
    key = models.CharField(max_length=8)
    n = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app_id", "minute", "key"], name="one_count_a_minute")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.minute}: {self.n}"


class EndedConnection(models.Model):
    """A connection that was logged in, and how it ended; kept 7 days."""

    app_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    username = models.CharField(max_length=64)
    device = models.CharField(max_length=128)
    wire = models.CharField(max_length=8)
    client = models.CharField(max_length=32, blank=True)
    sdk = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    since_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    code = models.PositiveIntegerField(default=0)  # of the socket's close
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["app_id", "-id"], name="ended_of_app"),
            models.Index(fields=["user_id", "-id"], name="ended_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.username}/{self.device}: {self.code}"


class Attempt(models.Model):
    """What reached this server of a client's way in, and how it was answered; kept an hour.

    `kind`: token, call, preflight (REST), login (a live wire); or send, of a send that was refused
    (chat/actions/refused_sends.py). `refusal` is its code, and `said`
    the words that the client read; both empty when it went well. Alike ones of the same second
    are one row.
    """

    app_id = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    username = models.CharField(max_length=64, blank=True)
    what = models.CharField(max_length=120, blank=True)  # method and path, or wire and SDK
    status = models.PositiveIntegerField(default=0)  # of HTTP
    refusal = models.CharField(max_length=48, blank=True)
    said = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["app_id", "-id"], name="attempt_of_app")]

    def __str__(self) -> str:
        return f"{self.kind} {self.username}: {self.refusal or 'good'}"


class DeliveryMoment(models.Model):
    """When a watched message came to a stage, at one device or (`user_id` 0) as a whole; kept
    7 days."""

    app_id = models.BigIntegerField()
    message_id = models.BigIntegerField(db_index=True)
    user_id = models.BigIntegerField(default=0)
    device = models.CharField(max_length=128, blank=True)
    stage = models.CharField(max_length=10)
    at_us = models.BigIntegerField()  # since 1970

    def __str__(self) -> str:
        return f"{self.message_id} {self.stage}"
