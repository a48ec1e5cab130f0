"""What to play, and on which wires."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.im_users import find_users
from imadmin.console.forms.fields import AppForm
from imadmin.console.forms.sessions import WIRES
from imadmin.console.scenarios.runner import DEMO_CAST


class RunForm(AppForm):
    wires = forms.MultipleChoiceField(
        label=gettext_lazy("Generation"),
        choices=WIRES,
        initial=[wire for wire, _label in WIRES],
        widget=forms.CheckboxSelectMultiple,
    )
    keep = forms.BooleanField(
        label=gettext_lazy("Keep the data"),
        required=False,
        help_text=gettext_lazy("Users, groups and chatrooms of the run stay, to look at."),
    )
    reuse_demo = forms.BooleanField(
        label=gettext_lazy("Play with demo1 to demo3"),
        required=False,
        help_text=gettext_lazy("Instead of users made for the run."),
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("reuse_demo"):
            missing = [name for name in DEMO_CAST if name not in find_users(self.app, DEMO_CAST)]
            if missing:
                raise forms.ValidationError(
                    _("There is no user %(name)s: load the demo data first.")
                    % {"name": ", ".join(missing)}
                )
        return found
