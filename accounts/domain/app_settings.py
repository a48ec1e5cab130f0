"""What an app may configure, with the defaults of rest.md 1.8."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from accounts.domain.errors import IllegalArgument

MAX_NUMBER = 2**31 - 1
_SWITCHES = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


@dataclass(frozen=True, slots=True)
class AppSettings:
    """One app's switches and limits. Sizes are bytes unless the name says otherwise."""

    open_registration: bool = False
    anonymous_upload: bool = False
    enforce_share_secret: bool = False
    token_ttl_s: int = 5_184_000
    multi_device: bool = True  # without it a user has one device at a time
    max_devices: int = 4  # of a user, over all platforms
    max_web_devices: int = 4
    max_android_devices: int = 4
    max_ios_devices: int = 4
    max_other_devices: int = 4
    refuse_devices: bool = False  # one too many is refused; else it displaces the oldest
    # Quotas; 0: none.
    max_users: int = 0
    max_online_users: int = 0
    max_daily_users: int = 0
    max_monthly_users: int = 0
    friends_only: bool = False
    blocks_enabled: bool = True  # without it block lists are kept, and stop nothing
    history_before_join: bool = False
    recall_enabled: bool = True
    recall_window_s: int = 120  # of clients
    rest_recall_window_s: int = 120  # of the app, which may force any
    rest_messages_listed: bool = True  # the app's messages move conversation lists
    broadcast_enabled: bool = True
    presence_enabled: bool = True
    export_utc_offset_h: int = 8
    edit_enabled: bool = True
    max_edits: int = 10
    retention_days: int = 7
    # Of what a device missed it gets the newest; 0: all that is kept.
    offline_days: int = 7
    max_offline_pairs: int = 500  # messages one-to-one, of all conversations together
    max_offline_room: int = 200  # messages of each group or thread
    room_history: bool = True
    room_grace_s: int = 120
    bodies_visible_to_viewers: bool = True
    delivery_recording: str = "console"  # of which messages it is kept when they came how far
    max_batch_users: int = 60
    max_contacts: int = 3000
    max_blocks: int = 500
    max_profile_bytes: int = 2048
    max_profiles_mib: int = 10 * 1024  # of all users together
    max_message_bytes: int = 5120
    max_targets_users: int = 600
    max_targets_groups: int = 3
    max_targets_rooms: int = 10
    max_file_bytes: int = 10 * 1024 * 1024
    group_max_members: int = 3000
    room_max_members: int = 10_000
    group_max_admins: int = 99
    max_batch_members: int = 60
    max_joined_groups: int = 500
    max_presence_subscriptions: int = 3000
    reactions_enabled: bool = True
    max_reactions: int = 20  # different ones on a message
    # Lengths are characters, or bytes where the name says so.
    group_max_name: int = 128
    group_max_description: int = 512
    group_max_custom: int = 8192
    group_default_members: int = 200
    room_max_name: int = 128
    room_max_description: int = 512
    room_max_custom: int = 1024
    room_default_members: int = 1000
    max_avatar: int = 1024
    max_announcement: int = 512
    max_room_ids: int = 100  # groups or chatrooms in one call for details
    max_shown_members: int = 10_000  # in a group's or chatroom's details
    max_room_removals: int = 100  # members of a chatroom in one call
    max_shared_files: int = 10_000
    max_remark: int = 100
    max_user_page: int = 100
    max_contact_page: int = 50
    max_batch_names: int = 100  # users in one call for status, attributes, presence
    max_directed_users: int = 20
    max_custom_exts: int = 16
    max_member_key_bytes: int = 16
    max_member_value_bytes: int = 512
    max_member_bytes: int = 4096  # all attributes of a group's member
    max_room_attributes: int = 100
    max_room_attribute_batch: int = 10
    max_room_key: int = 128
    max_room_value: int = 4096
    max_reaction: int = 128
    max_conversations: int = 100  # the latest ones of a user
    max_pinned: int = 50
    max_presence_ttl_s: int = 2_592_000
    max_presence_ext_bytes: int = 1024
    group_receipts_enabled: bool = True
    group_receipt_members: int = 500  # larger groups give no read receipts
    group_receipt_days: int = 3
    threads_enabled: bool = True
    max_threads: int = 100_000
    max_joined_threads: int = 1000
    max_thread_name: int = 64
    max_thread_batch: int = 10
    max_thread_page: int = 50
    max_pinned_messages: int = 20  # in a conversation
    console_upload_bytes: int = 10 * 1024 * 1024
    # Calls in a second, minute or day (rest.md 1.9), of which none is limited unless switched on.
    rate_limits_enabled: bool = False
    rate_calls_s: int = 100  # every call that has no limit of its own
    rate_token_s: int = 300
    rate_delete_users_s: int = 30
    rate_batch_status_s: int = 50
    rate_blocks_s: int = 50
    rate_presence_s: int = 50
    rate_joined_groups_s: int = 50
    rate_push_templates_s: int = 10
    rate_user_messages_s: int = 100
    rate_user_recipients_min: int = 6000  # each recipient of a call is one
    rate_group_messages_s: int = 20
    rate_room_messages_s: int = 100
    rate_broadcasts_min: int = 10
    rate_broadcasts_day: int = 100
    rate_exports_min: int = 10
    rate_conversation_removals_min: int = 5  # of one user

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "AppSettings":
        """Unknown keys and wrongly typed values fall back to the default."""
        good: dict[str, Any] = {
            k: v
            for k, v in stored.items()
            if type(v) is _KINDS.get(k) and v in CHOICES.get(k, (v,))
        }
        return cls(**good)

    def changed(self, **values: Any) -> "AppSettings":
        return replace(self, **values)

    def changed_by_texts(self, values: Mapping[str, object]) -> "AppSettings":
        """The settings with these changed; numbers and switches may come as texts.

        Raises IllegalArgument: no such setting, or a value that it cannot take.
        """
        given: dict[str, Any] = {}
        for name, value in values.items():
            if name not in _KINDS:
                raise IllegalArgument(detail=f"There is no setting {name}.")
            given[name] = _READ[_KINDS[name]](name, value)
        return replace(self, **given)

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the defaults."""
        defaults = asdict(AppSettings())
        return {k: v for k, v in asdict(self).items() if v != defaults[k]}


_KINDS: dict[str, type] = {field.name: type(field.default) for field in fields(AppSettings)}
# What a setting that is a word may be.
CHOICES = {"delivery_recording": ("console", "all", "off")}


def _choice(name: str, value: object) -> str:
    if value not in CHOICES[name]:
        raise IllegalArgument(detail=f"{name} is one of {', '.join(CHOICES[name])}.")
    return str(value)


def _switch(name: str, value: object) -> bool:
    found = _SWITCHES.get(str(value).lower())
    if found is None:
        raise IllegalArgument(detail=f"{name} is true or false.")
    return found


# What columns hold, and what would make a call too dear.
BOUNDS = {
    "recall_window_s": (0, 7 * 86_400),
    "rest_recall_window_s": (0, 7 * 86_400),
    "export_utc_offset_h": (-12, 14),
    "group_max_name": (1, 512),
    "group_max_description": (0, 4096),
    "group_max_custom": (0, 65_536),
    "room_max_name": (1, 512),
    "room_max_description": (0, 4096),
    "room_max_custom": (0, 65_536),
    "max_avatar": (0, 4096),
    "max_announcement": (0, 4096),
    "max_remark": (0, 512),
    "max_room_key": (1, 512),
    "max_reaction": (1, 512),
    "max_thread_name": (1, 512),
    "max_user_page": (1, 1000),
    "max_contact_page": (1, 1000),
    "max_thread_page": (1, 1000),
}


def _number(name: str, value: object) -> int:
    lowest, highest = BOUNDS.get(name, (0, MAX_NUMBER))
    text = str(value)
    digits = text.removeprefix("-")
    is_whole = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_NUMBER))
    if not is_whole or not lowest <= int(text) <= highest:
        raise IllegalArgument(detail=f"{name} is a whole number from {lowest} to {highest}.")
    return int(text)


_READ: dict[type, Callable[[str, object], object]] = {bool: _switch, int: _number, str: _choice}
