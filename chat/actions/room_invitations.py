"""Invites to groups and answers invitations and applications."""

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.actions.room_access import OpenRoom, names_of, open_room, users_named
from chat.actions.room_admission import admit
from chat.domain.affiliations import Affiliation, RoomAct
from chat.domain.answers import Joined, MemberOutcome
from chat.domain.commands import AnswerInvitation, AnswerJoinRequest, InviteMembers
from chat.domain.errors import AlreadyMember, BlockedFromRoom, NoSuchRequest
from chat.domain.events import RoomChange
from chat.models import RoomRequest


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
    sentence = "addMembers: addMembers number more than maxSize"
    names = names_of(command.usernames, limit=limit, sentence=sentence)
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
        return Joined(False, room.info())
    request.delete()
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
    else:
        request.delete()
        change = RoomChange.REQUEST_DECLINED
        room.tell_each([request.user], change, name=room.row.name)
