"""Fields and the base form that the data pages share."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.actor import AppRef
from accounts.queries.im_users import find_users
from imadmin.console.tables import SIZES

Json = dict[str, Any]

# Lists are pasted from mails and sheets: commas, semicolons and spaces, half and full width.
SEPARATORS = re.compile(r"[\s,;，；、]+")
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
TO_TYPE = "to_type"  # the field of a form that says what its names are of
HOUR_MS = 3_600_000
FOREVER = -1


class AppForm(forms.Form):
    """A form about one app; its errors name what exists in that app."""

    use_required_attribute = False  # the server names what is missing, in the page's language

    def __init__(self, *args: Any, app: AppRef, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.app = app
        for field in self.fields.values():
            if isinstance(field, NamesField) and field.limits:
                field.max_names = max(getattr(app.settings, name) for name in field.limits)
        self._suggest_names()

    def _suggest_names(self) -> None:
        """Let fields of usernames and room ids ask for them as one types; without script they stay
        plain. By POST, as a pasted list is longer than an address may be."""
        org, name = self.app.appkey.org, self.app.appkey.app
        ask = reverse("console:picks", kwargs={"org": org, "app": name})
        for name, field in self.fields.items():
            kind, is_filter = getattr(field, "suggests", ""), getattr(field, "is_filter", False)
            if not kind:
                continue
            triggers, sent = ["input changed delay:250ms"], [name]
            if kind == TO_TYPE:
                triggers.append(f"change from:[name={TO_TYPE}]")
                sent.append(TO_TYPE)
            if self[name].value() and not is_filter:
                triggers.append("load")  # a link may have filled it
            field.widget.attrs |= {
                "hx-post": f"{ask}?of={name}&kind={kind}{'&filter=on' if is_filter else ''}",
                "hx-trigger": ", ".join(triggers),
                "hx-params": ",".join(sent),
                "hx-target": f"#{self[name].auto_id}_names",
                "hx-swap": "innerHTML",
            }
            if is_filter:  # of the form around it, which asks for the list
                field.widget.attrs["hx-push-url"] = "false"

    def known_user(self, field: str) -> str:
        """The field's username, if such a user exists."""
        name = str(self.cleaned_data[field]).strip().lower()
        if name and not find_users(self.app, [name]):
            raise forms.ValidationError(_("There is no user %(name)s.") % {"name": name})
        return name

    def known_users(self, field: str) -> tuple[str, ...]:
        """The field's usernames, if all of them exist; the error lists those that do not."""
        names: tuple[str, ...] = self.cleaned_data[field]
        known = find_users(self.app, names)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise forms.ValidationError(
                _("There are no users with these names: %(names)s") % {"names": ", ".join(unknown)}
            )
        return names

    def limit(self, **lengths: int) -> None:
        """Let these text fields take so many characters: what the app's settings allow."""
        for name, length in lengths.items():
            field = self.fields[name]
            field.validators.append(MaxLengthValidator(length))
            field.widget.attrs["maxlength"] = str(length)


def split_names(text: str) -> tuple[str, ...]:
    """The names of a pasted list: lower-case, in order, each once."""
    return tuple(dict.fromkeys(name.lower() for name in SEPARATORS.split(text) if name))


class SecretInput(forms.PasswordInput):
    """A test user's password: readable as one types, and not sent back with a form that has
    errors (the tag `field`)."""

    input_type = "text"

    def __init__(self) -> None:
        super().__init__(attrs=PLAIN, render_value=True)


def size_field() -> forms.ChoiceField:
    """How many rows a page of a rich list has (tables.page_size)."""
    sizes = [(str(size), str(size)) for size in SIZES]
    return forms.ChoiceField(label=gettext_lazy("Rows"), required=False, choices=sizes)


def search_field(placeholder: Any, *, max_length: int = 100) -> forms.CharField:
    """A list's search, which the key `/` leads to."""
    attrs = {"type": "search", "placeholder": placeholder, "data-focus-filter": ""}
    return forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=max_length,
        widget=forms.TextInput(attrs=attrs),
    )


