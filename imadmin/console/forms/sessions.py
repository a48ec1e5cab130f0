"""Forms of live connections: the filters of the list, and how one is ended."""

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from imadmin.console.forms.fields import AppForm, PlainField, UserField

WIRES = (("xmpp", "XMPP (Web 1.x)"), ("msync", "MSYNC (3.x, 4.x)"), ("native", "native"))


class SessionFilterForm(AppForm):
    user = UserField(required=False, is_filter=True, attrs={"data-focus-filter": ""})
    client = PlainField(
        label=gettext_lazy("Client or SDK"),
        required=False,
    )
    wire = forms.ChoiceField(
        label=gettext_lazy("Generation"),
        required=False,
        choices=[("", pgettext_lazy("any generation", "Any")), *WIRES],
    )
    address = PlainField(
        label=gettext_lazy("Network address"),
        required=False,
        max_length=45,
    )
    idle = forms.ChoiceField(
        label=gettext_lazy("Silent"),
        required=False,
        choices=[
            ("", pgettext_lazy("any silence", "Any")),
            ("45", gettext_lazy("over 45 s")),
            ("75", gettext_lazy("over 75 s")),
        ],
    )
    by_user = forms.BooleanField(label=gettext_lazy("Group by user"), required=False)


class CloseForm(AppForm):
    refuse_for = forms.IntegerField(
        label=gettext_lazy("Refuse the user's log-ins for (seconds)"),
        min_value=0,
        max_value=3600,
        initial=60,
        required=False,
        help_text=gettext_lazy(
            "0: clients come back by themselves. Longer than they try: they give up and show it"
            " (type 16 in Web SDKs)."
        ),
    )

    def clean_refuse_for(self) -> int:
        return self.cleaned_data["refuse_for"] or 0


def kind_field(initial: str) -> forms.ChoiceField:
    """What a client is told that is kicked: one of chat.actions.sessions.KICKS."""
    return forms.ChoiceField(
        label=gettext_lazy("What the client sees"),
        choices=[
            ("other", gettext_lazy("Another log-in took its place (XMPP: type 8; MSYNC: 206)")),
            ("admin", gettext_lazy("An admin ended it (XMPP: type 8; MSYNC: 217)")),
            ("removed", gettext_lazy("The account was removed (pretended; MSYNC: 207)")),
            ("password", gettext_lazy("The password was changed (pretended; MSYNC: 216)")),
        ],
        initial=initial,
        widget=forms.RadioSelect,
    )


class KickForm(AppForm):
    kind = kind_field("other")
