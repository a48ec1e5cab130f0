"""Every setting of an app in words, by the part of the product that it belongs to. What clients
see of each is in `setting_notes`."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.domain.app_settings import MAX_NUMBER

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
    """`part`: the page that shows it, which is a part of the settings' page."""

    key: str
    title: Text
    settings: tuple[Setting, ...]
    part: str = ""


_SECONDS, _BYTES, _CHARACTERS, _PER_S, _PER_MIN = (
    _("seconds"),
    _("bytes"),
    _("characters"),
    _("a second"),
    _("a minute"),
)

LIMITS = "limits"
GROUPS = (
    Group("sign-in", _("Signing in"), (
        Setting("open_registration", _("Open registration")),
        Setting("token_ttl_s", _("Tokens live"),
                _("For tokens made without a time of their own; 0: for ever."), _SECONDS),
        Setting("multi_device", _("Several devices a user")),
        Setting("max_devices", _("Devices a user"), _("Over all platforms."), low=1, high=100),
        Setting("max_web_devices", _("Web devices a user"),
                _("By the device's name (webim_…), or the client's type."), low=1, high=100),
        Setting("max_android_devices", _("Android devices a user"), low=1, high=100),
        Setting("max_ios_devices", _("iOS devices a user"), low=1, high=100),
        Setting("max_other_devices", _("Other devices a user"), low=1, high=100),
        Setting("refuse_devices", _("Refuse one device too many")),
    )),
    Group("messages", _("Messages"), (
        Setting("recall_enabled", _("Recalling")),
        Setting("recall_window_s", _("Clients recall within"), unit=_SECONDS, high=7 * DAY_S),
        Setting("rest_recall_window_s", _("The server recalls within"),
                _("By REST and in this console."), _SECONDS, high=7 * DAY_S),
        Setting("edit_enabled", _("Editing")),
        Setting("max_edits", _("Edits a message"), high=100),
        Setting("reactions_enabled", _("Reactions")),
        Setting("max_reactions", _("Different reactions a message"), low=1, high=100),
        Setting("max_message_bytes", _("Longest message"), unit=_BYTES, low=128, high=1024 * 1024),
        Setting("max_custom_exts", _("Pairs of a custom message"), low=1, high=1000),
        Setting("max_reaction", _("Longest reaction"), unit=_CHARACTERS),
        Setting("max_pinned_messages", _("Pinned messages of a conversation"), low=1),
        Setting("max_conversations", _("Conversations in a user's list"), low=1),
        Setting("max_pinned", _("Conversations on top of a user's list"), low=1),
        Setting("rest_messages_listed", _("REST messages move conversation lists")),
        Setting("delivery_recording", _("Times of delivery stages"),
                _("Which messages keep when each device got and read them. All: one more row a"
                  " message, device and stage.")),
        Setting("broadcast_enabled", _("Broadcasts to the whole app")),
        Setting("presence_enabled", _("Presence subscriptions")),
    )),
    Group("people", _("Friends and block lists"), (
        Setting("friends_only", _("Only friends may write to each other")),
        Setting("max_contacts", _("Friends a user"), low=1),
        Setting("blocks_enabled", _("Block lists")),
        Setting("max_blocks", _("Names on a block list"), low=1),
        Setting("max_profile_bytes", _("Attributes of a user"), unit=_BYTES, low=128),
        Setting("max_profiles_mib", _("Attributes of all users"), unit="MiB", low=1),
        Setting("max_remark", _("Longest remark about a friend"), unit=_CHARACTERS),
        Setting("max_presence_subscriptions", _("Presence subscriptions a user"), low=1),
        Setting("max_presence_ttl_s", _("Longest presence subscription"), unit=_SECONDS, low=1),
        Setting("max_presence_ext_bytes", _("Longest presence text"), unit=_BYTES, low=1),
    )),
    Group("rooms", _("Groups and chatrooms"), (
        Setting("history_before_join", _("New members read older messages")),
        Setting("room_history", _("Keep chatroom messages")),
        Setting("room_grace_s", _("Leave a chatroom after being offline for"),
                unit=_SECONDS, high=DAY_S),
        Setting("group_max_members", _("Members of a group"), low=1),
        Setting("room_max_members", _("Members of a chatroom"), low=1),
        Setting("group_max_admins", _("Admins of a group")),
        Setting("max_joined_groups", _("Groups a user may join"), low=1),
        Setting("group_default_members", _("Members of a group that names no limit"), low=1),
        Setting("room_default_members", _("Members of a chatroom that names no limit"), low=1),
        Setting("max_shared_files", _("Files of a group")),
        Setting("max_room_attributes", _("Attributes of a chatroom")),
        Setting("group_receipts_enabled", _("Read receipts in groups")),
        Setting("group_receipt_members", _("Largest group with read receipts")),
        Setting("group_receipt_days", _("Read receipts of groups are kept"), unit=_("days"), low=1),
    )),
    Group("lengths", _("Lengths in groups and chatrooms"), (
        Setting("group_max_name", _("Name of a group"), unit=_CHARACTERS),
        Setting("group_max_description", _("Description of a group"), unit=_CHARACTERS),
        Setting("group_max_custom", _("Custom data of a group"), unit=_CHARACTERS),
        Setting("room_max_name", _("Name of a chatroom"), unit=_CHARACTERS),
        Setting("room_max_description", _("Description of a chatroom"), unit=_CHARACTERS),
        Setting("room_max_custom", _("Custom data of a chatroom"), unit=_CHARACTERS),
        Setting("max_avatar", _("Address of an avatar"), unit=_CHARACTERS),
        Setting("max_announcement", _("Announcement"), unit=_CHARACTERS),
        Setting("max_member_key_bytes", _("Name of a member's attribute"), unit=_BYTES, low=1),
        Setting("max_member_value_bytes", _("Value of a member's attribute"), unit=_BYTES, low=1),
        Setting("max_member_bytes", _("All attributes of a member"), unit=_BYTES, low=1),
        Setting("max_room_key", _("Name of a chatroom's attribute"), unit=_CHARACTERS),
        Setting("max_room_value", _("Value of a chatroom's attribute"), unit=_CHARACTERS),
    ), LIMITS),
    Group("threads", _("Threads"), (
        Setting("threads_enabled", _("Threads of group messages"),
                _("Off: to make one gets an error.")),
        Setting("max_threads", _("Threads of a group"), low=1),
        Setting("max_joined_threads", _("Threads a user may join"), low=1),
        Setting("max_thread_name", _("Longest name"), unit=_CHARACTERS, low=1),
        Setting("max_thread_page", _("Threads on a page"), low=1),
        Setting("max_thread_batch", _("Threads asked about at once"), low=1),
    ), LIMITS),
    Group("storage", _("Storage and files"), (
        Setting("retention_days", _("Messages and files are kept"),
                _("Offline messages too; 0: for ever."), _("days"), high=36_500),
        Setting("offline_days", _("Messages wait for a device that is away"),
                _("0: as long as they are kept."), _("days"), high=36500),
        Setting("max_offline_pairs", _("Waiting one-to-one messages of a user"),
                _("0: all of them.")),
        Setting("max_offline_room", _("Waiting messages of a group"), _("0: all of them.")),
        Setting("max_file_bytes", _("Largest file"), unit=_BYTES, low=1024),
        Setting("console_upload_bytes", _("Largest file sent from the console"), "", _BYTES,
                low=1024),
        Setting("anonymous_upload", _("Upload without a token")),
        Setting("enforce_share_secret", _("Demand the share-secret of files")),
        Setting("bodies_visible_to_viewers", _("Viewers see message bodies")),
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
        Setting("max_batch_names", _("Users whose state or attributes are asked for at once"),
                low=1, high=1000),
        Setting("max_room_removals", _("Members removed from a chatroom at once"), low=1,
                high=1000),
        Setting("max_room_attribute_batch", _("Attributes of a chatroom set at once"), low=1),
        Setting("max_room_ids", _("Groups or chatrooms asked about at once"), low=1, high=1000),
        Setting("max_shown_members", _("Members shown in details")),
        Setting("max_user_page", _("Users on a page"), low=1, high=1000),
        Setting("max_contact_page", _("Friends on a page"), low=1, high=1000),
        Setting("max_targets_users", _("Users that a message goes to"), low=1),
        Setting("max_targets_groups", _("Groups that a message goes to"), low=1),
        Setting("max_targets_rooms", _("Chatrooms that a message goes to"), low=1),
        Setting("max_directed_users", _("Users that a directed message names"), low=1),
    ), LIMITS),
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
        Setting("rate_user_recipients_min", _("Messages to users, by recipient"),
                unit=_PER_MIN, low=1),
        Setting("rate_group_messages_s", _("Messages to groups"), unit=_PER_S, low=1),
        Setting("rate_room_messages_s", _("Messages to chatrooms"), unit=_PER_S, low=1),
        Setting("rate_broadcasts_min", _("Broadcasts"), unit=_PER_MIN, low=1),
        Setting("rate_broadcasts_day", _("Broadcasts"), unit=_("a day"), low=1),
        Setting("rate_exports_min", _("History files"), unit=_PER_MIN, low=1),
        Setting("rate_conversation_removals_min", _("Removed conversations of a user"),
                unit=_PER_MIN, low=1),
    ), LIMITS),
)  # fmt: skip
# The values of a setting that is one of several words.
CHOICE_WORDS: dict[str, dict[str, Text]] = {
    "delivery_recording": {
        "console": _("Those sent from the console"),
        "all": _("All messages"),
        "off": _("No message"),
    },
}
SETTINGS = {one.name: one for group in GROUPS for one in group.settings}
