"""Everything a client may ask about groups and chatrooms; chat.domain.commands has the rest."""

from dataclasses import dataclass
from typing import Any, Literal

from chat.domain.command_base import Command
from chat.domain.targets import RoomKind, RoomTarget, ToGroup

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CreateRoom(Command):
    """`owner` is used when the app acts; a client owns what it creates."""

    kind: RoomKind
    name: str
    description: str = ""
    owner: str = ""
    members: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()  # the console's chatroom form; joined first
    public: bool = True
    members_only: bool = False
    allow_invites: bool = False
    invite_need_confirm: bool = True
    max_members: int = 0  # 0: the kind's default
    custom: str = ""
    avatar: str = ""
    room_id: str = ""  # chosen by the caller, else made


@dataclass(frozen=True, slots=True)
class UpdateRoom(Command):
    """`changes` holds names of Room fields: name, description, custom, avatar, public,
    members_only, allow_invites, invite_need_confirm, max_members."""

    target: RoomTarget
    changes: Json


@dataclass(frozen=True, slots=True)
class GetRoom(Command):
    target: RoomTarget


@dataclass(frozen=True, slots=True)
class ListRooms(Command):
    """`scope` joined: those the actor is in; public: groups or chatrooms anyone may see."""

    kind: RoomKind
    scope: Literal["joined", "public"] = "joined"
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ListMembers(Command):
    target: RoomTarget
    after: str = ""
    limit: int = 200


@dataclass(frozen=True, slots=True)
class ListBlockedMembers(Command):
    target: RoomTarget


@dataclass(frozen=True, slots=True)
class JoinRoom(Command):
    """Joining twice is success (client wires). A group that needs approval gets a request.

    `announce`: the client was not in the chatroom before, so a standing member (its owner, an
    admin, somebody put in by others) is told of like one who joins.
    """

    target: RoomTarget
    message: str = ""
    announce: bool = False


@dataclass(frozen=True, slots=True)
class LeaveRoom(Command):
    target: RoomTarget


@dataclass(frozen=True, slots=True)
class InviteMembers(Command):
    """A client's invitation: at once, or, where the group says so, after the invited confirm."""

    target: RoomTarget
    usernames: tuple[str, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class AnswerInvitation(Command):
    target: RoomTarget
    accept: bool


@dataclass(frozen=True, slots=True)
class AnswerJoinRequest(Command):
    target: RoomTarget
    username: str
    accept: bool


@dataclass(frozen=True, slots=True)
class AddMembers(Command):
    """Members at once, without confirmation (REST, console, admins of chatrooms)."""

    target: RoomTarget
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveMembers(Command):
    target: RoomTarget
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetAdmin(Command):
    target: RoomTarget
    username: str
    on: bool


@dataclass(frozen=True, slots=True)
class TransferRoom(Command):
    target: RoomTarget
    new_owner: str


@dataclass(frozen=True, slots=True)
class DestroyRoom(Command):
    target: RoomTarget


@dataclass(frozen=True, slots=True)
class MuteMembers(Command):
    """`duration_ms` -1: for ever. Again for the same user: the new duration."""

    target: RoomTarget
    usernames: tuple[str, ...]
    duration_ms: int


@dataclass(frozen=True, slots=True)
class UnmuteMembers(Command):
    target: RoomTarget
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MuteAll(Command):
    target: RoomTarget
    on: bool


@dataclass(frozen=True, slots=True)
class BlockMembers(Command):
    """Removes them from the room and keeps them out."""

    target: RoomTarget
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnblockMembers(Command):
    target: RoomTarget
    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllowMembers(Command):
    """Put on (or take off) the list of those who may speak while everybody is muted."""

    target: RoomTarget
    usernames: tuple[str, ...]
    on: bool


@dataclass(frozen=True, slots=True)
class SetAnnouncement(Command):
    target: RoomTarget
    text: str


@dataclass(frozen=True, slots=True)
class DisableGroup(Command):
    target: ToGroup
    disabled: bool


@dataclass(frozen=True, slots=True)
class SetSuperAdmin(Command):
    username: str
    on: bool
