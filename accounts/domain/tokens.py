"""The access token's form: packed claims, signed; and the customer's own dynamic token.

`YWMt` + base64url(claims) + `.` + base64url(HMAC-SHA256 over the claims): about 120 characters.
Source of the limits: rest.md 1.3 and 1.4; of the decision: design.md §6.
"""

import base64
import binascii
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

PREFIX = "YWMt"
MAX_TOKEN = 500
NEVER_S = 2_147_483_647  # answered for ttl 0: the Java SDK reads an int
DYNAMIC_PREFIX = "ZHQt"  # base64 of "dt-"
CLOCK_SLACK_S = 300
_KNOWN_TOKENS = 4096

# version, kind, app id, user id, user epoch, app epoch, expiry in s (0: never), nonce
_CLAIMS = struct.Struct(">BBQQIIQ8s")
_VERSION = 1
# A scenario's is an app's token: what it changes is told apart in the audit.
Kind = Literal["app", "user", "scenario"]
_KINDS: tuple[Kind, ...] = ("app", "user", "scenario")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `user_id` is 0 in an app's; `expires_s` is Unix seconds, 0 = never."""

    kind: Kind
    app_id: int
    user_id: int
    user_epoch: int
    app_epoch: int
    expires_s: int


@dataclass(frozen=True, slots=True)
class DynamicClaims:
    """What a customer's backend signed with the client secret; everything as it was written."""

    signature: str
    appkey: str
    user_id: str
    issued_s: int
    ttl_s: int

    @property
    def expires_s(self) -> int:
        return self.issued_s + self.ttl_s

    def is_signed_with(self, client_id: str, client_secret: str) -> bool:
        text = f"{client_id}{self.appkey}{self.user_id}{self.issued_s}{self.ttl_s}{client_secret}"
        right = hashlib.sha256(text.encode()).hexdigest()
        return hmac.compare_digest(right.encode(), self.signature.encode())

    def is_current(self, now_s: float) -> bool:
        """Source: rest.md 1.4, with its clock slack."""
        return self.issued_s <= now_s + CLOCK_SLACK_S < self.expires_s + CLOCK_SLACK_S


def sign(claims: Claims, key: bytes, nonce: bytes) -> str:
    """The token; `nonce` is 8 random bytes that make each one new."""
    packed = _CLAIMS.pack(
        _VERSION,
        _KINDS.index(claims.kind),
        claims.app_id,
        claims.user_id,
        claims.user_epoch,
        claims.app_epoch,
        claims.expires_s,
        nonce,
    )
    return f"{PREFIX}{_encode(packed)}.{_encode(_mac(packed, key))}"


def verify(token: str, key: bytes) -> Claims | None:
    """The claims, or None for anything that was not signed with this key."""
    if not token.startswith(PREFIX) or len(token) > MAX_TOKEN:
        return None
    try:
        return _verified(token, key)
    except _NotSigned:
        return None


class _NotSigned(Exception):
    pass


# What it raises is not remembered: a stranger's tokens take no place.
@lru_cache(_KNOWN_TOKENS)
def _verified(token: str, key: bytes) -> Claims:
    body, _, signature = token[len(PREFIX) :].partition(".")
    packed, mac = _decode(body), _decode(signature)
    if packed is None or mac is None or len(packed) != _CLAIMS.size:
        raise _NotSigned
    if not hmac.compare_digest(_mac(packed, key), mac):
        raise _NotSigned
    version, kind, app_id, user_id, user_epoch, app_epoch, expires_s, _ = _CLAIMS.unpack(packed)
    if version != _VERSION:
        raise _NotSigned
    return Claims(_KINDS[kind], app_id, user_id, user_epoch, app_epoch, expires_s)


def is_dynamic(token: str) -> bool:
    """Whether it looks like a `dt-` token, which a customer's backend makes."""
    return token.startswith(DYNAMIC_PREFIX)


def parse_dynamic(token: str) -> DynamicClaims | None:
    """The unchecked content of a `dt-` token, or None for anything else."""
    if not is_dynamic(token) or len(token) > 4 * MAX_TOKEN:
        return None
    decoded = _decode(token.rstrip("="))
    if decoded is None:
        return None
    try:
        content = json.loads(decoded.removeprefix(b"dt-"))
    except (ValueError, RecursionError):
        return None
    match content:
        case {
            "signature": str(signature),
            "appkey": str(appkey),
            "userId": str(user_id),
            "curTime": issued,
            "ttl": ttl,
        }:
            issued_s, ttl_s = _seconds(issued), _seconds(ttl)
            if issued_s is not None and ttl_s is not None and _is_text(appkey + user_id):
                return DynamicClaims(signature, appkey, user_id, issued_s, ttl_s)
    return None


def make_dynamic(
    appkey: str, user_id: str, issued_s: int, ttl_s: int, client_id: str, client_secret: str
) -> str:
    """A dynamic token as a customer's backend makes it (console's token tool, tests)."""
    text = f"{client_id}{appkey}{user_id}{issued_s}{ttl_s}{client_secret}"
    content = {
        "signature": hashlib.sha256(text.encode()).hexdigest(),
        "appkey": appkey,
        "userId": user_id,
        "curTime": issued_s,
        "ttl": ttl_s,
    }
    return _encode(b"dt-" + json.dumps(content).encode())


def _mac(packed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, packed, "sha256")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None


def _seconds(value: Any) -> int | None:
    """Whole seconds in a range that arithmetic and clocks can bear; strings of digits count."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**11:
        return value
    return None


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" or char == "\0" for char in text)