class PlainField(forms.CharField):
    """One line that no browser shall correct or complete: a name, an id, an address. `attrs` are
    further ones of its input."""

    def __init__(self, *, attrs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        super().__init__(widget=forms.TextInput(attrs={**PLAIN, **(attrs or {})}), **kwargs)


class UserField(PlainField):
    """One username. `is_filter`: one of a list's filters, where a name may be nobody's."""

    suggests = "user"

    def __init__(self, *, is_filter: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("User"))
        super().__init__(**kwargs)
        self.is_filter = is_filter


class RoomField(PlainField):
    """The id of one group or chatroom, or of either (`room`), found by its name."""

    def __init__(self, suggests: str, *, is_filter: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.suggests = suggests
        self.is_filter = is_filter


class RoomIdsField(forms.CharField):
    """A pasted list of ids of groups and chatrooms, as text: unlike usernames they keep their
    case."""

    suggests = "room"
    is_filter = False

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}))
        kwargs.setdefault("help_text", gettext_lazy("Ids separated by commas, spaces or lines."))
        super().__init__(**kwargs)


class NamesField(forms.CharField):
    """A pasted list of usernames; cleans to a tuple. `suggests` says of what else it is a list:
    what TO_TYPE says, or nothing that is suggested (empty).

    `limits` are settings of the app, of which the largest says how many names a form takes;
    without them it is `max_names`.
    """

    def __init__(
        self,
        *,
        max_names: int = 1000,
        limits: Sequence[str] = (),
        suggests: str = "user",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}))
        kwargs.setdefault("help_text", gettext_lazy("Names separated by commas, spaces or lines."))
        super().__init__(**kwargs)
        self.max_names = max_names
        self.limits = limits
        self.suggests = suggests

    def clean(self, value: Any) -> tuple[str, ...]:
        names = split_names(super().clean(value))
        if self.required and not names:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(names) > self.max_names:
            raise forms.ValidationError(
                _("These are %(count)d names; at most %(limit)d are taken at once.")
                % {"count": len(names), "limit": self.max_names}
            )
        return names


class LinesField(forms.CharField):
    """Text of several lines that clients get: its lines end as they were typed, not as HTML's."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class JsonObjectField(forms.CharField):
    """JSON text that must be an object; cleans to a dict, or None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
        )
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Json | None:
        text = super().clean(value)
        return parse_object(text) if text else None


def parse_object(text: str) -> Json:
    """The JSON object of a text.

    Raises:
        ValidationError: names the line and column of what is wrong.
    """
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as exc:
        place = {"line": exc.lineno, "column": exc.colno, "problem": exc.msg}
        raise forms.ValidationError(
            _("This is not JSON: line %(line)d, column %(column)d: %(problem)s.") % place
        ) from None
    except (ValueError, RecursionError):
        raise forms.ValidationError(_("JSON has no NaN or Infinity.")) from None
    if not isinstance(found, dict):
        raise forms.ValidationError(_('This must be a JSON object, as {"key": "value"}.'))
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def hours_field() -> forms.IntegerField:
    """For a choice of a duration that says: as many hours as here."""
    return forms.IntegerField(
        label=gettext_lazy("Hours"), min_value=1, max_value=24 * 3650, required=False
    )


class DurationForm(AppForm):
    """How long a mute lasts: a choice, or a number of hours."""

    duration = forms.ChoiceField(
        label=gettext_lazy("Duration"),
        choices=[
            ("1h", gettext_lazy("1 hour")),
            ("1d", gettext_lazy("1 day")),
            ("custom", gettext_lazy("Hours, below")),
            ("forever", gettext_lazy("For ever")),
        ],
        initial="1h",
    )
    hours = hours_field()

    def clean(self) -> dict[str, Any]:
        """Adds `duration_ms`; -1 is for ever."""
        data = super().clean() or self.cleaned_data
        choice = data.get("duration")
        if choice == "custom" and not data.get("hours") and "hours" not in self.errors:
            self.add_error("hours", _("Give a number of hours."))
        hours = {"1h": 1, "1d": 24, "custom": data.get("hours") or 0}.get(choice or "", 0)
        data["duration_ms"] = FOREVER if choice == "forever" else hours * HOUR_MS
        return data


def without(names: Iterable[str], *others: str) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)
