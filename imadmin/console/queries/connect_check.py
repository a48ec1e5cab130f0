"""Whether a client has come since somebody began to wait for it, and what came instead."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.domain.actor import AppRef
from chat.domain.commands import VIRTUAL_DEVICES
from chat.live.online import DeviceOnline, connections
from chat.queries.observed import (
    PastAttempt,
    PastConnection,
    attempts_since,
    ended_connections,
    newest_attempt,
    newest_ended,
)
from chat.store.clock import now_ms

SHOWN = 20
WAIT_MS = 60_000  # then it is said what to look at
LOOK_BACK_MS = 3_600_000  # a check is not kept longer than what it shows


@dataclass(frozen=True, slots=True)
class Came:
    """A connection; `ready_ms` is 0 and `connection` empty when it has ended again."""

    username: str
    device: str
    wire: str
    client: str
    sdk: str
    since_ms: int
    ready_ms: int = 0
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Something else that came, and what to do about it."""

    attempt: PastAttempt
    advice: str | Promise

    @property
    def word(self) -> str:
        """What it was, and whether it was refused."""
        is_bad = bool(self.attempt.refusal) or self.attempt.status >= 400
        return f"{self.attempt.kind}-{'refused' if is_bad else 'good'}"


# Kind and refusal, or kind alone: the next thing to look at.
ADVICE: dict[str, Promise] = {
    "wrong_password": gettext_lazy("Set a new password on the user's page, and use that."),
    "unknown_login": gettext_lazy("There is no such user in this app: create it first."),
    "account_not_found": gettext_lazy("There is no such user in this app: create it first."),
    "user_disabled": gettext_lazy("The user is banned: lift the ban on its page."),
    "app_not_found": gettext_lazy(
        "No app has this appkey: compare it with the one on the Connect page."
    ),
    "wrong_client_id": gettext_lazy("Compare the client id and secret with the Credentials page."),
    "wrong_client_secret": gettext_lazy(
        "Compare the client id and secret with the Credentials page."
    ),
    "token_expired": gettext_lazy("The token is too old: get a new one."),
    "unauthenticated": gettext_lazy(
        "The token is missing, revoked or of another app: get a new one."
    ),
    "token": gettext_lazy("REST works. If no connection follows, look at the WebSocket address."),
    "preflight": gettext_lazy(
        "A browser asked whether it may call, and may. If no call follows, look at the page's own"
        " content policy."
    ),
    "upgrade": gettext_lazy(
        "No client speaks at this path: compare it with the addresses on the Connect page."
    ),
    "login": gettext_lazy("The server refused the sign-in: the words beside say why."),
    "call": gettext_lazy("The call was refused: the words beside say why."),
}


def first_connection(app: AppRef, username: str, since_ms: int) -> Came | None:
    """The first that came since then, of that user or (empty) of any; ended ones count too."""
    here = [_came(one, one.ready_ms, one.connection) for one in connections(app.id)]
    gone = [_came(one) for one in ended_connections(app, 100)]
    found = [
        one
        for one in [*here, *gone]
        if one.since_ms >= since_ms
        and username in {"", one.username}
        and not one.device.startswith(VIRTUAL_DEVICES)
    ]
    return min(found, key=lambda one: one.since_ms, default=None)


def _came(one: DeviceOnline | PastConnection, ready_ms: int = 0, connection: str = "") -> Came:
    sdk = f"{one.sdk} {one.version}".strip()
    return Came(one.username, one.device, one.wire, one.client, sdk, one.since_ms, ready_ms,
                connection)  # fmt: skip


def seen_instead(app: AppRef, since_ms: int, *, foreign: bool) -> list[Seen]:
    """The newest first. `foreign`: also what named no app."""
    found = attempts_since(app, since_ms, SHOWN, foreign=foreign)
    return [Seen(one, ADVICE.get(one.refusal) or ADVICE[one.kind]) for one in found]


def version_of(app: AppRef) -> str:
    """Changes when the check's page would; every ten seconds anyway, for it tells the time."""
    here = [one.connection for one in connections(app.id)]
    return f"{here} {newest_ended(app)} {newest_attempt(app)} {now_ms() // 10_000}"
