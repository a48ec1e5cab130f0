"""Issuing tokens and telling who a token's bearer is.

Tokens are not stored: a check reads the row that the token names and compares epochs, so that a
password change, ban, force-offline or rotated secret revokes all earlier ones at once.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import transaction

from accounts.actions.audit import note
from accounts.actions.im_apps import use_secret
from accounts.actions.im_users import check_new_username, register_user
from accounts.actions.keys import token_key
from accounts.actions.passwords import password_matches, random_password
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import (
    AccountNotFound,
    ConcurrentChange,
    IllegalUsername,
    TokenExpired,
    Unauthenticated,
    UnknownLogin,
    UserDisabled,
    UserExists,
    WrongClientId,
    WrongClientSecret,
    WrongPassword,
)
from accounts.domain.ids import parse_username
from accounts.domain.tokens import (
    NEVER_S,
    Claims,
    DynamicClaims,
    Kind,
    parse_dynamic,
    sign,
    verify,
)
from accounts.models import AppSecret, ImUser
from accounts.queries.im_apps import AppNow, app_by_id, app_now, app_now_by_id, ref_of
from accounts.queries.im_users import Standing, UserInfo, info_of, row_by_name, standing_of


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A fresh token. `user` is None in an app token; "never" is answered as NEVER_S."""

    token: str
    expires_in_s: int
    user: UserInfo | None = None


def app_token(
    app: AppRef | AppNow, client_id: str, client_secret: str, ttl_s: int | None = None
) -> IssuedToken:
    """Raises WrongClientId, WrongClientSecret, AppNotFound."""
    now = app if isinstance(app, AppNow) else app_now(app.appkey)
    if not secrets.compare_digest(now.client_id.encode(), client_id.encode()):
        raise WrongClientId
    offered = client_secret.encode()
    if not use_secret(now.ref.id, lambda known: secrets.compare_digest(known.encode(), offered)):
        raise WrongClientSecret
    return _issue(now.ref, "app", app_epoch=now.token_epoch, ttl_s=ttl_s)


def app_token_for_console(app: AppRef, ttl_s: int, *, is_scenario: bool = False) -> IssuedToken:
    """An app token without the secret, for what the server itself calls over REST."""
    kind: Kind = "scenario" if is_scenario else "app"
    return _issue(app, kind, app_epoch=app_now(app.appkey).token_epoch, ttl_s=ttl_s)


def user_token_for_console(app: AppRef, username: str, ttl_s: int) -> IssuedToken:
    """A user's token for an operator who tests as that user; noted in the audit.

    Raises:
        IllegalUsername, UsernameTooLong, AccountNotFound, UserDisabled.
    """
    issued = user_token_by_id(app, username, ttl_s)
    name = issued.user.username if issued.user else username
    note("token.issue", app, "user", name, {"ttl_s": [None, ttl_s]})
    return issued


def user_token_by_password(
    app: AppRef, username: str, password: str, ttl_s: int | None = None
) -> IssuedToken:
    """Raises UnknownLogin, WrongPassword, UserDisabled. About 20 ms of hashing."""
    row = row_by_name(app.id, username)
    if row is None:
        raise UnknownLogin(username=username)
    if not password_matches(row.password_hash, password):
        raise WrongPassword(username=row.username)
    return _issue_to(app, row, ttl_s)


def user_token_by_id(
    app: AppRef, username: str, ttl_s: int | None = None, create: bool = False
) -> IssuedToken:
    """A token for a user that the app vouches for; `create` makes the user if need be.

    Raises:
        IllegalUsername, UsernameTooLong, AccountNotFound, UserDisabled.
        ConcurrentChange: somebody else made the user at the same moment.
    """
    try:
        name = parse_username(username)
    except IllegalUsername:
        raise IllegalUsername(username=f"[{username}]") from None
    row = row_by_name(app.id, name)
    if row is None:
        if not create:
            raise AccountNotFound(username=name)
        row = _created(app, name)
    return _issue_to(app, row, ttl_s)


def authenticate(app: AppRef | AppNow | None, token: str) -> Actor:
    """Who bears the token: one query and no write (dynamic tokens take a second query), none for
    the app's own token where `app` was read just now.

    With `app` None the token's own app counts.

    Raises:
        TokenExpired, UserDisabled, AccountNotFound: a token that was good but for this. The last
            is for dynamic tokens only: their user need not exist.
        Unauthenticated: anything else.
    """
    now, app = (app, app.ref) if isinstance(app, AppNow) else (None, app)
    dynamic = parse_dynamic(token)
    if dynamic is not None:
        return _authenticate_dynamic(app, dynamic)
    claims = verify(token, token_key())
    if claims is None or (app is not None and claims.app_id != app.id):
        raise Unauthenticated
    _check_expiry(claims)
    if claims.kind != "user":
        now = now or app_now_by_id(claims.app_id)
        if now is None or now.token_epoch != claims.app_epoch:
            raise Unauthenticated
        return Actor(app or now.ref, via="scenario" if claims.kind == "scenario" else "rest")
    user = _checked(claims, standing_of(claims.user_id))
    return Actor(app or app_by_id(user.app_id), user.username, claims.user_id)


