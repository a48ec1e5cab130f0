"""The server's processes, as each says of itself."""

from django.db import models


class ServerProcess(models.Model):
    """One process that serves, or did until it was killed: one that ends in order takes its row
    along. `relay_ms` is how long its last message to itself took through Redis; none without Redis
    or while Redis does not answer."""

    name = models.CharField(max_length=32, unique=True)  # with which its connections' ids begin
    host = models.CharField(max_length=255)
    pid = models.PositiveBigIntegerField()
    version = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    connections = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)  # until when all that it counted is written
    relay_ms = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"{self.host} · {self.pid}"
