"""The server-rendered console."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "imadmin.console"
    label = "console"
