"""The form of set-up: the code, the first operator, the first app."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imadmin.console.forms.im_apps import app_field, check_org, org_field
from imadmin.console.forms.operators import JoinForm


class SetupForm(JoinForm):
    """`apps` are those that exist already: then one of them may be taken instead of a new one."""

    code = forms.CharField(
        label=_("Set-up code"), max_length=64,
        help_text=_("Printed when the server started; manage.py setup_code makes a new one."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    adopt = forms.ChoiceField(label=_("App"), required=False)
    org = org_field(required=False)
    app = app_field(required=False)
    demo_data = forms.BooleanField(
        label=_("Load demo data"), required=False, initial=True,
        help_text=_("Users demo1 to demo4 (password 123456), a group, a chatroom, 30 messages."),
    )  # fmt: skip
    field_order = ("code", "name", "password", "password_again", "language", "time_zone",
                   "adopt", "org", "app", "demo_data")  # fmt: skip

    def __init__(self, *args: Any, apps: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.apps = apps
        if apps:
            new = ("", _("A new app, named below"))
            adopt = self.fields["adopt"]
            assert isinstance(adopt, forms.ChoiceField)
            adopt.choices = [*((appkey, appkey) for appkey in apps), new]
            adopt.initial = apps[0]  # else the browser shows the last one as chosen
        else:
            del self.fields["adopt"]
            self.fields["org"].required = self.fields["app"].required = True

    def clean_org(self) -> str:
        return check_org(self.cleaned_data["org"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("adopt"):
            for name in ("org", "app"):
                if name not in self.errors and not data.get(name):
                    self.add_error(name, _("A new app needs this."))
        return data
