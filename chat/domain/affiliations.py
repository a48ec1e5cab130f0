"""Who outranks whom, who may do what in a group or chatroom: tables and pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from chat.domain.errors import (
    BlockedFromRoom,
    GroupDisabled,
    ImError,
    Muted,
    MutedAll,
    NotMember,
    NotPermitted,
    OwnerProtected,
    SenderNotMember,
)
from chat.domain.targets import RoomKind, ThreadPlace

FOREVER_MS = 4_102_444_800_000  # 2100-01-01: how a mute without end is reported (rest.md 3.8.17)


class Affiliation(IntEnum):
    """A rank in a room. SUPER is an app-wide chatroom super admin; APP is the app itself."""

    OUTCAST = -1
    NONE = 0
    MEMBER = 1
    ADMIN = 2
    OWNER = 3
    SUPER = 4
    APP = 5


class RoomAct(StrEnum):
    """What can be asked of a room, besides sending."""

    READ = "read"
    READ_DETAILS = "read_details"
    JOIN = "join"
    LEAVE = "leave"
    INVITE = "invite"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    EDIT = "edit"
    ANNOUNCE = "announce"
    MUTE = "mute"
    BLOCK = "block"
    ALLOW = "allow"
    SET_ADMIN = "set_admin"
    TRANSFER = "transfer"
    DESTROY = "destroy"
    DISABLE = "disable"
    SET_ATTRIBUTES = "set_attributes"
    SHARE_FILES = "share_files"


# The least rank for each act (rest.md 3.8: owner > admin > member). Acts on a member also need
# may_act_on. Details of a public group, and every chatroom's, may be read by anyone (1.4).
LEAST_RANK: Mapping[RoomAct, Affiliation] = {
    RoomAct.READ: Affiliation.MEMBER,
    RoomAct.READ_DETAILS: Affiliation.MEMBER,
    RoomAct.JOIN: Affiliation.NONE,
    RoomAct.LEAVE: Affiliation.MEMBER,
    RoomAct.SHARE_FILES: Affiliation.MEMBER,
    RoomAct.INVITE: Affiliation.ADMIN,
    RoomAct.ADD_MEMBERS: Affiliation.ADMIN,
    RoomAct.REMOVE_MEMBERS: Affiliation.ADMIN,
    RoomAct.EDIT: Affiliation.ADMIN,
    RoomAct.ANNOUNCE: Affiliation.ADMIN,
    RoomAct.MUTE: Affiliation.ADMIN,
    RoomAct.BLOCK: Affiliation.ADMIN,
    RoomAct.ALLOW: Affiliation.ADMIN,
    RoomAct.SET_ADMIN: Affiliation.OWNER,
    RoomAct.TRANSFER: Affiliation.OWNER,
    RoomAct.DESTROY: Affiliation.OWNER,
    RoomAct.DISABLE: Affiliation.APP,
    RoomAct.SET_ATTRIBUTES: Affiliation.MEMBER,
}


_WHILE_DISABLED = frozenset({RoomAct.READ, RoomAct.READ_DETAILS, RoomAct.DISABLE, RoomAct.DESTROY})


@dataclass(frozen=True, slots=True)
class RoomRights:
    """Everything that decides who may speak in a room; a snapshot that carries its epoch.

    `affiliations` holds present members only; `mutes` maps a name to the ms when its mute ends.
    `user_ids` maps members to their rows. A thread's ranks, mutes and switches are those of its
    group; `place` tells which, `parent_row` is its row.
    """

    app_id: int
    row_id: int
    room_id: str
    kind: RoomKind
    epoch: int
    public: bool = True
    members_may_invite: bool = False
    muted_all: bool = False
    disabled: bool = False
    affiliations: Mapping[str, Affiliation] = field(default_factory=dict)
    mutes: Mapping[str, int] = field(default_factory=dict)
    allow_listed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    super_admins: frozenset[str] = frozenset()
    place: ThreadPlace | None = None
    parent_row: int = 0

    def rank_of(self, username: str) -> Affiliation:
        """The rank in the room; an app-wide super admin ranks above a chatroom's owner."""
        if username in self.blocked:
            return Affiliation.OUTCAST
        if self.kind == "chatroom" and username in self.super_admins:
            return Affiliation.SUPER
        return self.affiliations.get(username, Affiliation.NONE)


def may(act: RoomAct, rank: Affiliation, rights: RoomRights) -> bool:
    """Whether a rank suffices for an act, before any look at whom it is done to."""
    if act is RoomAct.READ_DETAILS and rank >= Affiliation.NONE:
        return rank >= Affiliation.MEMBER or rights.public or rights.kind == "chatroom"
    if act is RoomAct.READ and rights.kind == "chatroom":
        return rank >= Affiliation.NONE
    if act is RoomAct.INVITE and rights.members_may_invite and rank >= Affiliation.MEMBER:
        return True
    return rank >= LEAST_RANK[act]


def acting_refusal(act: RoomAct, rights: RoomRights, username: str) -> ImError | None:
    """Why `username` (the app when empty) may not do this to the room; None when they may.

    A disabled group can only be enabled again or destroyed (rest.md 3.8).
    """
    rank = rights.rank_of(username) if username else Affiliation.APP
    if not may(act, rank, rights):
        if act is RoomAct.JOIN:
            return BlockedFromRoom(username=username, room_id=rights.room_id, kind=rights.kind)
        detail = f"user: {username} may not {act.value} in {rights.kind}: {rights.room_id}"
        return NotPermitted(detail=detail, room_id=rights.room_id, kind=rights.kind)
    if rights.disabled and act not in _WHILE_DISABLED:
        return GroupDisabled(room_id=rights.room_id, kind=rights.kind)
    return None


def subject_refusal(
    rights: RoomRights, actor: Affiliation, username: str, *, must_be_member: bool = True
) -> ImError | None:
    """Why an act on `username` is refused to somebody of rank `actor`; None when it is allowed."""
    if must_be_member and username not in rights.affiliations:
        return NotMember(names=username, room_id=rights.room_id, kind=rights.kind)
    subject = rights.rank_of(username)
    if rights.affiliations.get(username) is Affiliation.OWNER:
        return OwnerProtected(username=username, room_id=rights.room_id, kind=rights.kind)
    if not may_act_on(actor, subject):
        detail = f"user: {username} does not rank below you in {rights.kind}: {rights.room_id}"
        return NotPermitted(detail=detail, room_id=rights.room_id, kind=rights.kind)
    return None


def may_act_on(actor: Affiliation, subject: Affiliation) -> bool:
    """An admin or owner removes, blocks and mutes only those who rank below them."""
    return actor >= Affiliation.ADMIN and actor > subject


def speaking_refusal(rights: RoomRights, username: str, now_ms: int) -> ImError | None:
    """Why `username` may not send to the room now; None when they may.

    Owner, admins and the allow list speak while everybody is muted (rest.md 3.8.17).
    """
    if username not in rights.affiliations:
        return SenderNotMember(room_id=rights.room_id)
    if rights.disabled:
        return GroupDisabled(room_id=rights.room_id)
    rank = rights.rank_of(username)
    if rank < Affiliation.ADMIN:
        if rights.mutes.get(username, 0) > now_ms:
            return Muted(room_id=rights.room_id)
        if rights.muted_all and username not in rights.allow_listed:
            return MutedAll(room_id=rights.room_id)
    return None
