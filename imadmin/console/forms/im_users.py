"""Forms about IM users: making them, changing them, filtering the list."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.actions.im_users import MAX_NICKNAME
from accounts.actions.passwords import MAX_PASSWORD, make_password
from accounts.domain.ids import MAX_USERNAME_BYTES
from chat.domain.targets import ConversationKind, ToGroup, ToUser
from imadmin.console.actions.batches import Plan
from imadmin.console.forms.fields import (
    AppForm,
    NamesField,
    PlainField,
    RoomField,
    SecretInput,
    hours_field,
    search_field,
    size_field,
)
from imadmin.console.forms.sessions import kind_field

MAX_BATCH = 1000
MAX_CIRCLE = 20
# The fields of a mute as REST names them, and the kind of conversation each is about.
MUTE_KINDS: dict[str, ConversationKind] = {
    "chat": "pair",
    "groupchat": "group",
    "chatroom": "chatroom",
}

USERNAME_HELP = gettext_lazy("Letters, digits, _ . and -; stored in lower case.")


class UserFilterForm(AppForm):
    q = search_field(gettext_lazy("Username or nickname"))
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", pgettext_lazy("any state", "Any")),
            ("online", gettext_lazy("Online")),
            ("offline", gettext_lazy("Offline")),
            ("muted", gettext_lazy("Muted")),
            ("active", gettext_lazy("Not banned")),
            ("banned", gettext_lazy("Banned")),
        ],
    )
    queue = forms.BooleanField(label=gettext_lazy("Has a queue"), required=False)
    created = forms.ChoiceField(
        label=gettext_lazy("Created"),
        required=False,
        choices=[
            ("", pgettext_lazy("any time", "Any time")),
            ("1h", gettext_lazy("Last hour")),
            ("24h", gettext_lazy("Last 24 hours")),
            ("7d", gettext_lazy("Last 7 days")),
        ],
    )
    demo = forms.BooleanField(label=gettext_lazy("Demo users"), required=False)
    size = size_field()


class UserForm(AppForm):
    username = PlainField(
        label=gettext_lazy("Username"),
        max_length=MAX_USERNAME_BYTES,
        help_text=USERNAME_HELP,
        attrs={"data-lower": ""},
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=MAX_PASSWORD,
        strip=False,
        help_text=gettext_lazy("1 to 64 characters. The user's, for test clients to log in with."),
        widget=SecretInput(),
    )
    nickname = forms.CharField(
        label=gettext_lazy("Nickname"), max_length=MAX_NICKNAME, required=False
    )


class BatchForm(AppForm):
    """Names from a prefix and a range of numbers."""

    prefix = PlainField(  # type: ignore[assignment]
        label=gettext_lazy("Prefix"),
        max_length=56,
        initial="user",
        help_text=USERNAME_HELP,
        attrs={"data-lower": ""},
    )
    start = forms.IntegerField(
        label=pgettext_lazy("number", "From"), min_value=0, max_value=10_000_000, initial=1
    )
    end = forms.IntegerField(
        label=pgettext_lazy("number", "To"), min_value=0, max_value=10_000_000, initial=10
    )
    pad = forms.IntegerField(
        label=gettext_lazy("Digits"),
        min_value=0,
        max_value=8,
        initial=0,
        required=False,
        help_text=gettext_lazy("2 makes 01, 02, …; 0 pads nothing."),
    )
    password_mode = forms.ChoiceField(
        label=pgettext_lazy("how", "Passwords"),
        choices=[
            ("fixed", gettext_lazy("The same for all")),
            ("generate", gettext_lazy("Another for each")),
        ],
        initial="fixed",
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=MAX_PASSWORD,
        required=False,
        strip=False,
        widget=SecretInput(),
    )
    nickname_tpl = forms.CharField(
        label=gettext_lazy("Nickname"),
        max_length=MAX_NICKNAME,
        required=False,
        help_text=gettext_lazy("{n} stands for the number."),
    )
    befriend = forms.BooleanField(
        label=gettext_lazy("Make them all friends of each other (at most 20 users)"),
        required=False,
    )
    group = RoomField("group", label=gettext_lazy("Add to group"), required=False)
    room = RoomField("chatroom", label=gettext_lazy("Add to chatroom"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, end = data.get("start"), data.get("end")
        if start is not None and end is not None:
            count = end - start + 1
            if count < 1:
                self.add_error("end", _("This must not be below From."))
            elif count > MAX_BATCH:
                self.add_error("end", _("At most %(limit)d users at once.") % {"limit": MAX_BATCH})
            elif count > MAX_CIRCLE and data.get("befriend"):
                self.add_error(
                    "befriend",
                    _("At most %(limit)d users can be made friends of each other.")
                    % {"limit": MAX_CIRCLE},
                )
        if data.get("password_mode") == "fixed" and not data.get("password"):
            self.add_error("password", _("Give the password that all of them get."))
        return data

    def plan(self) -> Plan:
        """What the clean form asks for."""
        data = self.cleaned_data
        return Plan(
            prefix=data["prefix"],
            start=data["start"],
            end=data["end"],
            pad=data["pad"] or 0,
            nickname_tpl=data["nickname_tpl"],
            is_generated=data["password_mode"] == "generate",  # noqa: S105
            befriend=data["befriend"],
            group=data["group"],
            room=data["room"],
        )


class MuteField(forms.ChoiceField):
    """For how many seconds; empty changes nothing."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [
            ("", gettext_lazy("As it is")),
            ("0", gettext_lazy("Not muted")),
            ("3600", gettext_lazy("1 hour")),
            ("86400", gettext_lazy("1 day")),
            ("hours", gettext_lazy("Hours, below")),
            ("-1", gettext_lazy("For ever")),
        ]
        super().__init__(choices=choices, required=False, **kwargs)


