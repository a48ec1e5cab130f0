"""Keys for encrypting and signing, each derived from the instance's secrets for one purpose."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.domain.errors import SecretUnreadable


def encrypt(text: str) -> bytes:
    """Fernet under IM_SECRETS_KEY, else under a key derived from SECRET_KEY."""
    return _fernet(settings.SECRETS_KEY or settings.SECRET_KEY).encrypt(text.encode())


def decrypt(ciphertext: "bytes | memoryview[int]") -> str:
    """Raises SecretUnreadable: it was encrypted with another key."""
    try:
        clear = _fernet(settings.SECRETS_KEY or settings.SECRET_KEY).decrypt(bytes(ciphertext))
    except InvalidToken:
        raise SecretUnreadable from None
    return clear.decode()


def token_key() -> bytes:
    """The HMAC key of access tokens."""
    return _derive(settings.SECRET_KEY, b"imadmin access tokens")


@lru_cache(maxsize=4)
def _fernet(master: str) -> Fernet:
    return Fernet(urlsafe_b64encode(_derive(master, b"imadmin stored secrets")))


@lru_cache(maxsize=8)
def _derive(master: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(master.encode())
