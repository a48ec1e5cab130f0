"""Names by the page, as the console lists them: who is what in a room, and who blocks whom.

Each takes the row `after` which it begins (0: the first) and answers its lines with the next
`after` (0: the end).
"""

from typing import Any

from django.db.models import QuerySet

from accounts.domain.actor import AppRef
from chat.domain.answers import MuteInfo
from chat.domain.targets import RoomTarget
from chat.models import BlockEntry, RoomBlock, RoomMember, RoomMute, RoomRequest, SuperAdmin
from chat.queries.rights import live_room, until_ms
from chat.queries.room_members import OpenRequest, present_in, request_of, running

Names = tuple[list[str], int]


def _page(
    rows: QuerySet[Any], after: int, limit: int, *columns: str, is_newest_first: bool = False
) -> tuple[list[Any], int]:
    """Each line without its row's number."""
    sign, passed = ("-", "lt") if is_newest_first else ("", "gt")
    if after:
        rows = rows.filter(**{f"pk__{passed}": after})
    found = list(rows.order_by(f"{sign}pk").values_list("pk", *columns)[: limit + 1])
    return [row[1:] for row in found[:limit]], found[limit - 1][0] if len(found) > limit else 0


def _names(
    rows: QuerySet[Any], after: int, limit: int, column: str = "user__username", **order: bool
) -> Names:
    found, more = _page(rows, after, limit, column, **order)
    return [name for [name] in found], more


def page_admins(app: AppRef, target: RoomTarget, after: int, limit: int) -> Names:
    """Admins without the owner. Raises GroupNotFound, ChatroomNotFound; so do the others of a
    room."""
    stays = present_in(live_room(app.id, target))
    return _names(stays.filter(affiliation=RoomMember.Rank.ADMIN), after, limit)


def page_allowed(app: AppRef, target: RoomTarget, after: int, limit: int) -> Names:
    return _names(present_in(live_room(app.id, target)).filter(allow_listed=True), after, limit)


def page_blocked(app: AppRef, target: RoomTarget, after: int, limit: int) -> Names:
    rows = RoomBlock.objects.filter(room=live_room(app.id, target))
    return _names(rows, after, limit, is_newest_first=True)


def page_mutes(
    app: AppRef, target: RoomTarget, after: int, limit: int
) -> tuple[list[MuteInfo], int]:
    """Mutes that still run, those of members who left included."""
    rows = RoomMute.objects.filter(running(), room=live_room(app.id, target))
    found, more = _page(rows, after, limit, "user__username", "expires_at")
    return [MuteInfo(name, until_ms(until)) for name, until in found], more


def page_requests(
    app: AppRef, target: RoomTarget, after: int, limit: int
) -> tuple[list[OpenRequest], int]:
    """Invitations and applications that nobody answered yet."""
    rows = RoomRequest.objects.filter(room=live_room(app.id, target), pk__gt=after)
    found = list(rows.select_related("user").order_by("pk")[: limit + 1])
    return [request_of(row) for row in found[:limit]], (
        found[limit - 1].pk if len(found) > limit else 0
    )


def page_super_admins_of(app: AppRef, after: int, limit: int) -> Names:
    """Who may make chatrooms from a client."""
    return _names(SuperAdmin.objects.filter(app_id=app.id), after, limit)


def page_blockers_of(user_id: int, after: int, limit: int) -> Names:
    """Who blocks a user."""
    rows = BlockEntry.objects.filter(blocked=user_id)
    return _names(rows, after, limit, "owner__username", is_newest_first=True)
