"""Lets users into an open room and takes them out: rows, count, rights, and what is told."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts.models import ImUser
from chat.actions.room_access import OpenRoom, open_room
from chat.actions.room_attributes import drop_attributes_of
from chat.domain.affiliations import Affiliation
from chat.domain.errors import JoinFull, RoomFull, TooManyJoined
from chat.domain.events import RoomChange
from chat.domain.targets import ToThread
from chat.models import RoomBlock, RoomMember, RoomRequest


def admit(
    room: OpenRoom,
    users: Sequence[ImUser],
    change: RoomChange,
    *,
    by: ImUser | None = None,
    ranks: dict[str, Affiliation] | None = None,
    never_present: bool = False,
    **detail: Any,
) -> None:
    """Make users members, who are none, and tell the room and them in one entry.

    Their stay begins before that entry, so each reads of the own coming in.

    Raises:
        RoomFull, JoinFull, TooManyJoined.
    """
    _check_places(room, users, change)
    ranks = ranks or {}
    names = [user.username for user in users]
    was_quiet = room.is_quiet
    _move_count(room, len(users))
    room.change_ranks({name: ranks.get(name, Affiliation.MEMBER) for name in names})
    detail = {"name": room.row.name, "members": room.row.member_count, **detail}
    if was_quiet:
        joined_seq = room.last_seq
        room.tell_each(users, change, by=by, row=room.row.pk, **detail)
    else:
        also = [user.pk for user in users]
        joined_seq = room.tell(change, names, by=by, also=also, **detail).seq - 1
        room.last_seq = joined_seq + 1
    RoomMember.objects.bulk_create(
        RoomMember(
            room=room.row,
            user=user,
            affiliation=ranks.get(user.username, Affiliation.MEMBER),
            joined_seq=joined_seq,
            never_present=never_present,
        )
        for user in users
    )
    RoomRequest.objects.filter(room=room.row, user__in=users).delete()


def _check_places(room: OpenRoom, users: Sequence[ImUser], change: RoomChange) -> None:
    if room.rights.kind == "thread":
        return  # no more than the group has; who may join one more is its own action's affair
    if room.row.member_count + len(users) > room.row.max_members:
        raise (JoinFull if change is RoomChange.MEMBER_JOINED else RoomFull)(**room.names)
    if room.rights.kind != "group":
        return
    limit = room.actor.app.settings.max_joined_groups
    crowded = (
        RoomMember.objects.filter(
            user__in=users, left_seq=None, room__kind="group", room__destroyed_at=None
        )
        .values("user__username")
        .annotate(joined=Count("pk"))
        .filter(joined__gte=limit)
        .order_by("user__username")
        .values_list("user__username", flat=True)
        .first()
    )
    if crowded is not None:
        raise TooManyJoined(username=crowded, **room.names)


def dismiss(
    room: OpenRoom,
    users: Sequence[ImUser],
    change: RoomChange,
    *,
    by: ImUser | None = None,
    **detail: Any,
) -> None:
    """End the stays of members, with rank and allow-list entry; a mute stays.

    The stay includes the entry that tells of its end.
    """
    names = [user.username for user in users]
    was_quiet = room.is_quiet and change is RoomChange.MEMBER_LEFT
    _move_count(room, -len(users))
    room.change_ranks(removed=names)
    detail = {"name": room.row.name, "members": room.row.member_count, **detail}
    if was_quiet:
        left_seq = room.last_seq
        room.tell_each(users, change, by=by, row=room.row.pk, **detail)
    else:
        left_seq = room.last_seq = room.tell(change, names, by=by, **detail).seq
    stays = RoomMember.objects.filter(room=room.row, user__in=users, left_seq=None)
    stays.update(left_seq=left_seq, left_at=timezone.now(), allow_listed=False)
    if room.rights.kind == "chatroom":
        drop_attributes_of(room, names)
    if room.rights.kind == "group":
        _leave_threads(room, users, change, by)


def _leave_threads(
    group: OpenRoom, users: Sequence[ImUser], change: RoomChange, by: ImUser | None
) -> None:
    """Who is out of the group is out of its threads (rest.md 3.8.13).

    For the app acts the group's owner, not the thread's: that could be who is taken out.
    """
    if by is None and group.actor.is_app:
        by = group.row.owner
    stays = RoomMember.objects.filter(user__in=users, left_seq=None, room__parent=group.row)
    for thread_id in stays.order_by("room").values_list("room__room_id", flat=True).distinct():
        thread = open_room(group.actor, ToThread(thread_id), None)
        gone = [user for user in users if user.username in thread.rights.affiliations]
        dismiss(thread, gone, change, by=by)


def _move_count(room: OpenRoom, by: int) -> None:
    room.row.member_count += by
    room.row.save(update_fields=["member_count"])


def unblock(room: OpenRoom, users: Iterable[ImUser]) -> None:
    """Take users off the block list without a word: coming in as a member clears it."""
    names = [user.username for user in users if user.username in room.rights.blocked]
    if names:
        RoomBlock.objects.filter(room=room.row, user__username__in=names).delete()
        room.forget_blocks(names)
