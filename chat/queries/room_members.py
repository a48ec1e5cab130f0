"""Reads who is in a group or chatroom and in which state: ranks, mutes, block and allow lists."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.domain.actor import AppRef
from chat.domain.affiliations import FOREVER_MS, Affiliation, RoomAct, RoomRights, may
from chat.domain.answers import MemberInfo, MemberPage, MuteInfo
from chat.domain.errors import NotPermitted
from chat.domain.targets import RoomTarget, kind_and_id
from chat.models import Room, RoomBlock, RoomMember, RoomMute, RoomRequest, SuperAdmin
from chat.queries.rights import live_room, until_ms


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """An invitation (`invited_by` set) or an application that waits for its answer."""

    username: str
    invited_by: str
    message: str
    created_ms: int


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def present_in(room: Room) -> QuerySet[RoomMember]:
    """The stays of its present members."""
    return RoomMember.objects.filter(room=room, left_seq=None)


def readable_room(app: AppRef, target: RoomTarget, viewer: str) -> Room:
    """The room, once `viewer` (the app when empty) is known to be allowed to read it."""
    room = live_room(app.id, target)
    if viewer:
        bare = RoomRights(app.id, room.pk, room.room_id, kind_and_id(target)[0], 0, room.public)
        stay = present_in(room).filter(user__username=viewer)
        rank = Affiliation(stay.values_list("affiliation", flat=True).first() or 0)
        if not may(RoomAct.READ, rank, bare):
            raise NotPermitted(detail=f"user: {viewer} is not a member of group: {room.room_id}")
    return room


def member_ids(app: AppRef, target: RoomTarget) -> list[int]:
    """The user rows of all members. Raises GroupNotFound, ChatroomNotFound."""
    return list(present_in(live_room(app.id, target)).values_list("user_id", flat=True))


def list_members(
    app: AppRef,
    target: RoomTarget,
    *,
    after: str = "",
    limit: int = 200,
    offset: int = 0,
    newest_first: bool = False,
    with_owner: bool = True,
    viewer: str = "",
) -> MemberPage:
    """One page in order of joining; `after` is the last answer's `next`.

    Raises:
        GroupNotFound, ChatroomNotFound.
        NotPermitted: `viewer` is not in the group.
    """
    room = readable_room(app, target, viewer)
    stays = present_in(room)
    if not with_owner:
        stays = stays.exclude(affiliation=RoomMember.Rank.OWNER)
    if after.isdigit():
        stays = stays.filter(pk__lt=int(after)) if newest_first else stays.filter(pk__gt=int(after))
    ordered = stays.select_related("user").order_by("-pk" if newest_first else "pk")
    found = list(ordered[offset : offset + limit + 1])
    page = found[:limit]
    mutes = _mutes(room, [stay.user_id for stay in page])
    last = str(page[-1].pk) if page else ""
    shown = tuple(_member(stay, mutes) for stay in page)
    return MemberPage(shown, last if len(found) > limit else "", last)


def _mutes(room: Room, user_ids: list[int]) -> dict[int, int]:
    rows = RoomMute.objects.filter(room=room, user__in=user_ids).filter(running())
    return {user_id: until_ms(until) for user_id, until in rows.values_list("user", "expires_at")}


def running() -> Q:
    """Of a mute: it lasts."""
    return Q(expires_at=None) | Q(expires_at__gt=timezone.now())


def _member(stay: RoomMember, mutes: dict[int, int]) -> MemberInfo:
    return MemberInfo(
        username=stay.user.username,
        affiliation=Affiliation(stay.affiliation),
        joined_ms=_ms(stay.joined_at),
        muted_until_ms=mutes.get(stay.user_id, 0),
        allow_listed=stay.allow_listed,
        nickname=stay.user.nickname,
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """A user's present stay in a room; `muted_until_ms` is 0 for who is not muted."""

    joined_ms: int
    muted_until_ms: int

    @property
    def muted_for_ever(self) -> bool:
        return self.muted_until_ms >= FOREVER_MS


