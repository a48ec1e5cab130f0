"""The server-rendered console."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "imadmin.console"
    label = "console"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        import imadmin.checks  # noqa: F401 (registers the system checks)
        from chat.actions.retention import also_swept
        from imadmin.console.actions.processes import drop_silent
        from imadmin.console.actions.sessions import remember_sign_in
        from imadmin.console.actions.user_jobs import drop_old

        user_logged_in.connect(remember_sign_in, dispatch_uid="console sign-in")
        also_swept.extend((drop_old, drop_silent))
