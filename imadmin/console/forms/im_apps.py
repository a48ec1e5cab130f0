"""Forms of apps and their credentials."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.domain.ids import RESERVED_ORGS
from imadmin.console.forms.fields import search_field

ORG = RegexValidator(
    r"\A[A-Za-z0-9_-]{1,64}\Z", _("Use 1 to 64 letters, digits, hyphens and underscores.")
)
APP = RegexValidator(
    r"\A[a-z0-9-]{1,32}\Z", _("Use 1 to 32 lower-case letters, digits and hyphens.")
)
ENVIRONMENTS = [("test", _("test")), ("live", _("live"))]
GRACES = [
    ("0", _("Stops at once")),
    ("3600", _("Stays valid for 1 hour")),
    ("86400", _("Stays valid for 24 hours")),
]


def org_field(*, required: bool = True, suggests: str = "") -> forms.CharField:
    """`suggests` is the id of a datalist of those that exist."""
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
    if suggests:
        attrs["list"] = suggests
    return forms.CharField(
        label=_("Organisation"),
        max_length=64,
        required=required,
        validators=[ORG],
        widget=forms.TextInput(attrs=attrs),
    )


def app_field(*, required: bool = True) -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
    return forms.CharField(
        label=_("App name"),
        max_length=32,
        required=required,
        validators=[APP],
        widget=forms.TextInput(attrs=attrs),
    )


def check_org(org: str) -> str:
    """A clash with our own addresses is said beside the field, before the action refuses it."""
    if org.lower() in RESERVED_ORGS:
        raise forms.ValidationError(_("The organisation name %(org)s is reserved.") % {"org": org})
    return org


class AppFilterForm(forms.Form):
    q = search_field(_("Appkey or display name"))


class NewAppForm(forms.Form):
    org = org_field(suggests="orgs")
    app = app_field()
    display_name = forms.CharField(label=_("Display name"), max_length=32, required=False)
    description = forms.CharField(
        label=_("Description"),
        max_length=512,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=ENVIRONMENTS,
        help_text=_("A live app is marked in red; tests that break things stay off there."),
    )
    open_registration = forms.BooleanField(
        label=_("Open registration"),
        required=False,
        help_text=_("Clients may register users without a token. Off: only your server may."),
    )

    def clean_org(self) -> str:
        return check_org(self.cleaned_data["org"])


class RotateForm(forms.Form):
    grace = forms.ChoiceField(label=_("The old secret"), choices=GRACES, initial="0")

    def grace_s(self) -> int:
        return int(self.cleaned_data["grace"])
