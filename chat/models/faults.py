"""Failures that somebody makes on purpose, for one user and a short time."""

from django.db import models


class LogInRefusal(models.Model):
    """Until then the server closes every log-in of this user without a word, as one that is down
    does. It ends by itself."""

    app_id = models.BigIntegerField(db_index=True)
    user_id = models.BigIntegerField(unique=True)
    username = models.CharField(max_length=64)
    until_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.username} until {self.until_ms}"
