"""Entries of the audit as its list shows them: each with how its changes begin."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import pgettext

from accounts.queries.audit import AuditInfo

SHOWN = 120  # characters of an entry's values in the list: one may name hundreds of users
FIELDS = 6


@dataclass(frozen=True, slots=True)
class Change:
    """One field. `before` is None where the entry says only what there was."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`is_cut`: the entry alone, on a page of its own, says more."""

    info: AuditInfo
    changes: tuple[Change, ...]
    is_cut: bool


def audit_rows(entries: Sequence[AuditInfo], *, whole: bool) -> list[AuditRow]:
    return [_row(entry, whole=whole) for entry in entries]


def _row(entry: AuditInfo, *, whole: bool) -> AuditRow:
    changes = [_change(name, value) for name, value in entry.diff.items()]
    if whole:
        return AuditRow(entry, tuple(changes), is_cut=False)
    shown, left = [], SHOWN
    for one in changes[:FIELDS]:
        before = None if one.before is None else _beginning(one.before, left)
        left -= len(before or "")
        after = _beginning(one.after, left)
        left -= len(after)
        shown.append(Change(one.name, before, after))
    return AuditRow(entry, tuple(shown), is_cut=shown != changes)


def _beginning(text: str, most: int) -> str:
    most = max(most, 1)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _change(name: str, value: Any) -> Change:
    match value:
        case [before, after]:
            return Change(name, _words(before), _words(after))
        case _:
            return Change(name, None, _words(value))


def _words(value: Any) -> str:
    """One side of a change: nothing is a dash, a list its items."""
    match value:
        case None | "" | []:
            return "—"
        case bool():
            return pgettext("switch", "on") if value else pgettext("switch", "off")
        case list():
            return ", ".join(str(one) for one in value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
