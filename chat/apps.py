"""Who talks to whom."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat.actions import account_events  # noqa: F401  (connects the receivers)
        from chat.live import fanout
        from chat.queries import rights
        from chat.store import direct

        # Looked up at each call, so that a test can put its own publish there.
        direct.publish_through(lambda event, audience: fanout.publish(event, audience))
        fanout.on_user_gone(rights.forget_user)
