"""What happens in and to groups, chatrooms and threads; chat.domain.events has the other facts."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chat.domain.targets import RoomKind

Json = dict[str, Any]


class RoomChange(StrEnum):
    """What happened in or to a group or chatroom. Personal log: CREATED, INVITED, REMOVED,
    BLOCKED, REQUESTED, REQUEST_DECLINED, INVITE_DECLINED. All others: the room's log."""

    CREATED = "created"
    DESTROYED = "destroyed"
    INVITED = "invited"  # a client's invitation waits for this user's answer
    INVITE_DECLINED = "invite_declined"
    REQUESTED = "requested"  # somebody asks to join a group that needs approval
    REQUEST_DECLINED = "request_declined"
    MEMBERS_ADDED = "members_added"  # added by others, or approved
    MEMBER_JOINED = "member_joined"  # by themselves
    MEMBER_LEFT = "member_left"
    MEMBERS_REMOVED = "members_removed"
    MEMBERS_BLOCKED = "members_blocked"
    MEMBERS_UNBLOCKED = "members_unblocked"
    ADMIN_ADDED = "admin_added"
    ADMIN_REMOVED = "admin_removed"
    OWNER_CHANGED = "owner_changed"
    MUTED = "muted"
    UNMUTED = "unmuted"
    MUTED_ALL = "muted_all"
    UNMUTED_ALL = "unmuted_all"
    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    ANNOUNCED = "announced"
    UPDATED = "updated"
    DISABLED = "disabled"
    ENABLED = "enabled"
    ATTRIBUTES_SET = "attributes_set"  # a chatroom's
    ATTRIBUTES_REMOVED = "attributes_removed"
    MEMBER_ATTRIBUTES = "member_attributes"  # a group member's
    FILE_SHARED = "file_shared"
    FILE_REMOVED = "file_removed"


# Changes after which the users they name are in the room, or out of it.
ENTERING = frozenset({RoomChange.MEMBERS_ADDED, RoomChange.MEMBER_JOINED})
LEAVING = frozenset(
    {RoomChange.MEMBERS_REMOVED, RoomChange.MEMBERS_BLOCKED, RoomChange.MEMBER_LEFT}
)


# Changes that concern a member and those above them.
FOR_STAFF = frozenset(
    {
        RoomChange.ADMIN_ADDED,
        RoomChange.ADMIN_REMOVED,
        RoomChange.MUTED,
        RoomChange.UNMUTED,
        RoomChange.ALLOWED,
        RoomChange.DISALLOWED,
    }
)


# Changes of a group that also decide who may speak in its threads.
DECIDING = FOR_STAFF | {RoomChange.OWNER_CHANGED, RoomChange.MUTED_ALL, RoomChange.UNMUTED_ALL,
                        RoomChange.DISABLED, RoomChange.ENABLED}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """`entry.sender` is who did it (the owner, or `admin`, for the app itself).

    `users` are those it was done to. `detail` holds what the change needs: `expires_ms` (muted),
    `announcement`, `owner`, `old_owner`, `name`, `message`, changed fields of an update, `members`
    (the count after a join or leave), `properties` (attributes that changed, with their values; of
    removed ones the last) and `failed` (attributes that did not, with the reason). `staff` names
    owner and admins where some wires tell only them and the user (FOR_STAFF).
    """

    change: RoomChange
    kind: RoomKind
    room_id: str
    users: tuple[str, ...] = ()
    detail: Json = field(default_factory=dict)
    staff: tuple[str, ...] = field(default=(), compare=False)
