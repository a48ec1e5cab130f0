"""Appkeys and usernames: parse, normalise, format."""

import re
from dataclasses import dataclass
from functools import lru_cache

from accounts.domain.errors import AppNotFound, IllegalUsername, UsernameTooLong

MAX_USERNAME_BYTES = 64
_USERNAME = re.compile(r"[a-z0-9_.-]+")
_APPKEY = re.compile(r"([A-Za-z0-9_-]{1,64})#([A-Za-z0-9_-]{1,32})")

# Console, static files, gateway and the vendor's root addresses own these first path segments;
# REST matches orgs case-insensitively, so they are refused in any case.
RESERVED_ORGS = frozenset(
    {
        *("console", "static", "media", "ws", "websocket", "api", "easemob", "management"),
        *("healthz", "metrics", "admin", "jsi18n", "favicon.ico", "robots.txt", ".well-known"),
    }
)


_ENTRY_EPOCH_MS = 1_262_304_000_000  # 2010-01-01; chat.domain.ids has the whole id scheme
_ENTRY_TIME_SHIFT = 22


@dataclass(frozen=True, slots=True)
class Appkey:
    """`org#app` as it was typed; compares by the lower-cased text (rest.md 1.1)."""

    org: str
    app: str

    @classmethod
    def parse(cls, text: str) -> "Appkey":
        """Raises AppNotFound for anything that cannot name an app."""
        match = _APPKEY.fullmatch(text.strip())
        if match is None:
            raise AppNotFound(org=text, app="", uri=text)
        return cls(match[1], match[2])

    @property
    def key(self) -> str:
        return f"{self.org}#{self.app}".lower()

    def __str__(self) -> str:
        return f"{self.org}#{self.app}"


@lru_cache(10_000)
def parse_username(raw: str) -> str:
    """The stored form of a username: lower-case, `[a-z0-9_.-]`, 1–64 bytes (rest.md 1.3).

    Raises:
        IllegalUsername, UsernameTooLong.
    """
    username = raw.lower()
    if not _USERNAME.fullmatch(username) or username in {".", ".."}:
        raise IllegalUsername(username=raw)
    if len(username.encode()) > MAX_USERNAME_BYTES:
        raise UsernameTooLong(username=raw)
    return username


def newest_entry_id_before(now_ms: int) -> int:
    """The greatest entry id (design.md §4) that a message before this millisecond can have."""
    return ((now_ms - _ENTRY_EPOCH_MS) << _ENTRY_TIME_SHIFT) - 1
