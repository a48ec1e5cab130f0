"""The message log's filter, that of a message's receivers, and how a message is recalled."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chat.domain.bodies import BODY_TYPES
from imadmin.console.forms.fields import AppForm, PlainField, RoomField, UserField
from imadmin.console.forms.messages import TYPE_WORDS
from imadmin.console.queries.delivery import Wanted

Json = dict[str, Any]
SPANS = {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "24h": timedelta(days=1)}
DAY = timedelta(days=1)
STAGE_WORDS = [
    ("missed", gettext_lazy("offline, not kept")),
    ("queued", pgettext_lazy("delivery", "queued")),
    ("pending", gettext_lazy("not confirmed yet")),
    ("confirmed", pgettext_lazy("delivery", "confirmed")),
    ("read", pgettext_lazy("delivery", "read")),
]


class MinuteField(forms.DateTimeField):
    """A moment of the operator's time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **kwargs)


class MessageFilterForm(AppForm):
    since = forms.ChoiceField(
        label=gettext_lazy("Time"),
        required=False,
        choices=[
            ("1h", gettext_lazy("Last hour")),
            ("15m", gettext_lazy("Last 15 minutes")),
            ("24h", gettext_lazy("Last 24 hours")),
            ("custom", gettext_lazy("From … to …")),
            ("all", gettext_lazy("All that is kept")),
        ],
    )
    begin = MinuteField(label=gettext_lazy("From time"))
    end = MinuteField(label=gettext_lazy("To time"))
    sender = UserField(label=pgettext_lazy("message", "From"), required=False, is_filter=True)
    to = UserField(label=gettext_lazy("To user"), required=False, is_filter=True)
    room = RoomField(
        "room", label=gettext_lazy("Group or chatroom"), required=False, is_filter=True
    )
    chat = forms.ChoiceField(
        label=gettext_lazy("Chat"),
        required=False,
        choices=[
            ("", pgettext_lazy("any chat", "Any")),
            ("pair", gettext_lazy("One-to-one")),
            ("group", gettext_lazy("Group")),
            ("chatroom", gettext_lazy("Chatroom")),
        ],
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        required=False,
        choices=[
            ("", pgettext_lazy("any type", "Any")),
            *((one, TYPE_WORDS[one]) for one in BODY_TYPES),
        ],
    )
    id = PlainField(
        label=gettext_lazy("Message id"),
        max_length=19,
        required=False,
        attrs={"data-focus-filter": ""},
    )
    text = forms.CharField(label=gettext_lazy("Text contains"), max_length=100, required=False)
    ext_key = PlainField(
        label=gettext_lazy("Key of ext"),
        required=False,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", pgettext_lazy("any state", "Any")),
            ("queued", pgettext_lazy("delivery", "queued")),
            ("delivered", gettext_lazy("delivered to somebody")),
            ("read", gettext_lazy("read by somebody")),
            ("edited", gettext_lazy("edited")),
            ("recalled", gettext_lazy("recalled")),
        ],
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        required=False,
        choices=[
            ("", pgettext_lazy("any source", "Any")),
            ("client", pgettext_lazy("source", "client")),
            ("rest", "REST"),
            ("console", pgettext_lazy("source", "console")),
            ("scenario", pgettext_lazy("source", "scenario")),
        ],
    )
    # No index knows these: they are looked for within a day.
    SLOW = ("text", "ext_key", "state", "source")

    def clean(self) -> Json:
        data = super().clean() or self.cleaned_data
        begin, end = self.range
        if begin and end and end <= begin:
            self.add_error("end", _("This is before the beginning."))
        is_long = begin is None or (end or timezone.now()) - begin > DAY + timedelta(minutes=1)
        for name in self.SLOW:
            if data.get(name) and data[name] != "recalled" and is_long and not data.get("id"):
                self.add_error(name, _("This is searched within 24 hours at most: choose a time."))
        return data

    @property
    def range(self) -> tuple[datetime | None, datetime | None]:
        """From when to when; None: no bound."""
        since = self.cleaned_data.get("since") or "1h"
        if since == "custom":
            return self.cleaned_data.get("begin"), self.cleaned_data.get("end")
        span = SPANS.get(since)
        return (timezone.now() - span if span else None), None


def wanted_of(query: QueryDict) -> Wanted:
    """Which receivers a page shows, by `?stage=` and `?name=`."""
    stage = query.get("stage", "")
    known = stage if stage in dict(STAGE_WORDS) else ""
    return Wanted(known, query.get("name", "").strip().lower()[:64])


class RecallForm(AppForm):
    force = forms.BooleanField(label=gettext_lazy("Also when its time is over"), required=False)
