"""Everything a client may ask about groups and chatrooms; chat.domain.commands has the rest."""

from typing import Any, Literal

from chat.domain.command_base import Command
from chat.domain.targets import RoomKind, RoomTarget, ToGroup

Json = dict[str, Any]


class CreateRoom(Command, frozen=True):
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


class UpdateRoom(Command, frozen=True):
    """`changes` holds names of Room fields: name, description, custom, avatar, public,
    members_only, allow_invites, invite_need_confirm, max_members."""

    target: RoomTarget
    changes: Json


class GetRoom(Command, frozen=True):
    target: RoomTarget


class ListRooms(Command, frozen=True):
    """`scope` joined: those the actor is in; public: groups or chatrooms anyone may see."""

    kind: RoomKind
    scope: Literal["joined", "public"] = "joined"
    after: str = ""
    limit: int = 50


class ListMembers(Command, frozen=True):
    target: RoomTarget
    after: str = ""
    limit: int = 200


class ListBlockedMembers(Command, frozen=True):
    target: RoomTarget


class JoinRoom(Command, frozen=True):
    """Joining twice is success (client wires). A group that needs approval gets a request.

    `announce`: the client was not in the chatroom before, so a standing member (its owner, an
    admin, somebody put in by others) is told of like one who joins.
    """

    target: RoomTarget
    message: str = ""
    announce: bool = False


class LeaveRoom(Command, frozen=True):
    target: RoomTarget


class InviteMembers(Command, frozen=True):
    """A client's invitation: at once, or, where the group says so, after the invited confirm."""

    target: RoomTarget
    usernames: tuple[str, ...]
    message: str = ""


class AnswerInvitation(Command, frozen=True):
    target: RoomTarget
    accept: bool


class AnswerJoinRequest(Command, frozen=True):
    target: RoomTarget
    username: str
    accept: bool


class AddMembers(Command, frozen=True):
    """Members at once, without confirmation (REST, console, admins of chatrooms)."""

    target: RoomTarget
    usernames: tuple[str, ...]


class RemoveMembers(Command, frozen=True):
    target: RoomTarget
    usernames: tuple[str, ...]


class SetAdmin(Command, frozen=True):
    target: RoomTarget
    username: str
    on: bool


class TransferRoom(Command, frozen=True):
    target: RoomTarget
    new_owner: str


class DestroyRoom(Command, frozen=True):
    target: RoomTarget


class MuteMembers(Command, frozen=True):
    """`duration_ms` -1: for ever. Again for the same user: the new duration."""

    target: RoomTarget
    usernames: tuple[str, ...]
    duration_ms: int


class UnmuteMembers(Command, frozen=True):
    target: RoomTarget
    usernames: tuple[str, ...]


class MuteAll(Command, frozen=True):
    target: RoomTarget
    on: bool


class BlockMembers(Command, frozen=True):
    """Removes them from the room and keeps them out."""

    target: RoomTarget
    usernames: tuple[str, ...]


class UnblockMembers(Command, frozen=True):
    target: RoomTarget
    usernames: tuple[str, ...]


class AllowMembers(Command, frozen=True):
    """Put on (or take off) the list of those who may speak while everybody is muted."""

    target: RoomTarget
    usernames: tuple[str, ...]
    on: bool


class SetAnnouncement(Command, frozen=True):
    target: RoomTarget
    text: str


class DisableGroup(Command, frozen=True):
    target: ToGroup
    disabled: bool


class SetSuperAdmin(Command, frozen=True):
    username: str
    on: bool
