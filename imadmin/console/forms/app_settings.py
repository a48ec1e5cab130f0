"""An app's switches and limits as a form: what each changes for clients, and its default."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.actions.im_apps import MAX_DESCRIPTION, MAX_DISPLAY_NAME
from accounts.domain.app_settings import MAX_NUMBER, AppSettings
from imadmin.console.forms.fields import AppForm, LinesField
from imadmin.console.forms.im_apps import ENVIRONMENTS

Text = str | Promise
DAY_S = 86_400


@dataclass(frozen=True)
class Setting:
    """`unit` stands behind a number's field; `low` and `high` are the values that it may take."""

    name: str
    label: Text
    help: Text = ""
    unit: Text = ""
    low: int = 0
    high: int = MAX_NUMBER


@dataclass(frozen=True)
class Group:
    key: str
    title: Text
    settings: tuple[Setting, ...]


_SECONDS, _BYTES, _PER_S, _PER_MIN = (
    _("seconds"),
    _("bytes"),
    _("a second"),
    _("a minute"),
)

GROUPS = (
    Group("sign-in", _("Signing in"), (
        Setting("open_registration", _("Open registration"),
                _("Clients may register users without a token.")),
        Setting("token_ttl_s", _("Tokens live"),
                _("For tokens made without a time of their own; 0: for ever."), _SECONDS),
        Setting("max_devices", _("Devices a user"),
                _("Over all platforms. One more displaces the oldest: its client gets 206."),
                low=1, high=100),
        Setting("refuse_devices", _("Refuse one device too many"),
                _("The newcomer's log-in fails instead, and the others stay.")),
    )),
    Group("messages", _("Messages"), (
        Setting("recall_enabled", _("Recalling"), _("Off: clients get an error.")),
        Setting("recall_window_s", _("Recall within"),
                _("Later a client's recall is refused; the server may force it."), _SECONDS,
                high=7 * DAY_S),
        Setting("edit_enabled", _("Editing"), _("Off: clients get an error.")),
        Setting("max_edits", _("Edits a message"), high=100),
        Setting("reactions_enabled", _("Reactions")),
        Setting("max_reactions", _("Different reactions a message"), low=1, high=100),
        Setting("max_message_bytes", _("Longest message"),
                _("Longer ones are refused."), _BYTES, low=128,
                high=1024 * 1024),
        Setting("broadcast_enabled", _("Broadcasts to the whole app")),
        Setting("presence_enabled", _("Presence subscriptions")),
    )),
    Group("people", _("Friends and block lists"), (
        Setting("friends_only", _("Only friends may write to each other"),
                _("A stranger's message is refused: 221 in SDK 4.x.")),
        Setting("max_contacts", _("Friends a user"), low=1),
        Setting("max_blocks", _("Names on a block list"), low=1),
        Setting("max_profile_bytes", _("Attributes of a user"), unit=_BYTES, low=128),
        Setting("max_profiles_mib", _("Attributes of all users"), unit="MiB", low=1),
        Setting("max_presence_subscriptions", _("Presence subscriptions a user"), low=1),
    )),
    Group("rooms", _("Groups and chatrooms"), (
        Setting("history_before_join", _("New members read older messages"),
                _("Off: their history begins when they join.")),
        Setting("room_history", _("Keep chatroom messages"),
                _("Off: they can be fetched for an hour only.")),
        Setting("room_grace_s", _("Leave a chatroom after being offline for"),
                _("A client that comes back in time is still in it."), _SECONDS, high=DAY_S),
        Setting("group_max_members", _("Members of a group"), low=1),
        Setting("room_max_members", _("Members of a chatroom"), low=1),
        Setting("group_max_admins", _("Admins of a group")),
        Setting("max_joined_groups", _("Groups a user may join"), low=1),
    )),
    Group("threads", _("Threads"), (
        Setting("threads_enabled", _("Threads of group messages"), _("Off: clients get an error.")),
        Setting("max_threads", _("Threads of a group"), low=1),
        Setting("max_joined_threads", _("Threads a user may join"), low=1),
        Setting("max_thread_name", _("Longest name"), "", _("characters"), low=1),
        Setting("max_thread_page", _("Threads on a page"), low=1),
        Setting("max_thread_batch", _("Threads asked about at once"), low=1),
    )),
    Group("storage", _("Storage and files"), (
        Setting("retention_days", _("Messages and files are kept"),
                _("Offline messages too; 0: for ever."), _("days"), high=36_500),
        Setting("max_file_bytes", _("Largest file"), _("Larger uploads are refused."),
                _BYTES, low=1024),
        Setting("console_upload_bytes", _("Largest file sent from the console"), "", _BYTES,
                low=1024),
        Setting("anonymous_upload", _("Upload without a token"),
                _("For old mini-programs, whose uploads carry none.")),
        Setting("enforce_share_secret", _("Demand the share-secret of files"),
                _("A plain image tag then shows nothing.")),
        Setting("bodies_visible_to_viewers", _("Viewers see message bodies"),
                _("In this console.")),
        Setting("export_utc_offset_h", _("Hours of history files are of UTC+"), "",
                _("hours"), low=-12, high=14),
    )),
    Group("quotas", _("Quotas"), (
        Setting("max_users", _("Users"), _("0: no quota.")),
        Setting("max_online_users", _("Users online at once"), _("0: no quota.")),
        Setting("max_daily_users", _("Users active in a day"), _("0: no quota.")),
        Setting("max_monthly_users", _("Users active in a month"), _("0: no quota.")),
    )),
    Group("calls", _("One REST call"), (
        Setting("max_batch_users", _("Users registered at once"), low=1, high=1000),
        Setting("max_batch_members", _("Members added or removed at once"), low=1, high=1000),
        Setting("max_targets_users", _("Users that a message goes to"), low=1),
        Setting("max_targets_groups", _("Groups that a message goes to"), low=1),
        Setting("max_targets_rooms", _("Chatrooms that a message goes to"), low=1),
    )),
    Group("rates", _("Rate limits of REST"), (
        Setting("rate_limits_enabled", _("Limit rates"),
                _("Off: tests are not slowed down. On: a call too many answers 429.")),
        Setting("rate_calls_s", _("Calls without a limit of their own"), unit=_PER_S, low=1),
        Setting("rate_token_s", _("Token calls"), unit=_PER_S, low=1),
        Setting("rate_delete_users_s", _("Deleting users"), unit=_PER_S, low=1),
        Setting("rate_batch_status_s", _("Online states of several users"), unit=_PER_S, low=1),
        Setting("rate_blocks_s", _("Block lists"), unit=_PER_S, low=1),
        Setting("rate_presence_s", _("Presence"), unit=_PER_S, low=1),
        Setting("rate_joined_groups_s", _("Joined groups"), unit=_PER_S, low=1),
        Setting("rate_push_templates_s", _("Push templates"), unit=_PER_S, low=1),
        Setting("rate_user_messages_s", _("Messages to users"), unit=_PER_S, low=1),
        Setting("rate_group_messages_s", _("Messages to groups"), unit=_PER_S, low=1),
        Setting("rate_room_messages_s", _("Messages to chatrooms"), unit=_PER_S, low=1),
        Setting("rate_broadcasts_min", _("Broadcasts"), unit=_PER_MIN, low=1),
        Setting("rate_broadcasts_day", _("Broadcasts"), unit=_("a day"), low=1),
        Setting("rate_exports_min", _("History files"), unit=_PER_MIN, low=1),
        Setting("rate_conversation_removals_min", _("Removed conversations of a user"),
                unit=_PER_MIN, low=1),
    )),
)  # fmt: skip
_NAMED = {one.name for group in GROUPS for one in group.settings}
# What has no words here yet is shown under its own name.
_OTHERS = tuple(
    Setting(one.name, one.name) for one in fields(AppSettings) if one.name not in _NAMED
)
ALL_GROUPS = (*GROUPS, *([Group("others", _("Others"), _OTHERS)] if _OTHERS else []))
SETTINGS = {one.name: one for group in ALL_GROUPS for one in group.settings}
TEXTS = ("display_name", "description", "environment")


