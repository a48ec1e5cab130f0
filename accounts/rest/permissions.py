"""Which token a call takes, and whose data a user's token reaches (rest.md 1.4).

The rules are declared on the view (`AppView.token`, `AppView.own_user`), so that a test can walk
the URL map and try every call with the wrong token.
"""

from collections.abc import Mapping

from accounts.domain.actor import Actor
from accounts.domain.errors import Unauthenticated
from accounts.rest.authentication import Token

ByMethod = Mapping[str, str]


def rule_for(rule: "Token | str | ByMethod", method: str, default: str) -> str:
    """The rule of one method: the same for all, or looked up by method."""
    return rule if isinstance(rule, str) else rule.get(method, default)


def check_token(actor: Actor, token: str) -> None:
    """Raises Unauthenticated: a user's token where the app's is needed."""
    if token == "app" and not actor.is_app:  # noqa: S105 (a kind, not a secret)
        raise Unauthenticated


def check_own(actor: Actor, username: str) -> None:
    """Raises Unauthenticated: a user's token on somebody else's data."""
    if not actor.is_app and username.lower() != actor.username:
        raise Unauthenticated
