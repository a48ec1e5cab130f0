"""What each process of the server says of itself, and who has not been heard of."""

import os
import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from imadmin.console.models import ServerProcess

BEAT_S = 10.0
SOON_S = 2.0  # while Redis is not heard: it may be only the beginning
SILENT = timedelta(seconds=30)  # three beats
KEEP = timedelta(hours=1)  # the row of one that was killed


@dataclass(frozen=True, slots=True)
class Vitals:
    """`relay_ms`: see ServerProcess. `counts_wait_ms`: since when something counted has waited to
    be written, 0 when nothing does."""

    connections: int
    relay_ms: float | None
    counts_wait_ms: int = 0


class Pulse:
    """Of this process; `look` is called from a thread of its own."""

    def __init__(self, name: str, look: Callable[[], Vitals]) -> None:
        self._name, self._look = name, look
        self._started_at = timezone.now()
        self._is_known = False

    def turn(self, _stop: threading.Event) -> float:
        """Say that it lives; the seconds until it must say so again."""
        seen, now = self._look(), timezone.now()
        if not self._is_known and not settings.REDIS_URL:
            # The only process: it holds the lock of the data directory. Others were killed.
            ServerProcess.objects.exclude(name=self._name).delete()
        wait_ms = seen.counts_wait_ms
        told = {
            "beat_at": now,
            "connections": seen.connections,
            "relay_ms": seen.relay_ms,
            "counted_at": datetime.fromtimestamp(wait_ms / 1000, UTC) if wait_ms else now,
        }
        born = {
            "host": platform.node()[:255],
            "pid": os.getpid(),
            "version": str(settings.SPECTACULAR_SETTINGS["VERSION"]),
            "started_at": self._started_at,
        }
        ServerProcess.objects.update_or_create(
            name=self._name, defaults=told, create_defaults={**born, **told}
        )
        self._is_known = True
        is_deaf = settings.REDIS_URL and seen.relay_ms is None
        return SOON_S if is_deaf else BEAT_S

    def end(self) -> None:
        """It ends in order; nobody shall miss it."""
        if self._is_known:
            ServerProcess.objects.filter(name=self._name).delete()


def drop_silent() -> int:
    """Forget those that were killed an hour ago; how many."""
    return ServerProcess.objects.filter(beat_at__lt=timezone.now() - KEEP).delete()[0]
