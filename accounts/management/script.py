"""What a backend's scripts call, often many times in a row."""

from django.core.checks import Tags
from django.core.management.base import BaseCommand


class ScriptCommand(BaseCommand):
    """Checks only what is unsafe: Django's other checks load every page, which takes seconds."""

    requires_system_checks: list[str] = [Tags.security]
