"""Forms of sign-in, an invitation and the operator's own account."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Operator

# One name a region is enough for a menu; the rest can be typed.
ZONES = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
THEMES = [("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
DENSITIES = [("compact", _("Compact")), ("comfortable", _("Comfortable"))]


def _password_input(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete}, render_value=False)


class ZoneField(forms.CharField):
    """An IANA time zone, with suggestions by a datalist."""

    def __init__(self) -> None:
        attrs = {"list": "zones", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(
            label=_("Time zone"), max_length=64, initial="UTC", widget=forms.TextInput(attrs=attrs)
        )

    def clean(self, value: Any) -> str:
        zone = str(super().clean(value))
        if zone not in zoneinfo.available_timezones():
            raise ValidationError(_("There is no time zone of this name, such as Asia/Shanghai."))
        return zone


class SignInForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("person", "Operator name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=_password_input("current-password")
    )
    remember = forms.BooleanField(label=_("Stay signed in for 14 days"), required=False)


class NewPasswordMixin(forms.Form):
    """`password` twice, by Django's validators."""

    password = forms.CharField(
        label=_("New password"), strip=False, widget=_password_input("new-password"),
        help_text=_("At least 10 characters, and not a common one."),
    )  # fmt: skip
    password_again = forms.CharField(
        label=_("New password, again"), strip=False, widget=_password_input("new-password")
    )

    def operator_for_checks(self) -> Operator:
        """Whose name the password must not resemble."""
        raise ValueError("a form with a password says whose it is")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, second = data.get("password"), data.get("password_again")
        if first:
            try:
                validate_password(first, self.operator_for_checks())
            except ValidationError as exc:
                self.add_error("password", exc)
        if first and second and first != second:
            self.add_error("password_again", _("The two passwords differ."))
        return data


class PasswordForm(NewPasswordMixin):
    current = forms.CharField(
        label=_("Current password"), strip=False, widget=_password_input("current-password")
    )
    field_order = ("current", "password", "password_again")

    def __init__(self, *args: Any, operator: Operator, **kwargs: Any) -> None:
        self.operator = operator
        super().__init__(*args, **kwargs)

    def operator_for_checks(self) -> Operator:
        return self.operator


ROLES = [
    ("viewer", pgettext_lazy("role", "viewer")),
    ("operator", pgettext_lazy("role", "operator")),
    ("owner", pgettext_lazy("role", "owner")),
]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, initial="viewer")


class MemberForm(RoleForm):
    """An operator who exists, and the role."""

    name = forms.CharField(
        label=pgettext_lazy("person", "Operator name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("name", "role")


class InvitationForm(RoleForm):
    """For which app, as what; without an app one joins and sees nothing yet."""

    app = forms.ChoiceField(label=_("App"), required=False)
    field_order = ("app", "role")

    def __init__(self, *args: Any, apps: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["app"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("None yet")), *((appkey, appkey) for appkey in apps)]


class JoinForm(NewPasswordMixin):
    """A new operator's own account, by an invitation."""

    name = forms.CharField(
        label=pgettext_lazy("person", "Operator name"), max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = ZoneField()
    field_order: tuple[str, ...] = ("name", "password", "password_again", "language", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.attrs["data-guess-zone"] = "yes"

    def operator_for_checks(self) -> Operator:
        return Operator(name=self.cleaned_data.get("name", ""))


class NewPasswordForm(NewPasswordMixin):
    """A password for somebody who lost theirs."""

    def __init__(self, *args: Any, operator: Operator, **kwargs: Any) -> None:
        self.operator = operator
        super().__init__(*args, **kwargs)

    def operator_for_checks(self) -> Operator:
        return self.operator


class ProfileForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser")), *settings.LANGUAGES],
    )
    time_zone = ZoneField()
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES)
    density = forms.ChoiceField(label=_("Density"), choices=DENSITIES)
    shortcuts = forms.BooleanField(
        label=_("Keyboard shortcuts"), required=False,
        help_text=_("Single keys; never while you type into a field."),
    )  # fmt: skip
