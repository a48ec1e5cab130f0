"""Silent settings and push templates as values, and what they may be (rest.md 3.12)."""

import re
from dataclasses import dataclass
from typing import Literal

from accounts.domain.errors import PushSettingRefused

SilentKind = Literal["app", "user", "chatgroup"]

SILENT_TYPES = frozenset({"DEFAULT", "ALL", "AT", "NONE"})
MAX_IGNORE_MS = 604_800_000
MAX_PATTERN = 512
_INTERVAL = re.compile(r"([01]?[0-9]|2[0-3]):[0-5]?[0-9]-([01]?[0-9]|2[0-3]):[0-5]?[0-9]", re.ASCII)
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Silent:
    """Empty or 0: nothing is set. `until_ms`: the end of a silence."""

    type: str = "DEFAULT"
    interval: str = ""
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class SilentChange:
    """None leaves a value as it is; `ignore_ms` counts from now, 0 ends a silence."""

    type: str | None = None
    interval: str | None = None
    ignore_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    title: str
    content: str
    created_ms: int
    modified_ms: int


def check_silent(kind: SilentKind, change: SilentChange) -> None:
    """Raises PushSettingRefused. Hours of the day are silent for the whole app only."""
    if change.type is not None and change.type not in SILENT_TYPES:
        raise PushSettingRefused(detail="type")
    if change.interval and (kind != "app" or not _INTERVAL.fullmatch(change.interval)):
        raise PushSettingRefused(detail="ignoreInterval")
    if change.ignore_ms is not None and not 0 <= change.ignore_ms <= MAX_IGNORE_MS:
        raise PushSettingRefused(detail="ignoreDuration")


def check_template(name: str, title: str, content: str) -> None:
    """Raises PushSettingRefused. The lengths of patterns are ours."""
    if not _TEMPLATE_NAME.fullmatch(name):
        raise PushSettingRefused(detail="name")
    if not title or len(title) > MAX_PATTERN:
        raise PushSettingRefused(detail="title_pattern")
    if not content or len(content) > MAX_PATTERN:
        raise PushSettingRefused(detail="content_pattern")
