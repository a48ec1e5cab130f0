"""Reads groups and chatrooms: details, lists, who may speak."""

# S608: the pieces that are put together are constants and marks, never values.
# ruff: noqa: S608

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q, QuerySet

from accounts.domain.actor import AppRef
from accounts.domain.errors import UserNotFound
from accounts.models import ImUser
from accounts.queries.raw import fetch, in_marks
from chat.domain.affiliations import Affiliation, RoomAct, RoomRights, may
from chat.domain.answers import RoomInfo, RoomPage
from chat.domain.errors import NotPermitted
from chat.domain.targets import RoomKind, RoomTarget, kind_and_id, room_target
from chat.models import Room, RoomMember, SuperAdmin
from chat.queries.rights import (
    forget_rights,
    kind_of_room,
    live_room,
    peek_rights,
    rights_of,
    room_not_found,
)
from chat.queries.room_members import (
    admins_of,
    allowed_in,
    blocked_in,
    find_member,
    is_member,
    is_super_admin,
    list_members,
    mutes_of,
    open_requests,
    page_super_admins,
)

__all__ = [
    "RoomTarget",
    "admins_of",
    "allowed_in",
    "blocked_in",
    "count_joined",
    "find_member",
    "find_room",
    "forget_rights",
    "get_room",
    "get_rooms",
    "info_of",
    "is_member",
    "is_super_admin",
    "known_rooms",
    "list_joined_rooms",
    "list_members",
    "list_public_rooms",
    "list_rooms",
    "live_room",
    "mutes_of",
    "open_requests",
    "page_super_admins",
    "peek_rights",
    "rights_of",
    "room_ids_taken",
    "room_not_found",
    "rooms_starting",
    "search_rooms",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def info_of(room: Room, my_rank: Affiliation = Affiliation.NONE) -> RoomInfo:
    return RoomInfo(
        kind=kind_of_room(room),
        room_id=room.room_id,
        row_id=room.pk,
        name=room.name,
        description=room.description,
        owner=room.owner.username if room.owner else "",
        public=room.public,
        members_only=room.members_only,
        allow_invites=room.allow_invites,
        invite_need_confirm=room.invite_need_confirm,
        max_members=room.max_members,
        member_count=room.member_count,
        muted_all=room.muted_all,
        disabled=room.disabled,
        custom=room.custom,
        avatar=room.avatar,
        announcement=room.announcement,
        created_ms=int(room.created_at.timestamp() * 1000),
        modified_ms=int(room.modified_at.timestamp() * 1000),
        my_rank=my_rank,
        announced_by=room.announced_by,
        announced_ms=int(room.announced_at.timestamp() * 1000) if room.announced_at else 0,
    )


def _rank_in(room: Room, viewer: str) -> Affiliation:
    if not viewer:
        return Affiliation.NONE
    if (
        room.kind == Room.Kind.CHATROOM
        and SuperAdmin.objects.filter(app_id=room.app_id, user__username=viewer).exists()
    ):
        return Affiliation.SUPER
    stay = RoomMember.objects.filter(room=room, user__username=viewer, left_seq=None)
    return Affiliation(stay.values_list("affiliation", flat=True).first() or 0)


def get_room(app: AppRef, target: RoomTarget, viewer: str = "") -> RoomInfo:
    """One room's details, for the app or, with `viewer`, as that user may see them.

    Raises:
        GroupNotFound, ChatroomNotFound.
        NotPermitted: the details of a private group that the viewer is not in.
    """
    room = live_room(app.id, target)
    rank = _rank_in(room, viewer)
    bare = RoomRights(app.id, room.pk, room.room_id, kind_and_id(target)[0], 0, room.public)
    if viewer and not may(RoomAct.READ_DETAILS, rank, bare):
        raise NotPermitted(detail=f"user: {viewer} is not a member of group: {room.room_id}")
    return info_of(room, rank)


def find_room(app: AppRef, room_id: str) -> RoomInfo | None:
    """A group or chatroom by id alone: they share one id space."""
    rooms = Room.objects.select_related("owner")
    room = rooms.filter(app_id=app.id, room_id=room_id, destroyed_at=None).first()
    return info_of(room) if room else None


def get_rooms(app: AppRef, kind: RoomKind, room_ids: list[str], viewer: str = "") -> list[RoomInfo]:
    """Those of the ids that exist, in the order asked for.

    Raises:
        GroupNotFound, ChatroomNotFound: none of them exists.
        NotPermitted: as get_room.
    """
    rooms = Room.objects.select_related("owner").filter(
        app_id=app.id, kind=kind, room_id__in=room_ids, destroyed_at=None
    )
    by_id = {room.room_id: room for room in rooms}
    if not by_id:
        raise room_not_found(room_target(kind, ",".join(room_ids)))
    wanted = [name for name in dict.fromkeys(room_ids) if name in by_id]
    if viewer:
        return [get_room(app, room_target(kind, room_id), viewer) for room_id in wanted]
    return [info_of(by_id[room_id]) for room_id in wanted]


def room_ids_taken(app_id: int, names: list[str]) -> set[str]:
    """Which of the names are ids of rooms: a username must not equal one (rest.md 1.3)."""
    found = Room.objects.filter(app_id=app_id, room_id__in=names, destroyed_at=None)
    return set(found.values_list("room_id", flat=True))


def _page(rooms: QuerySet[Room], after: str, limit: int, offset: int) -> RoomPage:
    """Newest created first; a cursor is `<µs of creation>.<row id>`."""
    micros, _, row = after.partition(".")
    if micros.isdigit() and row.isdigit():
        at = _EPOCH + timedelta(microseconds=int(micros))
        rooms = rooms.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=int(row)))
    ordered = rooms.select_related("owner").order_by("-created_at", "-pk")
    found = list(ordered[offset : offset + limit + 1])
    page = found[:limit]
    last = ""
    if page:
        since = page[-1].created_at - _EPOCH
        last = f"{since // timedelta(microseconds=1)}.{page[-1].pk}"
    shown = tuple(info_of(room) for room in page)
    return RoomPage(shown, last if len(found) > limit else "", last)


