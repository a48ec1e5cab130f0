"""An app's switches and limits as a form: what each changes for clients, and its default."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.actions.im_apps import MAX_DESCRIPTION, MAX_DISPLAY_NAME
from accounts.domain.app_settings import BOUNDS, CHOICES, AppSettings
from imadmin.console.forms.fields import AppForm, LinesField
from imadmin.console.forms.im_apps import ENVIRONMENTS
from imadmin.console.forms.setting_groups import (
    CHOICE_WORDS,
    GROUPS,
    SETTINGS,
    Group,
    Setting,
    Text,
)
from imadmin.console.forms.setting_notes import SEEN, SEEN_OF_GROUP

TEXTS = ("display_name", "description", "environment")


@dataclass(frozen=True)
class Shown:
    """One setting in the page."""

    field: BoundField
    unit: Text
    default: str
    is_default: bool


class AppSettingsForm(AppForm):
    """One part of the page. A hidden copy of what it showed tells what it changed, whoever changed
    the rest."""

    display_name = forms.CharField(
        label=_("Display name"), max_length=MAX_DISPLAY_NAME, required=False
    )
    description = LinesField(
        label=_("Description"), max_length=MAX_DESCRIPTION, required=False, rows=2
    )
    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=ENVIRONMENTS,
        help_text=_("A live app is marked in red; tests that break things stay off there."),
    )

    def __init__(self, *args: Any, part: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.part = part
        if part:
            for name in TEXTS:
                del self.fields[name]
        for group in self._groups:
            for one in group.settings:
                self.fields[one.name] = _field_of(one)
        if self.is_bound:
            # What the page showed, not what is stored now: only what it changed is changed.
            self.initial = {**self.initial, **asdict(AppSettings()), **_shown(self.data)}

    @property
    def before(self) -> str:
        """The values as the page shows them, less the defaults, for its hidden field."""
        texts = {name: self.initial[name] for name in TEXTS}
        return json.dumps({**texts, **self.app.settings.to_json()}, ensure_ascii=False)

    @property
    def _groups(self) -> list[Group]:
        return [group for group in GROUPS if group.part == self.part]

    @property
    def groups(self) -> Iterator[tuple[Group, list[Shown], int, Text]]:
        """For the page: each group, its settings, how many differ from their default, and what
        clients see of those that have no words of their own for it."""
        now = self.app.settings
        for group in self._groups:
            shown = [
                Shown(
                    self[one.name],
                    one.unit,
                    _default_word(one.name),
                    getattr(now, one.name) == _default(one.name),
                )
                for one in group.settings
            ]
            seen = SEEN_OF_GROUP.get(group.key)
            changed = sum(not one.is_default for one in shown)
            yield group, shown, changed, _seen(seen) if seen else ""

    def changes(self) -> tuple[dict[str, str], dict[str, object]]:
        """The texts and the settings that this page changed."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        texts = {name: value for name, value in changed.items() if name in TEXTS}
        return texts, {name: value for name, value in changed.items() if name in SETTINGS}


class ConfirmAppForm(AppForm):
    """The appkey, typed."""

    appkey = forms.CharField(
        label=_("Type the appkey to confirm"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_appkey(self) -> str:
        typed = str(self.cleaned_data["appkey"]).strip()
        if typed != str(self.app.appkey):
            raise forms.ValidationError(gettext("This is not the appkey of this app."))
        return typed


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the hidden field says, of the names that there are."""
    try:
        shown = json.loads(data.get("before", "{}"))
    except ValueError:
        return {}
    names = (*TEXTS, *SETTINGS)
    return {k: v for k, v in shown.items() if k in names} if isinstance(shown, dict) else {}


def _default(name: str) -> Any:
    return getattr(AppSettings(), name)


def _default_word(name: str) -> str:
    value = _default(name)
    if isinstance(value, bool):
        return pgettext("switch", "on") if value else pgettext("switch", "off")
    return str(CHOICE_WORDS.get(name, {}).get(value, value))


def _field_of(one: Setting) -> forms.Field:
    words: dict[str, Any] = {"label": one.label, "help_text": _help_of(one)}
    if isinstance(_default(one.name), bool):
        return forms.BooleanField(required=False, **words)
    if one.name in CHOICES:
        choices = [(value, CHOICE_WORDS[one.name][value]) for value in CHOICES[one.name]]
        return forms.ChoiceField(choices=choices, **words)
    low, high = BOUNDS.get(one.name, (one.low, one.high))
    out = format_lazy(_("From {low} to {high}."), low=low, high=high)
    errors = {"min_value": out, "max_value": out}
    return forms.IntegerField(min_value=low, max_value=high, error_messages=errors, **words)


def _help_of(one: Setting) -> Text:
    if one.name not in SEEN:
        return one.help
    seen = _seen(SEEN[one.name])
    return format_lazy(_("{help} {seen}"), help=one.help, seen=seen) if one.help else seen


def _seen(said: Text) -> Text:
    return format_lazy(_("What clients see: {said}"), said=said)
