"""Who exists: apps, operators, IM users, tokens."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
