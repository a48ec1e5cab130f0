"""`create_app ORG#APP`: make an app for automation, also while the server runs."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.audit import Origin, acting
from accounts.actions.im_apps import create_app
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import AppNotFound, ImError
from accounts.domain.ids import Appkey
from accounts.management.script import ScriptCommand


class Command(ScriptCommand):
    help = "Make an app and print its credentials: the only time that the secret is shown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("appkey", metavar="ORG#APP", help="in quotes: # starts a comment")
        parser.add_argument("--client-id", default="", help="instead of a fresh one")
        parser.add_argument("--client-secret", default="", help="instead of a fresh one")
        parser.add_argument(
            "--open-registration", action="store_true", help="anybody may register users"
        )
        parser.add_argument(
            "--anonymous-upload", action="store_true", help="files need no token (old clients)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        settings = AppSettings(
            open_registration=options["open_registration"],
            anonymous_upload=options["anonymous_upload"],
        )
        try:
            appkey = Appkey.parse(options["appkey"])
        except AppNotFound:
            raise CommandError(
                f"{options['appkey']!r} is no appkey: write ORG#APP, in quotes."
            ) from None
        try:
            with acting(Origin("create_app", "command")):
                made = create_app(
                    appkey,
                    client_id=options["client_id"],
                    client_secret=options["client_secret"],
                    settings=settings,
                )
        except ImError as refusal:
            raise CommandError(str(refusal)) from None
        shown = {
            "appkey": str(appkey),
            "application": made.app.uuid,
            "client_id": made.client_id,
            "client_secret": made.client_secret,
        }
        if options["json"]:
            self.stdout.write(json.dumps(shown))
        else:
            for name, value in shown.items():
                self.stdout.write(f"{name:<14} {value}")
