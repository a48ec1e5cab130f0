"""Brings users into groups and chatrooms and takes them out, by others or by themselves."""

from dataclasses import replace

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.actions.room_access import OpenRoom, names_of, open_room, users_named
from chat.actions.room_admission import admit, dismiss, unblock
from chat.domain.affiliations import Affiliation, RoomAct, subject_refusal
from chat.domain.answers import Joined, MemberOutcome
from chat.domain.commands import (
    AddMembers,
    JoinRoom,
    LeaveRoom,
    RemoveMembers,
)
from chat.domain.errors import (
    AlreadyMember,
    ApprovalNeeded,
    IllegalArgument,
    ImError,
    NotMember,
    OwnerProtected,
)
from chat.domain.events import RoomChange
from chat.domain.targets import ToChatroom
from chat.models import RoomMember, RoomRequest

# A chatroom's batch of removals may be larger than the other batches (rest.md 3.9.7).
MAX_CHATROOM_REMOVALS = 100
_FULL_SENTENCES = {
    "add": "addMembers: addMembers number more than maxSize",
    "remove": "kickMember: kickMembers number more than maxSize",
}


@transaction.atomic
def add_members(actor: Actor, command: AddMembers) -> list[str]:
    """Make users members at once; answers those who were none. Takes them off the block list.

    A user who names only itself in a chatroom joins it.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
        AlreadyMember: all of them are members. PeerNotFound: nobody is added then.
        BatchTooLarge, RoomFull, TooManyJoined.
    """
    limit = actor.app.settings.max_batch_members
    names = names_of(command.usernames, limit=limit, sentence=_FULL_SENTENCES["add"])
    if isinstance(command.target, ToChatroom) and names == [actor.username]:
        join_room(actor, JoinRoom(command.target))
        return names
    room = open_room(actor, command.target, RoomAct.ADD_MEMBERS)
    users = users_named(actor.app.id, names)
    new = [user for name, user in users.items() if name not in room.rights.affiliations]
    if not new:
        raise AlreadyMember(username=names[0], **room.names)
    unblock(room, new)
    never_present = room.rights.kind == "chatroom"
    admit(room, new, RoomChange.MEMBERS_ADDED, never_present=never_present)
    return [user.username for user in new]


@transaction.atomic
def remove_members(actor: Actor, command: RemoveMembers) -> list[MemberOutcome]:
    """Take members out, each one who may be; refused only when nobody may.

    A user who names only itself leaves.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
        NotMember, OwnerProtected: why nobody could be removed.
    """
    is_group = not isinstance(command.target, ToChatroom)
    limit = actor.app.settings.max_batch_members if is_group else MAX_CHATROOM_REMOVALS
    names = names_of(command.usernames, limit=limit, sentence=_FULL_SENTENCES["remove"])
    if names == [actor.username]:
        leave_room(actor, LeaveRoom(command.target))
        return [MemberOutcome(actor.username, True)]
    room = open_room(actor, command.target, RoomAct.REMOVE_MEMBERS)
    outcomes = member_outcomes(room, names)
    users = users_named(actor.app.id, [made.username for made in outcomes if made.done])
    dismiss(room, list(users.values()), RoomChange.MEMBERS_REMOVED)
    return outcomes


def member_outcomes(room: OpenRoom, names: list[str]) -> list[MemberOutcome]:
    """Which of the names an act on members may reach, in the order given.

    Raises:
        NotMember, OwnerProtected, NotPermitted: none of them; the reason of a single name, else
            the vendor's sentence on all that are no members.
    """
    refusals = {name: subject_refusal(room.rights, room.rank, name) for name in names}
    if all(refusals.values()):
        raise _refusal_of_all(room, refusals)
    return [
        MemberOutcome(
            name, refusal is None, "" if refusal is None else _reason(room, name, refusal)
        )
        for name, refusal in refusals.items()
    ]


def _refusal_of_all(room: OpenRoom, refusals: dict[str, ImError | None]) -> ImError:
    strangers = [name for name, refusal in refusals.items() if isinstance(refusal, NotMember)]
    if strangers:
        return NotMember(names=", ".join(strangers), **room.names)
    owner = next((made for made in refusals.values() if isinstance(made, OwnerProtected)), None)
    return owner or next(made for made in refusals.values() if made is not None)


def _reason(room: OpenRoom, name: str, refusal: ImError) -> str:
    """Source: rest.md 3.8.13, 3.9.10 (the sentence inside a batch differs from the single one)."""
    if isinstance(refusal, NotMember):
        return f"user: {name} doesn't exist in {room.rights.kind}: {room.rights.room_id}"
    return str(refusal)


@transaction.atomic
def join_room(actor: Actor, command: JoinRoom) -> Joined:
    """Come in by oneself. Joining twice is success, and tells nobody.

    A group that needs approval gets a request, which its owner and admins must answer.

    Raises:
        GroupNotFound, ChatroomNotFound, GroupDisabled, BlockedFromRoom, JoinFull, TooManyJoined.
        ApprovalNeeded: a private group, which is joined by invitation only.
    """
    if actor.is_app:
        raise IllegalArgument(detail="The app itself joins nothing.")
    room = open_room(actor, command.target, RoomAct.JOIN)
    if actor.username in room.rights.affiliations:
        return Joined(False, room.info())
    user = users_named(actor.app.id, [actor.username])[actor.username]
    request = RoomRequest.objects.filter(room=room.row, user=user).first()
    if request is not None and request.invited_by:
        admit(room, [user], RoomChange.MEMBER_JOINED, by=user, inviter=request.invited_by)
    elif not room.row.public:
        raise ApprovalNeeded(**room.names)
    elif room.row.members_only:
        _apply(room, user, command.message)
        return Joined(True, room.info())
    else:
        admit(room, [user], RoomChange.MEMBER_JOINED, by=user, message=command.message)
    return Joined(False, replace(room.info(), my_rank=room.rank))


def _apply(room: OpenRoom, user: ImUser, message: str) -> None:
    RoomRequest.objects.update_or_create(
        room=room.row, user=user, defaults={"invited_by": "", "message": message[:512]}
    )
    detail = {"name": room.row.name, "message": message[:512]}
    room.tell_each(bosses_of(room), RoomChange.REQUESTED, [user.username], by=user, **detail)


def bosses_of(room: OpenRoom) -> list[ImUser]:
    """The owner and the admins."""
    stays = RoomMember.objects.filter(
        room=room.row, left_seq=None, affiliation__gte=RoomMember.Rank.ADMIN
    )
    return [stay.user for stay in stays.select_related("user")]


@transaction.atomic
def leave_room(actor: Actor, command: LeaveRoom) -> None:
    """Go out by oneself. A chatroom that one is not in is left already, and its owner stays one.

    Raises:
        GroupNotFound, ChatroomNotFound, GroupDisabled.
        NotMember: not in the group. OwnerProtected: the group's owner must hand it over first.
    """
    is_chatroom = isinstance(command.target, ToChatroom)
    room = open_room(actor, command.target, None if is_chatroom else RoomAct.JOIN)
    rank = room.rights.affiliations.get(actor.username)
    if is_chatroom and (rank is None or rank is Affiliation.OWNER):
        return
    if rank is None:
        raise NotMember(names=actor.username, **room.names)
    if rank is Affiliation.OWNER:
        raise OwnerProtected(username=actor.username, **room.names)
    user = users_named(actor.app.id, [actor.username])[actor.username]
    dismiss(room, [user], RoomChange.MEMBER_LEFT, by=user)
