"""Forms of webhook rules and the filters of their deliveries."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.domain.actor import AppRef
from chat.webhooks.listing import STATES, WebhookInfo
from chat.webhooks.outbound import ForbiddenAddress, judge
from chat.webhooks.rules import MESSAGE_KINDS, MUC_OPERATIONS, ROSTER_OPERATIONS, USER_STATUS
from imadmin.console.forms.fields import (
    PLAIN,
    SEPARATORS,
    AppForm,
    NamesField,
    PlainField,
    RoomIdsField,
)

Json = dict[str, Any]
Text = str | Promise

LINES = 50
FAMILY_WORDS: dict[str, Text] = {
    "chat": gettext_lazy("One-to-one messages"),
    "groupchat": gettext_lazy("Group messages"),
    "chatroom": gettext_lazy("Chatroom messages"),
    "recall": gettext_lazy("Recalls"),
    "read_ack": gettext_lazy("Read receipts"),
    "delivery_ack": gettext_lazy("Delivery receipts"),
    "edit": gettext_lazy("Edits of messages"),
    "notify": gettext_lazy("Reactions"),
    "muc": gettext_lazy("Changes of groups and chatrooms"),
    "roster": gettext_lazy("Changes of friends"),
    "userStatus": gettext_lazy("Log-in status"),
}
KINDS: dict[str, tuple[str, ...]] = {
    "chat": MESSAGE_KINDS,
    "groupchat": MESSAGE_KINDS,
    "chatroom": MESSAGE_KINDS,
    "muc": tuple(MUC_OPERATIONS.values()),
    "roster": ROSTER_OPERATIONS,
    "userStatus": USER_STATUS,
}
STATE_WORDS: dict[str, Text] = {
    "waiting": gettext_lazy("waiting"),
    "sent": pgettext_lazy("delivery", "answered"),
    "failed": gettext_lazy("failed"),
    "held": gettext_lazy("not sent"),
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One check box of the selectors."""

    value: str
    label: Text
    id: str
    is_checked: bool


@dataclass(frozen=True, slots=True)
class TickGroup:
    """A family of events and its kinds; open when one of them is ticked."""

    whole: Tick
    kinds: list[Tick]
    is_open: bool


class WebhookForm(AppForm):
    name = PlainField(label=gettext_lazy("Name"), max_length=32)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            ("post", gettext_lazy("After sending: is told what happened")),
            ("pre", gettext_lazy("Before sending: may refuse or change a client's message")),
        ],
        initial="post",
        widget=forms.RadioSelect,
    )
    url = PlainField(
        label=gettext_lazy("Address"),
        max_length=1024,
        help_text=gettext_lazy("http or https. It must answer with status 200."),
        attrs={"inputmode": "url"},
    )
    selectors = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[
            (value, value)
            for family in FAMILY_WORDS
            for value in (family, *(f"{family}:{kind}" for kind in KINDS.get(family, ())))
        ],
        initial=["chat", "groupchat", "chatroom"],
    )
    include_rest = forms.BooleanField(
        label=gettext_lazy("Also messages that were sent by REST"), required=False, initial=True
    )
    wait_ms = forms.IntegerField(
        label=gettext_lazy("Waits for an answer"),
        min_value=50,
        max_value=5000,
        initial=200,
        help_text=gettext_lazy("50 to 5000 ms, before sending only. After sending it is 10 s."),
    )
    pass_by_default = forms.BooleanField(
        label=gettext_lazy("Without a good answer the message passes"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Otherwise it is refused."),
    )
    report_to_sender = forms.BooleanField(
        label=gettext_lazy("The sender is told of a refusal"), required=False, initial=True
    )
    from_names = NamesField(label=gettext_lazy("From users"), required=False, max_names=LINES)
    to_names = NamesField(label=gettext_lazy("To users"), required=False, max_names=LINES)
    room_ids = RoomIdsField(label=gettext_lazy("In groups or chatrooms"), required=False)
    ext_keys = forms.CharField(
        label=gettext_lazy("With a key in ext"),
        required=False,
        help_text=gettext_lazy("One key a line."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("Enabled"),
        required=False,
        help_text=gettext_lazy("Better tested first: a rule is tested while it is off, too."),
    )

    def clean_url(self) -> str:
        """An address that may not be called is refused beside its field."""
        url = str(self.cleaned_data["url"])
        try:
            judge(url, allow_private=settings.WEBHOOKS_MAY_CALL_PRIVATE_ADDRESSES)
        except ForbiddenAddress as exc:
            raise forms.ValidationError(
                _("This address is not called: %(why)s") % {"why": exc}
            ) from None
        return url

    def clean_room_ids(self) -> tuple[str, ...]:
        return self._distinct(SEPARATORS.split(self.cleaned_data["room_ids"]))

    def clean_ext_keys(self) -> tuple[str, ...]:
        return self._distinct(self.cleaned_data["ext_keys"].splitlines())

    def _distinct(self, texts: list[str]) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
        if len(found) > LINES:
            raise forms.ValidationError(_("At most %(limit)d values.") % {"limit": LINES})
        return found

    def fields_of_rule(self) -> Json:
        """The clean data as chat.actions.webhooks takes it."""
        data = dict(self.cleaned_data)
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in data.items()
        }

    def groups(self) -> list[TickGroup]:
        """The check boxes of the selectors, by family."""
        ticked = set(self["selectors"].value() or ())
        return [self._group(family, ticked) for family in FAMILY_WORDS]

    def _group(self, family: str, ticked: set[str]) -> TickGroup:
        def tick(value: str, label: Text) -> Tick:
            return Tick(value, label, f"id_on_{value.replace(':', '_')}", value in ticked)

        kinds = [tick(f"{family}:{kind}", kind) for kind in KINDS.get(family, ())]
        is_open = any(kind.is_checked for kind in kinds)
        return TickGroup(tick(family, FAMILY_WORDS[family]), kinds, is_open)


def initial_of(hook: WebhookInfo) -> Json:
    """A rule as the form shows it."""
    return {
        "name": hook.name,
        "kind": hook.kind,
        "url": hook.url,
        "selectors": list(hook.selectors),
        "include_rest": hook.include_rest,
        "wait_ms": hook.wait_ms,
        "pass_by_default": hook.pass_by_default,
        "report_to_sender": hook.report_to_sender,
        "from_names": "\n".join(hook.from_names),
        "to_names": "\n".join(hook.to_names),
        "room_ids": "\n".join(hook.room_ids),
        "ext_keys": "\n".join(hook.ext_keys),
        "enabled": hook.is_enabled,
    }


class DeliveryFilterForm(AppForm):
    """The rules are those of the app."""

    rule = forms.ChoiceField(label=gettext_lazy("Rule"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", pgettext_lazy("any state", "Any")), *((s, STATE_WORDS[s]) for s in STATES)],
    )
    selector = PlainField(
        label=gettext_lazy("Event"),
        required=False,
        max_length=48,
        attrs={"placeholder": "muc:create"},
    )
    id = forms.IntegerField(
        label=gettext_lazy("Message id"),
        required=False,
        min_value=1,
        max_value=(1 << 63) - 1,
        widget=forms.TextInput(attrs={**PLAIN, "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, app: AppRef, hooks: list[WebhookInfo], **kwargs: Any) -> None:
        super().__init__(*args, app=app, **kwargs)
        rules = [(str(hook.id), hook.name) for hook in hooks]
        self.fields["rule"].choices = [("", pgettext_lazy("any rule", "Any")), *rules]  # type: ignore[attr-defined]
