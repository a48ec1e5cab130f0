"""`create_operator NAME`: make a console account, also while the server runs."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from accounts.actions.audit import Origin, acting
from accounts.actions.operators import create_operator, set_role
from accounts.domain.errors import ImError
from accounts.domain.ids import Appkey
from accounts.management.script import ScriptCommand
from accounts.queries.im_apps import get_app

ROLES = ("viewer", "operator", "owner")


class Command(ScriptCommand):
    help = (
        "Make an operator of the console. The password comes from IM_OPERATOR_PASSWORD or a"
        " prompt, never from an argument: other users of this machine can read those."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--admin", action="store_true", help="instance admin")
        parser.add_argument("--role", choices=ROLES, default="", help="role in --app")
        parser.add_argument("--app", metavar="ORG#APP", default="", help="the app of --role")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["role"]) != bool(options["app"]):
            raise CommandError("--role and --app go together.")
        try:
            app = get_app(Appkey.parse(options["app"])) if options["app"] else None
            password = settings.OPERATOR_PASSWORD or _ask()
            with acting(Origin("create_operator", "command")), transaction.atomic():
                operator = create_operator(options["name"], password, is_admin=options["admin"])
                if app is not None:
                    set_role(operator, app, options["role"])
        except ImError as refusal:
            raise CommandError(str(refusal)) from None
        rank = "instance admin" if operator.is_admin else "operator"
        self.stdout.write(f"Made {rank} {operator.name}.")


def _ask() -> str:
    """Twice, on the terminal, unseen."""
    if not sys.stdin.isatty():
        raise CommandError("Set IM_OPERATOR_PASSWORD, or run this in a terminal.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("The two passwords differ.")
    return password
