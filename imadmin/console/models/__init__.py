"""What only the console knows."""

from imadmin.console.models.processes import ServerProcess
from imadmin.console.models.scenarios import ScenarioRun, ScenarioStep
from imadmin.console.models.sends import SendItem, SendJob
from imadmin.console.models.user_jobs import UserJob, UserJobResult

__all__ = [
    "ScenarioRun",
    "ScenarioStep",
    "SendItem",
    "SendJob",
    "ServerProcess",
    "UserJob",
    "UserJobResult",
]
