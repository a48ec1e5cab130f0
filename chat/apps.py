"""Who talks to whom."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat.actions import account_events  # noqa: F401  (connects the receivers)
