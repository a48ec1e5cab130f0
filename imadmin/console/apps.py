"""The server-rendered console."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "imadmin.console"
    label = "console"

    def ready(self) -> None:
        import imadmin.checks  # noqa: F401 (registers the system checks)
