"""Make a new set-up code; it replaces the last one, also while the server runs."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse

from accounts.actions.operators import make_setup_code
from accounts.domain.errors import SetupClosed
from accounts.management.script import ScriptCommand


class Command(ScriptCommand):
    help = "Print a new one-time code for /console/setup/ (valid for 60 minutes)."

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
