"""What an app may configure, with the defaults of rest.md 1.8."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class AppSettings:
    """One app's switches and limits. Sizes are bytes unless the name says otherwise."""

    open_registration: bool = False
    anonymous_upload: bool = False
    enforce_share_secret: bool = False
    token_ttl_s: int = 5_184_000
    max_devices: int = 4
    friends_only: bool = False
    history_before_join: bool = False
    recall_enabled: bool = True
    recall_window_s: int = 120
    broadcast_enabled: bool = True
    presence_enabled: bool = True
    export_utc_offset_h: int = 8
    edit_enabled: bool = True
    max_edits: int = 10
    retention_days: int = 7
    room_history: bool = True
    room_grace_s: int = 120
    bodies_visible_to_viewers: bool = True
    max_batch_users: int = 60
    max_contacts: int = 3000
    max_blocks: int = 500
    max_profile_bytes: int = 2048
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
    console_upload_bytes: int = 10 * 1024 * 1024

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "AppSettings":
        """Unknown keys and wrongly typed values fall back to the default."""
        known = {f.name: type(f.default) for f in fields(cls)}
        good: dict[str, Any] = {
            k: v for k, v in stored.items() if k in known and type(v) is known[k]
        }
        return cls(**good)

    def changed(self, **values: Any) -> "AppSettings":
        return replace(self, **values)

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the defaults."""
        defaults = asdict(AppSettings())
        return {k: v for k, v in asdict(self).items() if v != defaults[k]}
