"""The server's processes as the health page shows them."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from imadmin.console.actions.processes import SILENT
from imadmin.console.models import ServerProcess


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
