"""Make a new set-up code; it replaces the last one, also while the server runs."""

from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.actions.operators import make_setup_code
from accounts.domain.errors import SetupClosed


class Command(BaseCommand):
    help = "Print a new one-time code for /console/setup/ (valid for 60 minutes)."
    requires_system_checks: list[str] = [Tags.security]  # the rest loads every page

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = make_setup_code()
        except SetupClosed:
            raise CommandError(
                "An operator exists, so set-up is closed. Make another operator with"
                " create_operator."
            ) from None
        self.stdout.write(f"Set-up code: {code}")
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('console:setup')}?code={code}")
