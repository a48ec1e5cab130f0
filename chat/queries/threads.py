"""Reads threads: one, lists by app, group and member, their last messages.

Lists are in order of making, which is the order of the rows; a cursor is a row's id.
"""

from collections.abc import Sequence

from django.db.models import F, QuerySet

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import get_user
from chat.domain.answers import ThreadInfo, ThreadOverview, ThreadPage
from chat.domain.entries import Entry
from chat.domain.errors import GroupNotFound
from chat.domain.targets import ToGroup, ToThread
from chat.domain.thread_errors import (
    NotInThreadsGroup,
    ThreadGroupNotFound,
    ThreadNotFound,
    ThreadsDisabled,
)
from chat.models import ConversationRow, EntryRow, Room, RoomMember
from chat.queries.rights import live_room
from chat.store.rows import entry_of


def info_of(row: Room) -> ThreadInfo:
    return ThreadInfo(
        thread_id=row.room_id,
        row_id=row.pk,
        name=row.name,
        owner=row.owner.username if row.owner else "",
        group_id=row.parent.room_id if row.parent else "",
        message_id=row.parent_message or 0,
        created_ms=int(row.created_at.timestamp() * 1000),
        member_count=row.member_count,
    )


def get_thread(actor: Actor, thread_id: str) -> ThreadInfo:
    """Raises ThreadsDisabled, ThreadNotFound; NotInThreadsGroup: the reader is not in its group."""
    return info_of(_readable(actor, thread_id))


def list_thread_members(
    actor: Actor, thread_id: str, *, after: str = "", limit: int = 50
) -> tuple[list[str], str]:
    """A page of names in order of joining, and the next `after`; as get_thread."""
    stays = RoomMember.objects.filter(room=_readable(actor, thread_id), left_seq=None)
    if after:
        stays = stays.filter(pk__gt=int(after))
    rows = stays.order_by("pk").values_list("pk", "user__username")
    found = list(rows[: limit + 1])
    return [name for _, name in found[:limit]], str(found[limit - 1][0]) if found[limit:] else ""


def list_threads(
    app: AppRef, *, after: str = "", limit: int = 50, oldest_first: bool = False
) -> ThreadPage:
    """All threads of an app."""
    _demand_open(app)
    rows = Room.objects.filter(app_id=app.id, kind=Room.Kind.THREAD, destroyed_at=None)
    return _page(rows, after, limit, oldest_first=oldest_first)


def list_group_threads(
    actor: Actor, group_id: str, *, after: str = "", limit: int = 50, oldest_first: bool = False
) -> ThreadPage:
    """A group's threads, for the app or one of its members.

    Raises:
        ThreadsDisabled, ThreadGroupNotFound, NotInThreadsGroup.
    """
    group = _group(actor.app, group_id)
    if not actor.is_app:
        _demand_member(group, actor.user_id)
    rows = Room.objects.filter(parent=group, destroyed_at=None)
    return _page(rows, after, limit, oldest_first=oldest_first)


def list_joined_threads(
    app: AppRef,
    username: str,
    *,
    group_id: str = "",
    after: str = "",
    limit: int = 50,
    oldest_first: bool = False,
) -> ThreadPage:
    """The threads that a user is in, of one group or of all.

    Raises:
        UserNotFound, ThreadsDisabled, ThreadGroupNotFound, NotInThreadsGroup.
    """
    user = get_user(app, username)
    _demand_open(app)
    stays = RoomMember.objects.filter(
        user=user.id, left_seq=None, room__kind=Room.Kind.THREAD, room__destroyed_at=None
    )
    if group_id:
        group = _group(app, group_id)
        _demand_member(group, user.id)
        stays = stays.filter(room__parent=group)
    if after:
        side = "room__gt" if oldest_first else "room__lt"
        stays = stays.filter(**{side: int(after)})
    order = F("room").asc() if oldest_first else F("room").desc()
    rows = stays.select_related("room__owner", "room__parent").order_by(order)
    return _paged([stay.room for stay in rows[: limit + 1]], limit)


def _page(rows: QuerySet[Room], after: str, limit: int, *, oldest_first: bool) -> ThreadPage:
    if after:
        rows = rows.filter(pk__gt=int(after)) if oldest_first else rows.filter(pk__lt=int(after))
    ordered = rows.select_related("owner", "parent").order_by("pk" if oldest_first else "-pk")
    return _paged(list(ordered[: limit + 1]), limit)


def _paged(found: list[Room], limit: int) -> ThreadPage:
    more = str(found[limit - 1].pk) if len(found) > limit else ""
    return ThreadPage(tuple(info_of(row) for row in found[:limit]), more)


def last_messages(actor: Actor, thread_ids: Sequence[str]) -> dict[str, Entry | None]:
    """The last message of each thread that the reader may read; None in an empty one.

    Raises:
        ThreadsDisabled.
    """
    _demand_open(actor.app)
    rooms = Room.objects.filter(
        app_id=actor.app.id, kind=Room.Kind.THREAD, room_id__in=thread_ids, destroyed_at=None
    )
    if not actor.is_app:
        mine = RoomMember.objects.filter(user=actor.user_id, left_seq=None)
        rooms = rooms.filter(parent__in=mine.values("room"))
    rows = list(rooms.select_related("owner", "parent"))
    found = {one.thread.thread_id: one.last for one in _overviews(actor.app, rows)}
    return {thread_id: found[thread_id] for thread_id in thread_ids if thread_id in found}


def overviews_below(app: AppRef, message_ids: Sequence[int]) -> dict[int, ThreadOverview]:
    """The threads below messages of one group, by message; four queries at most."""
    rows = Room.objects.filter(parent_message__in=message_ids, destroyed_at=None, app_id=app.id)
    found = list(rows.select_related("owner", "parent"))
    return {one.thread.message_id: one for one in _overviews(app, found)}


def _overviews(app: AppRef, rows: Sequence[Room]) -> list[ThreadOverview]:
    if not rows:
        return []
    logs = {
        log.row_id: log
        for log in ConversationRow.objects.filter(
            app_id=app.id, key__in=[f"r:{row.pk}" for row in rows]
        )
    }
    entries = EntryRow.objects.select_related("conversation").in_bulk(
        [log.last_message_id for log in logs.values()]
    )
    made = []
    for row in rows:
        log = logs.get(row.pk)
        last = entries.get(log.last_message_id) if log else None
        count = log.count_a if log else 0
        made.append(ThreadOverview(info_of(row), count, entry_of(last) if last else None))
    return made


def _readable(actor: Actor, thread_id: str) -> Room:
    _demand_open(actor.app)
    row = live_room(actor.app.id, ToThread(thread_id))
    if row.parent is None:
        raise ThreadNotFound
    if not actor.is_app:
        _demand_member(row.parent, actor.user_id)
    return row


def _group(app: AppRef, group_id: str) -> Room:
    _demand_open(app)
    try:
        return live_room(app.id, ToGroup(group_id))
    except GroupNotFound as refusal:
        raise ThreadGroupNotFound from refusal


def _demand_member(group: Room, user_id: int) -> None:
    if not RoomMember.objects.filter(room=group, user=user_id, left_seq=None).exists():
        raise NotInThreadsGroup


def _demand_open(app: AppRef) -> None:
    if not app.settings.threads_enabled:
        raise ThreadsDisabled
