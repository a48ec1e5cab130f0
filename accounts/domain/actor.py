"""Who acts: an IM user, or the app itself."""

from dataclasses import dataclass
from typing import Literal

from accounts.domain.app_settings import AppSettings
from accounts.domain.ids import Appkey

Via = Literal["rest", "console", "native", "xmpp", "msync", "command", "scenario", "system"]


@dataclass(frozen=True, slots=True)
class AppRef:
    """An app as everything above the database sees it. `settings` is a snapshot of the request."""

    id: int
    uuid: str
    appkey: Appkey
    settings: AppSettings


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a command. Without a username the app itself acts: it may do everything.

    `connection` is the gateway connection's id (0 elsewhere): its own doings are not echoed to it.
    `operator` is the console operator behind the act, for the audit.
    """

    app: AppRef
    username: str = ""
    user_id: int = 0
    device: str = ""
    connection: int = 0
    via: Via = "rest"
    operator: str = ""

    @property
    def is_app(self) -> bool:
        return not self.username

    def __str__(self) -> str:
        return self.username or f"app {self.app.appkey}"
