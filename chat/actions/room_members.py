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
    AnswerInvitation,
    AnswerJoinRequest,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    RemoveMembers,
)
from chat.domain.errors import (
    AlreadyMember,
    ApprovalNeeded,
    BlockedFromRoom,
    IllegalArgument,
    ImError,
    NoSuchRequest,
    NotMember,
    OwnerProtected,
)
from chat.domain.events import RoomChange
from chat.domain.targets import ToChatroom
from chat.models import RoomMember, RoomRequest

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
    added = [user.username for user in new]
    room.note_members("member.add", added)
    return added


@transaction.atomic
def remove_members(actor: Actor, command: RemoveMembers) -> list[MemberOutcome]:
    """Take members out, each one who may be; refused only when nobody may.

    A user who names only itself leaves.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
        NotMember, OwnerProtected: why nobody could be removed.
    """
    is_group = not isinstance(command.target, ToChatroom)
    settings = actor.app.settings
    # A chatroom's batch of removals may be larger than the other batches (rest.md 3.9.7).
    limit = settings.max_batch_members if is_group else settings.max_room_removals
    names = names_of(command.usernames, limit=limit, sentence=_FULL_SENTENCES["remove"])
    if names == [actor.username]:
        leave_room(actor, LeaveRoom(command.target))
        return [MemberOutcome(actor.username, True)]
    room = open_room(actor, command.target, RoomAct.REMOVE_MEMBERS)
    outcomes = member_outcomes(room, names)
    users = users_named(actor.app.id, [made.username for made in outcomes if made.done])
    dismiss(room, list(users.values()), RoomChange.MEMBERS_REMOVED)
    room.note_members("member.remove", users)
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
        if command.announce and room.rights.kind == "chatroom" and not room.is_quiet:
            name, count = room.row.name, room.row.member_count
            room.tell(RoomChange.MEMBER_JOINED, [actor.username], name=name, members=count)
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


@transaction.atomic
def invite_members(actor: Actor, command: InviteMembers) -> list[MemberOutcome]:
    """Invite users: they come in at once, or, where the group says so, after they confirmed.

    An admin's invitation of somebody who applied is an approval.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
        PeerNotFound, BatchTooLarge, RoomFull, TooManyJoined.
        BlockedFromRoom: one of them is on the block list.
        AlreadyMember: all of them are members.
    """
    limit = actor.app.settings.max_batch_members
    names = names_of(command.usernames, limit=limit, sentence=_FULL_SENTENCES["add"])
    room = open_room(actor, command.target, RoomAct.INVITE)
    users = users_named(actor.app.id, names)
    new = [user for name, user in users.items() if name not in room.rights.affiliations]
    if not new:
        raise AlreadyMember(username=names[0], **room.names)
    blocked = next((user for user in new if user.username in room.rights.blocked), None)
    if blocked is not None:
        raise BlockedFromRoom(username=blocked.username, **room.names)
    asks = room.rights.kind == "group" and room.row.invite_need_confirm
    welcome = new if not asks else _applicants(room, new)
    if welcome:
        change = RoomChange.MEMBERS_ADDED
        admit(room, welcome, change, inviter=actor.username, approved=asks)
    _ask(room, [user for user in new if user not in welcome], command.message[:512])
    added = {user.username for user in new}
    reason = f"already in {room.rights.kind}: {room.rights.room_id}"
    return [
        MemberOutcome(name, name in added, "" if name in added else f"user: {name} {reason}")
        for name in names
    ]


def _applicants(room: OpenRoom, users: list[ImUser]) -> list[ImUser]:
    if room.rank < Affiliation.ADMIN:
        return []
    applied = RoomRequest.objects.filter(room=room.row, user__in=users, invited_by="")
    ids = set(applied.values_list("user", flat=True))
    return [user for user in users if user.pk in ids]


def _ask(room: OpenRoom, users: list[ImUser], message: str) -> None:
    inviter = room.actor.username or room.owner_name or "admin"
    for user in users:
        RoomRequest.objects.update_or_create(
            room=room.row, user=user, defaults={"invited_by": inviter, "message": message}
        )
    room.tell_each(users, RoomChange.INVITED, name=room.row.name, message=message)


@transaction.atomic
def answer_invitation(actor: Actor, command: AnswerInvitation) -> Joined:
    """Accept or decline an invitation to a group as the invited user.

    Raises:
        GroupNotFound, ChatroomNotFound, GroupDisabled, BlockedFromRoom.
        NoSuchRequest: nobody invited the actor, or it is answered.
        JoinFull, TooManyJoined.
    """
    room = open_room(actor, command.target, RoomAct.JOIN)
    request = (
        RoomRequest.objects.select_related("user")
        .filter(room=room.row, user__username=actor.username)
        .exclude(invited_by="")
        .first()
    )
    if request is None:
        raise NoSuchRequest(username=actor.username)
    if command.accept:
        change = RoomChange.MEMBER_JOINED
        admit(room, [request.user], change, by=request.user, inviter=request.invited_by)
        room.note("invitation.accept", user=[None, actor.username])
        return Joined(False, room.info())
    request.delete()
    room.note("invitation.decline", user=[actor.username, None])
    inviter = ImUser.objects.filter(app_id=actor.app.id, username=request.invited_by).first()
    if inviter is not None:
        change = RoomChange.INVITE_DECLINED
        room.tell_each([inviter], change, [actor.username], by=request.user, name=room.row.name)
    return Joined(False)


@transaction.atomic
def answer_join_request(actor: Actor, command: AnswerJoinRequest) -> None:
    """Let an applicant in, or not, as one of the group's admins.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
        NoSuchRequest: the user did not apply, or it is answered.
        RoomFull, TooManyJoined.
    """
    room = open_room(actor, command.target, RoomAct.ADD_MEMBERS)
    name = command.username.lower()
    request = (
        RoomRequest.objects.select_related("user")
        .filter(room=room.row, user__username=name, invited_by="")
        .first()
    )
    if request is None:
        raise NoSuchRequest(username=name)
    if command.accept:
        admit(room, [request.user], RoomChange.MEMBERS_ADDED, approved=True)
        room.note("request.accept", user=[None, name])
    else:
        request.delete()
        room.note("request.decline", user=[name, None])
        change = RoomChange.REQUEST_DECLINED
        room.tell_each([request.user], change, name=room.row.name)
