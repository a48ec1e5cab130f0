"""Users whose messages an operator looks at for a few minutes (decisions/0014)."""

from django.db import models

from accounts.models import ImApp, ImUser


class WatchedUser(models.Model):
    """Until then it is kept when each message from or to this user came how far."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="+")
    user = models.OneToOneField(ImUser, models.CASCADE, related_name="+")
    until_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.user} is watched until {self.until_ms}"
