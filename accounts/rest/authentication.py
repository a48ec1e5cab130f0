"""From the Authorization header to the Actor who bears it."""

from typing import Literal

from accounts.actions.tokens import authenticate
from accounts.domain.actor import Actor
from accounts.domain.errors import Unauthenticated, UserDisabled
from accounts.queries.im_apps import AppNow

# none: the header is not even read; app: the app's own token; user: either kind.
Token = Literal["none", "app", "user"]


def bearer_token(header: str) -> str:
    """The token of `Bearer <token>`, in any case and with any number of spaces; "" without one."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def actor_of(app: AppNow, header: str) -> Actor:
    """Who calls.

    Raises:
        TokenExpired, Unauthenticated; AccountNotFound for a dynamic token of nobody.
    """
    token = bearer_token(header)
    if not token:
        raise Unauthenticated
    try:
        return authenticate(app, token)
    except UserDisabled:
        raise Unauthenticated from None
