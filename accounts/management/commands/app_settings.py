"""`app_settings ORG#APP`: show or change an app's switches and limits, also while it is served."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.audit import Origin, acting
from accounts.actions.im_apps import change_settings
from accounts.domain.errors import ImError
from accounts.domain.ids import Appkey
from accounts.management.script import ScriptCommand
from accounts.queries.im_apps import get_app


class Command(ScriptCommand):
    help = "Show an app's settings, after changing those that are given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("appkey", metavar="ORG#APP", help="in quotes: # starts a comment")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="may be repeated"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        values: dict[str, str] = {}
        for pair in options["set"]:
            name, equals, value = pair.partition("=")
            if not equals:
                raise CommandError(f"{pair!r} is no setting: write NAME=VALUE.")
            values[name.strip()] = value.strip()
        try:
            app = get_app(Appkey.parse(options["appkey"]))
            with acting(Origin("app_settings", "command")):
                settings = change_settings(app, values) if values else app.settings
        except ImError as refusal:
            raise CommandError(str(refusal)) from None
        shown = asdict(settings)
        if options["json"]:
            self.stdout.write(json.dumps(shown))
            return
        for name, value in shown.items():
            self.stdout.write(f"{name:<30} {json.dumps(value)}")
