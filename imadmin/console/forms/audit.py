"""The filter of the audit."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.queries.audit import ALL, AuditFilter

VIAS = ("console", "rest", "command", "scenario", "native", "msync", "xmpp", "system")


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            **kwargs,
        )  # fmt: skip


class AuditFilterForm(forms.Form):
    actor = forms.CharField(label=_("Actor"), required=False, max_length=100)
    action = forms.CharField(
        label=_("Action"), required=False, max_length=48,
        widget=forms.TextInput(attrs={"placeholder": "user.", "spellcheck": "false"}),
    )  # fmt: skip
    target = forms.CharField(label=_("Target"), required=False, max_length=100)
    via = forms.ChoiceField(
        label=_("Way"), required=False, choices=[("", _("Any")), *((v, v) for v in VIAS)]
    )
    since = DayField(label=_("From day"))
    until = DayField(label=_("To day"))
    denied = forms.BooleanField(label=_("Denied only"), required=False)

    def wanted(self) -> AuditFilter:
        """What it asks for; days are those of the operator's time zone, both included."""
        if not self.is_valid():
            return ALL
        data = dict(self.cleaned_data)
        since, until = data.pop("since"), data.pop("until")
        return AuditFilter(
            **data,
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
        )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
