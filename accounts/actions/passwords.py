"""IM users' passwords: argon2id, with parameters for test users (design.md §6)."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from django.conf import settings

from accounts.domain.errors import PasswordMissing, PasswordTooLong

MAX_PASSWORD = 64
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads as something else


def hash_password(password: str) -> str:
    """About 20 ms: call it outside of transactions and off the event loop."""
    return _hasher().hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Whether it is the one; an empty hash matches nothing. As slow as hashing."""
    if not password_hash or not 1 <= len(password) <= MAX_PASSWORD:
        return False
    try:
        return _hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str) -> None:
    """Raises PasswordMissing, PasswordTooLong (rest.md 1.3: 1–64 characters)."""
    if not password:
        raise PasswordMissing
    if len(password) > MAX_PASSWORD:
        raise PasswordTooLong


def make_password(length: int = 12) -> str:
    """For users whose password somebody is shown, and may have to type."""
    return "".join(secrets.choice(_ALPHABET) for _i in range(length))


def random_password() -> str:
    """For users who log in by token only."""
    return secrets.token_urlsafe(24)


def _hasher() -> PasswordHasher:
    costs = settings.IM_ARGON2
    return PasswordHasher(costs["time_cost"], costs["memory_cost"], costs["parallelism"])
