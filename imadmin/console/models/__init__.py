"""What only the console knows."""

from imadmin.console.models.imports import ImportJob, ImportResult
from imadmin.console.models.scenarios import ScenarioRun, ScenarioStep
from imadmin.console.models.sends import SendItem, SendJob

__all__ = ["ImportJob", "ImportResult", "ScenarioRun", "ScenarioStep", "SendItem", "SendJob"]
