"""A table of pairs of strings: two inputs a row, which need no script."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

ROWS = 16  # at least so many, as far as an app allows
SPARE = 3  # empty ones below what is filled in, when that is more
OPEN = 3  # rows that are seen at once; the others are behind "more"


@dataclass(frozen=True, slots=True)
class Pair:
    number: int
    key: str
    value: str


class PairsWidget(forms.Widget):
    """Reads `<name>_key` and `<name>_value`, as often as there are rows. It is drawn by a template
    (parts/_pairs.html)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        keys, values = (data.getlist(f"{name}_{part}") for part in ("key", "value"))
        return list(zip(keys, values, strict=False))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_key" not in data


class PairsField(forms.Field):
    """Cleans to a dict of strings; rows without key and value are none."""

    widget = PairsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.most = ROWS

    def clean(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, text in value or ():
            if not key and not text:
                continue
            if not key:
                raise forms.ValidationError(_("A value has no key: %(value)s.") % {"value": text})
            if key in found:
                raise forms.ValidationError(_("The key %(key)s is there twice.") % {"key": key})
            found[key] = text
        if len(found) > self.most:
            raise forms.ValidationError(_("At most %(most)d pairs.") % {"most": self.most})
        return found


def pair_rows(bound: forms.BoundField) -> tuple[list[Pair], list[Pair]]:
    """The rows of a field: those that are open, and the empty ones behind "more"."""
    assert isinstance(bound.field, PairsField)
    value = bound.value() or []
    pairs = [*value.items()] if isinstance(value, Mapping) else [*value]
    filled = [(key, str(text)) for key, text in pairs if key or text]
    count = max(len(filled), min(bound.field.most, max(ROWS, len(filled) + SPARE)))
    filled += [("", "")] * (count - len(filled))
    rows = [Pair(number, *pair) for number, pair in enumerate(filled, 1)]
    shown = max(OPEN, sum(bool(row.key or row.value) for row in rows) + 1)
    return rows[:shown], rows[shown:]
