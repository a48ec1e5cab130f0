"""Load the demo data into an app; what is there already stays as it is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.domain.errors import AppNotFound
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from imadmin.console.actions.demo import load_demo


class Command(BaseCommand):
    help = "Load demo users, a group, a chatroom and messages into an app."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("appkey", help="ORG#APP")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            app = get_app(Appkey.parse(options["appkey"]))
        except AppNotFound:
            raise CommandError(f"There is no app {options['appkey']}.") from None
        done = load_demo(app)
        self.stdout.write("Demo data loaded." if done else "The demo data is there already.")