def stays_of(user_id: int, room_rows: Collection[int]) -> dict[int, Stay]:
    """Row of a room → the user's stay there; who is not in a room has none."""
    mutes = RoomMute.objects.filter(running(), user=user_id, room=OuterRef("room"))
    stays = RoomMember.objects.filter(user=user_id, room__in=room_rows, left_seq=None).annotate(
        is_muted=Exists(mutes), muted_until=Subquery(mutes.values("expires_at")[:1])
    )
    found = stays.values_list("room_id", "joined_at", "is_muted", "muted_until")
    return {
        row: Stay(_ms(joined_at), until_ms(until) if is_muted else 0)
        for row, joined_at, is_muted, until in found
    }


def find_member(
    app: AppRef, target: RoomTarget, username: str, viewer: str = ""
) -> MemberInfo | None:
    """One member with mute and allow list; None when not in the room."""
    room = readable_room(app, target, viewer)
    stay = present_in(room).select_related("user").filter(user__username=username.lower()).first()
    return _member(stay, _mutes(room, [stay.user_id])) if stay else None


def is_member(app: AppRef, target: RoomTarget, username: str) -> bool:
    room = live_room(app.id, target)
    return present_in(room).filter(user__username=username.lower()).exists()


def admins_of(app: AppRef, target: RoomTarget, viewer: str = "") -> list[str]:
    """Admins without the owner, in order of joining."""
    room = readable_room(app, target, viewer)
    admins = present_in(room).filter(affiliation=RoomMember.Rank.ADMIN).order_by("pk")
    return list(admins.values_list("user__username", flat=True))


def mutes_of(app: AppRef, target: RoomTarget, viewer: str = "") -> list[MuteInfo]:
    """Mutes that still run, those of members who left included (rest.md 3.8.17)."""
    room = readable_room(app, target, viewer)
    rows = RoomMute.objects.filter(room=room).filter(running()).order_by("pk")
    return [
        MuteInfo(name, until_ms(until))
        for name, until in rows.values_list("user__username", "expires_at")
    ]


def blocked_in(app: AppRef, target: RoomTarget, viewer: str = "") -> list[str]:
    room = readable_room(app, target, viewer)
    rows = RoomBlock.objects.filter(room=room).order_by("-pk")
    return list(rows.values_list("user__username", flat=True))


def allowed_in(app: AppRef, target: RoomTarget, viewer: str = "") -> list[str]:
    room = readable_room(app, target, viewer)
    rows = present_in(room).filter(allow_listed=True).order_by("pk")
    return list(rows.values_list("user__username", flat=True))


def open_requests(app: AppRef, target: RoomTarget) -> list[OpenRequest]:
    """Invitations and applications that nobody answered yet, oldest first."""
    room = live_room(app.id, target)
    rows = RoomRequest.objects.filter(room=room).select_related("user").order_by("pk")
    return [request_of(row) for row in rows]


def request_of(row: RoomRequest) -> OpenRequest:
    return OpenRequest(row.user.username, row.invited_by, row.message, _ms(row.created_at))


def is_super_admin(app: AppRef, username: str) -> bool:
    """Whether a user may make chatrooms from a client."""
    return SuperAdmin.objects.filter(app_id=app.id, user__username=username.lower()).exists()


def page_super_admins(
    app: AppRef, *, limit: int, after: str = "", offset: int = 0
) -> tuple[list[str], str]:
    """A page of them; and what is `after` for the page behind it."""
    rows = SuperAdmin.objects.filter(app_id=app.id).order_by("pk")
    if after.isdigit():
        rows = rows.filter(pk__gt=int(after))
    found = list(rows.values_list("pk", "user__username")[offset : offset + limit])
    return [name for _, name in found], str(found[-1][0]) if found else ""