class NicknameForm(AppForm):
    nickname = forms.CharField(
        label=gettext_lazy("Nickname"), max_length=MAX_NICKNAME, required=False
    )


class PasswordForm(AppForm):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=MAX_PASSWORD,
        required=False,
        strip=False,
        widget=SecretInput(),
    )
    generate = forms.BooleanField(
        label=gettext_lazy("Generate one and show it once"), required=False
    )
    end_sessions = forms.BooleanField(
        label=gettext_lazy("End this user's sessions"),
        required=False,
        help_text=gettext_lazy(
            "Clients are signed out and told that the password was changed; tokens stop working."
        ),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("generate"):
            data["password"] = make_password()
        elif not data.get("password") and "password" not in self.errors:
            self.add_error("password", _("Give a password, or let one be generated."))
        return data


BAN_S = {"1h": 3600, "1d": 86_400}


class BanForm(AppForm):
    duration = forms.ChoiceField(
        label=gettext_lazy("Duration"),
        choices=[
            ("forever", gettext_lazy("For ever")),
            ("1h", gettext_lazy("1 hour")),
            ("1d", gettext_lazy("1 day")),
        ],
        initial="forever",
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Kept in the audit."),
    )

    def clean(self) -> dict[str, Any]:
        """Adds `until`: None is for ever."""
        data = super().clean() or self.cleaned_data
        lasts_s = BAN_S.get(data.get("duration") or "")
        data["until"] = timezone.now() + timedelta(seconds=lasts_s) if lasts_s else None
        return data


class ProfileForm(AppForm):
    attribute = PlainField(
        label=gettext_lazy("Attribute"),
        max_length=100,
        help_text=gettext_lazy(
            "As clients read it: nickname, avatarurl, mail, phone, or your own."
        ),
    )
    value = forms.CharField(label=gettext_lazy("Value"), max_length=2048, required=False)


class MuteForm(AppForm):
    """One choice a kind of conversation; cleans to `seconds`, of those that were chosen."""

    chat = MuteField(label=gettext_lazy("One-to-one"))
    groupchat = MuteField(label=gettext_lazy("Groups"))
    chatroom = MuteField(label=gettext_lazy("Chatrooms"))
    hours = hours_field()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        asked = {kind: data[name] for name, kind in MUTE_KINDS.items() if data.get(name)}
        hours = data.get("hours") or 0
        if "hours" in asked.values() and not hours and "hours" not in self.errors:
            self.add_error("hours", _("Give a number of hours."))
        data["seconds"] = {
            kind: hours * 3600 if text == "hours" else int(text) for kind, text in asked.items()
        }
        if not data["seconds"] and not self.errors:
            self.add_error("chat", _("Choose at least one change."))
        return data


class ConversationForm(AppForm):
    """A line of a user's conversation list: three fields, or all in one (`line`: chat:name:id), as
    a row's button sends it."""

    chat = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[("user", gettext_lazy("User")), ("group", gettext_lazy("Group"))],
    )
    name = PlainField(label=gettext_lazy("Conversation"))
    up_to = forms.IntegerField(
        label=gettext_lazy("Message id"), min_value=1, max_value=(1 << 63) - 1
    )

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data and (line := data.get("line", "")):
            data = dict(zip(("chat", "name", "up_to"), line.split(":"), strict=False))
        super().__init__(data, *args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        name = data.get("name", "")
        data["place"] = ToGroup(name) if data.get("chat") == "group" else ToUser(name)
        return data


class QueueForm(AppForm):
    """Messages of a queue by id, or all; cleans to `ids`."""

    messages = NamesField(
        label=gettext_lazy("Message ids"), required=False, max_names=500, suggests=""
    )
    all = forms.BooleanField(label=gettext_lazy("All of them"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        given = data.get("messages") or ()
        if not all(one.isascii() and one.isdigit() and len(one) <= 19 for one in given):
            self.add_error("messages", _("A message id is a number of up to 19 digits."))
        elif not given and not data.get("all") and not self.errors:
            self.add_error("messages", _("Name messages, or tick all of them."))
        else:
            data["ids"] = {int(one) for one in given}
        return data


class ForceOfflineForm(AppForm):
    device = PlainField(
        label=gettext_lazy("Device"),
        max_length=128,
        required=False,
        help_text=gettext_lazy("Empty: every device, and the user's tokens stop working."),
    )
    kind = kind_field("admin")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].required = False
        self.fields["kind"].help_text = _("Tokens stop working only where an admin ended it.")


class ConfirmForm(AppForm):
    """Nothing to fill in: the page says what will happen."""


class BulkForm(AppForm):
    """Each act takes its own field (views.im_user_bulk)."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Kept in the audit."),
    )
    group = RoomField("group", label=gettext_lazy("Group id"))
    chatroom = RoomField("chatroom", label=gettext_lazy("Chatroom id"))
