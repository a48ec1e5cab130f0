"""Mutes, blocks, allow list, announcement and the app's own switch: what keeps a room civil."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.domain.actor import Actor
from chat.actions.room_access import OpenRoom, names_of, open_room, users_named
from chat.actions.room_admission import dismiss
from chat.actions.room_members import member_outcomes
from chat.domain.affiliations import FOREVER_MS, RoomAct, subject_refusal
from chat.domain.answers import MemberOutcome, MuteInfo
from chat.domain.commands import (
    AllowMembers,
    BlockMembers,
    DisableGroup,
    MuteAll,
    MuteMembers,
    SetAnnouncement,
    UnblockMembers,
    UnmuteMembers,
)
from chat.domain.errors import (
    AnnouncementTooLong,
    IllegalArgument,
    NotBlocked,
    NotMember,
)
from chat.domain.events import RoomChange
from chat.models import RoomBlock, RoomMember, RoomMute, RoomRequest

MAX_MUTE_MS = FOREVER_MS  # longer is for ever


@transaction.atomic
def mute_members(actor: Actor, command: MuteMembers) -> list[MuteInfo]:
    """Keep members from sending for a time; one who may not be muted refuses the whole call.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
        NotMember, OwnerProtected. IllegalArgument: no duration of more than 0 ms, nor -1.
    """
    names = _batch(actor, command.usernames, "userNames size is more than max limit")
    if command.duration_ms < -1 or command.duration_ms == 0:
        raise IllegalArgument(detail="mute_duration must be positive, or -1")
    room = open_room(actor, command.target, RoomAct.MUTE)
    _refuse_any(room, names)
    users = users_named(actor.app.id, names)
    for_ever = command.duration_ms == -1 or command.duration_ms >= MAX_MUTE_MS
    until = None if for_ever else timezone.now() + timedelta(milliseconds=command.duration_ms)
    expires_ms = FOREVER_MS if until is None else int(until.timestamp() * 1000)
    RoomMute.objects.bulk_create(
        [RoomMute(room=room.row, user=user, expires_at=until) for user in users.values()],
        update_conflicts=True,
        unique_fields=["room", "user"],
        update_fields=["expires_at"],
    )
    mutes = {**room.rights.mutes, **dict.fromkeys(names, expires_ms)}
    room.change(mutes=mutes)
    room.tell(RoomChange.MUTED, names, expires_ms=-1 if for_ever else expires_ms)
    room.note_members("mute.add", names, duration_ms=[None, command.duration_ms])
    return [MuteInfo(name, expires_ms) for name in names]


def _refuse_any(room: OpenRoom, names: list[str]) -> None:
    strangers = [name for name in names if name not in room.rights.affiliations]
    if strangers:
        raise NotMember(names=", ".join(strangers), **room.names)
    for name in names:
        refusal = subject_refusal(room.rights, room.rank, name)
        if refusal is not None:
            raise refusal


def _batch(actor: Actor, usernames: tuple[str, ...], sentence: str) -> list[str]:
    limit = actor.app.settings.max_batch_members
    return names_of(usernames, limit=limit, sentence=sentence)


@transaction.atomic
def unmute_members(actor: Actor, command: UnmuteMembers) -> list[MemberOutcome]:
    """End mutes; somebody who is not muted, or not there, is no error.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
    """
    names = _batch(actor, command.usernames, "removeMute member size more than max limit")
    room = open_room(actor, command.target, RoomAct.MUTE)
    muted = [name for name in names if name in room.rights.mutes]
    if muted:
        RoomMute.objects.filter(room=room.row, user__username__in=muted).delete()
        mutes = {k: v for k, v in room.rights.mutes.items() if k not in muted}
        room.change(mutes=mutes)
        room.tell(RoomChange.UNMUTED, muted)
        room.note_members("mute.remove", muted)
    return [MemberOutcome(name, True) for name in names]


@transaction.atomic
def mute_all(actor: Actor, command: MuteAll) -> bool:
    """Let only the owner, admins and the allow list speak, or everybody again. Answers the state.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
    """
    room = open_room(actor, command.target, RoomAct.MUTE)
    if room.row.muted_all != command.on:
        room.row.muted_all = command.on
        room.row.save(update_fields=["muted_all", "modified_at"])
        room.reload_flags()
        room.tell(RoomChange.MUTED_ALL if command.on else RoomChange.UNMUTED_ALL)
        room.note("mute.all", muted_all=[not command.on, command.on])
    return command.on


@transaction.atomic
def block_members(actor: Actor, command: BlockMembers) -> list[MemberOutcome]:
    """Remove members and keep them out: they can neither join nor be invited.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
        NotMember, OwnerProtected: why nobody could be blocked.
    """
    names = _batch(actor, command.usernames, "userNames is more than max limit")
    room = open_room(actor, command.target, RoomAct.BLOCK)
    outcomes = member_outcomes(room, names)
    users = users_named(actor.app.id, [made.username for made in outcomes if made.done])
    dismiss(room, list(users.values()), RoomChange.MEMBERS_BLOCKED)
    RoomBlock.objects.bulk_create(RoomBlock(room=room.row, user=user) for user in users.values())
    RoomRequest.objects.filter(room=room.row, user__in=users.values()).delete()
    room.change(blocked=room.rights.blocked | users.keys())
    room.note_members("block.add", users)
    return outcomes


@transaction.atomic
def unblock_members(actor: Actor, command: UnblockMembers) -> list[MemberOutcome]:
    """Take users off the block list; they are not put back into the room.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
        NotBlocked: none of them is on the list.
    """
    names = _batch(actor, command.usernames, "removeBlacklist: list size more than max limit")
    room = open_room(actor, command.target, RoomAct.BLOCK)
    rows = RoomBlock.objects.filter(room=room.row, user__username__in=names).select_related("user")
    freed = {row.user.username: row.user for row in rows.order_by("user")}
    if not freed:
        raise NotBlocked(names=", ".join(names), **room.names)
    rows.delete()
    room.forget_blocks(freed)
    room.tell(RoomChange.MEMBERS_UNBLOCKED, [name for name in names if name in freed])
    # Who is out of the room does not read its log.
    room.tell_each(freed.values(), RoomChange.MEMBERS_UNBLOCKED, name=room.row.name)
    room.note_members("block.remove", freed)
    reason = f"is not in the block list of {room.rights.kind}: {room.rights.room_id}"
    return [
        MemberOutcome(name, name in freed, "" if name in freed else f"user: {name} {reason}")
        for name in names
    ]


@transaction.atomic
def allow_members(actor: Actor, command: AllowMembers) -> list[MemberOutcome]:
    """Let members speak while everybody is muted, or no longer.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, BatchTooLarge.
        NotMember: none of them is in the room.
    """
    sentence = "usernames size is more than max limit"
    if not command.on:
        sentence = "removeWhitelist size is more than max limit"
    names = _batch(actor, command.usernames, sentence)
    room = open_room(actor, command.target, RoomAct.ALLOW)
    members = [name for name in names if name in room.rights.affiliations]
    if not members:
        raise NotMember(names=", ".join(names), **room.names)
    listed = room.rights.allow_listed
    changed = [name for name in members if (name in listed) != command.on]
    if changed:
        RoomMember.objects.filter(room=room.row, user__username__in=changed, left_seq=None).update(
            allow_listed=command.on
        )
        allowed = listed | set(changed) if command.on else listed - set(changed)
        room.change(allow_listed=allowed)
        room.tell(RoomChange.ALLOWED if command.on else RoomChange.DISALLOWED, changed)
        room.note_members("allow.add" if command.on else "allow.remove", changed)
    where = f"doesn't exist in {room.rights.kind}: {room.rights.room_id}"
    return [
        MemberOutcome(name, name in members, "" if name in members else f"user: {name} {where}")
        for name in names
    ]


@transaction.atomic
def set_announcement(actor: Actor, command: SetAnnouncement) -> None:
    """Show a text to the members; an empty one takes it away.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, AnnouncementTooLong.
    """
    room = open_room(actor, command.target, RoomAct.ANNOUNCE)
    if len(command.text) > actor.app.settings.max_announcement:
        raise AnnouncementTooLong(**room.names)
    row = room.row
    before = row.announcement
    row.announcement = command.text
    row.announced_by = actor.username or room.owner_name or "admin"
    row.announced_at = timezone.now()
    row.save(update_fields=["announcement", "announced_by", "announced_at", "modified_at"])
    room.tell(RoomChange.ANNOUNCED, announcement=command.text)
    room.note("announce", announcement=[before, command.text])


@transaction.atomic
def disable_group(actor: Actor, command: DisableGroup, *, reason: str = "") -> bool:
    """Stop a group: nobody sends or changes anything until it is enabled. Answers the state.

    `reason` is kept in the audit.

    Raises:
        GroupNotFound. NotPermitted: a client asks.
    """
    room = open_room(actor, command.target, RoomAct.DISABLE)
    if room.row.disabled != command.disabled:
        room.row.disabled = command.disabled
        room.row.save(update_fields=["disabled", "modified_at"])
        room.reload_flags()
        room.tell(RoomChange.DISABLED if command.disabled else RoomChange.ENABLED)
        diff = {"reason": [None, reason]} if reason else {}
        room.note("disable" if command.disabled else "enable", **diff)
    return command.disabled
