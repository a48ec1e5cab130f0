"""The server's processes as the health page shows them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from imadmin.console.actions.processes import SILENT
from imadmin.console.models import ServerProcess

LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """`silent_s`: since its last sign of life. `remedy` is empty where all is well."""

    row: ServerProcess
    silent_s: int
    remedy: str

    @property
    def is_silent(self) -> bool:
        return self.silent_s > SILENT.total_seconds()


def processes() -> list[ProcessState]:
    """Who serves, or did within the last hour and was killed; the oldest first."""
    return [_state(row) for row in ServerProcess.objects.order_by("started_at", "id")]


def late_processes() -> QuerySet[ServerProcess]:
    """Those that live, but have not written what they count, the latest first; to be asked
    together with something else."""
    now = timezone.now()
    late = ServerProcess.objects.filter(beat_at__gte=now - SILENT, counted_at__lt=now - LATE)
    return late.order_by("counted_at")


def _state(row: ServerProcess) -> ProcessState:
    silent_s = max(0, int((timezone.now() - row.beat_at).total_seconds()))
    if silent_s > SILENT.total_seconds():
        remedy = _(
            "It was killed, its machine is away, or it cannot reach the database: see its log. up"
            " --workers starts another one by itself; this line goes after an hour."
        )
    elif settings.REDIS_URL and row.relay_ms is None:
        remedy = _("It does not hear the other processes: start Redis, or check REDIS_URL there.")
    else:
        remedy = ""
    return ProcessState(row, silent_s, remedy)