def _live(app: AppRef, kind: RoomKind) -> QuerySet[Room]:
    return Room.objects.filter(app_id=app.id, kind=kind, destroyed_at=None)


def list_rooms(
    app: AppRef, kind: RoomKind, *, after: str = "", limit: int = 10, offset: int = 0
) -> RoomPage:
    """All rooms of a kind, newest created first."""
    return _page(_live(app, kind), after, limit, offset)


def list_public_rooms(
    app: AppRef, kind: RoomKind, *, after: str = "", limit: int = 50, offset: int = 0
) -> RoomPage:
    """What any user may find: public groups, every chatroom."""
    return _page(_live(app, kind).filter(public=True), after, limit, offset)


def search_rooms(
    app: AppRef,
    kind: RoomKind,
    *,
    text: str = "",
    member: str = "",
    after: str = "",
    limit: int = 50,
) -> RoomPage:
    """By exact id or the name's beginning, and by a member."""
    rooms = _live(app, kind)
    if text:
        rooms = rooms.filter(Q(room_id=text) | Q(name__istartswith=text))
    if member:
        # From the member to the rooms: the other way every room would be looked at.
        user = ImUser.objects.filter(app_id=app.id, username=member.lower())
        stays = RoomMember.objects.filter(user__in=user, left_seq=None)
        rooms = rooms.filter(pk__in=list(stays.values_list("room", flat=True)))
    return _page(rooms, after, limit, 0)


def rooms_starting(
    app: AppRef, kinds: Collection[RoomKind], text: str, limit: int = 8
) -> list[tuple[str, str]]:
    """Id and name of rooms whose id or name begins so: suggestions for a picker. The name in any
    case."""
    live = Room.objects.filter(app_id=app.id, kind__in=kinds, destroyed_at=None)
    by_id = live.filter(room_id__gte=text, room_id__lt=text + "\x7f").order_by("room_id")
    by_name = live.filter(name__istartswith=text).order_by("name", "pk")
    columns = ("room_id", "name")
    found = dict(by_id.values_list(*columns)[:limit])
    found |= dict(by_name.values_list(*columns)[: limit - len(found)])
    return list(found.items())


def known_rooms(app: AppRef, kinds: Collection[RoomKind], room_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are rooms of these kinds."""
    live = Room.objects.filter(app_id=app.id, kind__in=kinds, destroyed_at=None)
    return set(live.filter(room_id__in=room_ids).values_list("room_id", flat=True))


def _joined(app: AppRef, username: str, kind: RoomKind) -> QuerySet[RoomMember]:
    user = ImUser.objects.filter(app_id=app.id, username=username.lower())
    user_id = user.values_list("pk", flat=True).first()
    if user_id is None:
        raise UserNotFound(username=username)
    return RoomMember.objects.filter(
        user=user_id, left_seq=None, room__kind=kind, room__destroyed_at=None
    )


def rooms_of_users(user_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The rows of the groups, threads and chatrooms that each user is in; who is in none is
    missing."""
    if not user_ids:
        return {}
    found = fetch(
        "SELECT m.user_id, m.room_id FROM chat_roommember m JOIN chat_room r ON r.id = m.room_id"
        f" WHERE m.user_id IN ({in_marks(user_ids)})"
        " AND m.left_seq IS NULL AND r.destroyed_at IS NULL",
        [*user_ids],
    )
    rooms: dict[int, list[int]] = {}
    for user_id, room_id in found:
        rooms.setdefault(user_id, []).append(room_id)
    return {user_id: tuple(rows) for user_id, rows in rooms.items()}


def list_joined_rooms(
    app: AppRef,
    username: str,
    kind: RoomKind,
    *,
    after: str = "",
    limit: int = 500,
    offset: int = 0,
) -> RoomPage:
    """The rooms that a user is in, newest join first, with their rank in each.

    Raises:
        UserNotFound.
    """
    stays = _joined(app, username, kind)
    if after.isdigit():
        stays = stays.filter(pk__lt=int(after))
    rows = stays.select_related("room__owner").order_by(F("pk").desc())
    found = list(rows[offset : offset + limit + 1])
    page = found[:limit]
    last = str(page[-1].pk) if page else ""
    shown = tuple(info_of(stay.room, Affiliation(stay.affiliation)) for stay in page)
    return RoomPage(shown, last if len(found) > limit else "", last)


def count_joined(app: AppRef, username: str, kind: RoomKind) -> int:
    return _joined(app, username, kind).count()


def target_of(app: AppRef, room_id: str) -> RoomTarget:
    """Where an id leads, of whatever kind it is; a group's place when there was never such one."""
    rooms = Room.objects.filter(app_id=app.id, room_id=room_id).order_by("-pk")
    room = rooms.first()
    return room_target(kind_of_room(room) if room else "group", room_id)