@dataclass(frozen=True)
class Shown:
    """One setting in the page."""

    field: BoundField
    unit: Text
    default: str
    is_default: bool


class AppSettingsForm(AppForm):
    """A hidden copy of what the page showed tells what it changed, whoever changed the rest."""

    display_name = forms.CharField(
        label=_("Display name"), max_length=MAX_DISPLAY_NAME, required=False
    )
    description = LinesField(
        label=_("Description"), max_length=MAX_DESCRIPTION, required=False, rows=2
    )
    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=ENVIRONMENTS,
        help_text=_("A live app is marked in red; tests that break things stay off there."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in SETTINGS.values():
            self.fields[one.name] = _field_of(one)
        if self.is_bound:
            # What the page showed, not what is stored now: only what it changed is changed.
            self.initial = {**self.initial, **asdict(AppSettings()), **_shown(self.data)}

    @property
    def before(self) -> str:
        """The values as the page shows them, less the defaults, for its hidden field."""
        texts = {name: self.initial[name] for name in TEXTS}
        return json.dumps({**texts, **self.app.settings.to_json()}, ensure_ascii=False)

    @property
    def groups(self) -> Iterator[tuple[Group, list[Shown], int]]:
        """For the page: each group, its settings, and how many differ from their default."""
        now = self.app.settings
        for group in ALL_GROUPS:
            shown = [
                Shown(
                    self[one.name],
                    one.unit,
                    _default_word(one.name),
                    getattr(now, one.name) == _default(one.name),
                )
                for one in group.settings
            ]
            yield group, shown, sum(not one.is_default for one in shown)

    def changes(self) -> tuple[dict[str, str], dict[str, object]]:
        """The texts and the settings that this page changed."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        texts = {name: value for name, value in changed.items() if name in TEXTS}
        return texts, {name: value for name, value in changed.items() if name in SETTINGS}


class ConfirmAppForm(AppForm):
    """The appkey, typed."""

    appkey = forms.CharField(
        label=_("Type the appkey to confirm"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_appkey(self) -> str:
        typed = str(self.cleaned_data["appkey"]).strip()
        if typed != str(self.app.appkey):
            raise forms.ValidationError(gettext("This is not the appkey of this app."))
        return typed


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the hidden field says, of the names that there are."""
    try:
        shown = json.loads(data.get("before", "{}"))
    except ValueError:
        return {}
    names = (*TEXTS, *SETTINGS)
    return {k: v for k, v in shown.items() if k in names} if isinstance(shown, dict) else {}


def _default(name: str) -> Any:
    return getattr(AppSettings(), name)


def _default_word(name: str) -> str:
    value = _default(name)
    if isinstance(value, bool):
        return pgettext("switch", "on") if value else pgettext("switch", "off")
    return str(value)


def _field_of(one: Setting) -> forms.Field:
    words: dict[str, Any] = {"label": one.label, "help_text": one.help}
    if isinstance(_default(one.name), bool):
        return forms.BooleanField(required=False, **words)
    return forms.IntegerField(min_value=one.low, max_value=one.high, **words)