def user_claims(token: str) -> Claims | None:
    """What a token of ours says that was signed for a user; None for any other. No query: whether
    it still holds, `bearer_of` tells."""
    claims = verify(token, token_key())
    return claims if claims is not None and claims.kind == "user" else None


def bearer_of(claims: Claims, users: Mapping[int, Standing]) -> Standing:
    """Who bears the token, among rows that were read just now.

    Raises:
        TokenExpired, UserDisabled, Unauthenticated: as authenticate.
    """
    _check_expiry(claims)
    return _checked(claims, users.get(claims.user_id))


def claims_expiry_ms(claims: Claims) -> int:
    """When the token ends, Unix milliseconds."""
    return (claims.expires_s or NEVER_S) * 1000


def _check_expiry(claims: Claims) -> None:
    if claims.expires_s and claims.expires_s <= time.time():
        raise TokenExpired


def _checked(claims: Claims, user: Standing | None) -> Standing:
    if user is None or user.app_id != claims.app_id:
        raise Unauthenticated
    if not user.is_activated:
        raise UserDisabled(username=user.username)
    if user.token_epoch != claims.user_epoch:
        raise Unauthenticated
    return user


def token_expiry_ms(token: str) -> int:
    """When a token that `authenticate` accepted ends, Unix milliseconds."""
    if dynamic := parse_dynamic(token):
        return dynamic.expires_s * 1000
    claims = verify(token, token_key())
    return claims_expiry_ms(claims) if claims else NEVER_S * 1000


def _authenticate_dynamic(app: AppRef | None, claims: DynamicClaims) -> Actor:
    rows = AppSecret.objects.select_related("app").filter(app__key=claims.appkey.lower())
    secret = rows.first()
    if secret is None or (app is not None and secret.app_id != app.id):
        raise Unauthenticated
    client_id = secret.app.client_id
    if not use_secret(secret.app_id, lambda known: claims.is_signed_with(client_id, known)):
        raise Unauthenticated
    if not claims.is_current(time.time()):
        raise TokenExpired
    user = row_by_name(secret.app_id, claims.user_id)
    if user is None:
        raise AccountNotFound(username=claims.user_id)
    if not user.is_activated:
        raise UserDisabled(username=user.username)
    if user.revoked_at is not None and claims.issued_s < user.revoked_at.timestamp():
        raise Unauthenticated
    return Actor(app or ref_of(secret.app), user.username, user.id)


def _created(app: AppRef, name: str) -> ImUser:
    try:
        check_new_username(app, name)
    except IllegalUsername:
        raise IllegalUsername(username=f"[{name}]") from None
    try:
        with transaction.atomic():
            user = register_user(app, name, random_password())
    except UserExists:
        raise ConcurrentChange(detail="concurrency create app user failed") from None
    return ImUser.objects.get(id=user.id)


def _issue_to(app: AppRef, row: ImUser, ttl_s: int | None) -> IssuedToken:
    if not row.is_activated:
        raise UserDisabled(username=row.username)
    issued = _issue(app, "user", user_id=row.id, user_epoch=row.token_epoch, ttl_s=ttl_s)
    return replace(issued, user=info_of(row))


def _issue(
    app: AppRef,
    kind: Kind,
    *,
    user_id: int = 0,
    user_epoch: int = 0,
    app_epoch: int = 0,
    ttl_s: int | None,
) -> IssuedToken:
    """`ttl_s` None takes the app's default; 0 and what is beyond NEVER_S never end."""
    ttl_s = app.settings.token_ttl_s if ttl_s is None else ttl_s
    lasting = not 0 < ttl_s < NEVER_S
    claims = Claims(
        kind=kind,
        app_id=app.id,
        user_id=user_id,
        user_epoch=user_epoch,
        app_epoch=app_epoch,
        expires_s=0 if lasting else int(time.time()) + ttl_s,
    )
    token = sign(claims, token_key(), secrets.token_bytes(8))
    return IssuedToken(token, NEVER_S if lasting else ttl_s)
