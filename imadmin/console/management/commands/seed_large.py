"""`seed_large ORG#APP`: fill an app with as much as tests of speed and depth need."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actions.audit import Origin, acting
from accounts.domain.errors import AppNotFound, ImError
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.actions.seeding.load import load_large
from chat.actions.seeding.plan import Sizes


class Command(BaseCommand):
    help = (
        "Fill an app with many users (u000001 …), friends, groups, chatrooms and messages:"
        " few busy ones and a long tail. The same seed makes the same again. On SQLite stop the"
        " server first: nobody else can write meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("appkey", metavar="ORG#APP", help="an app without data, in quotes")
        sizes = Sizes()
        for name in ("users", "groups", "chatrooms", "messages", "days"):
            number = getattr(sizes, name)
            parser.add_argument(f"--{name}", type=int, default=number, help=f"default {number}")
        parser.add_argument("--seed", type=int, default=1, help="another one makes other data")
        parser.add_argument("--password", default="123456", help="of all users; default 123456")
        parser.add_argument("--add", action="store_true", help="also to an app that has data")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            app = get_app(Appkey.parse(options["appkey"]))
        except AppNotFound:
            raise CommandError(f"There is no app {options['appkey']}.") from None
        sizes = Sizes(
            *(options[name] for name in ("users", "groups", "chatrooms", "messages", "days"))
        )
        kept = app.settings.retention_days
        if 0 < kept <= sizes.days:
            self.stderr.write(f"The app keeps messages for {kept} days: the oldest will go soon.")
        try:
            with acting(Origin("seed_large", "command")):
                load_large(
                    app,
                    sizes,
                    seed=options["seed"],
                    password=options["password"],
                    add=options["add"],
                    tell=self.stdout.write,
                )
        except ImError as refusal:
            raise CommandError(str(refusal)) from None
