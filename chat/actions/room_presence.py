"""Takes members out of chatrooms who are away for longer than the app's grace allows."""

from collections.abc import Callable, Iterable
from threading import Lock

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.models import ImUser
from accounts.queries.im_apps import app_by_id
from chat.actions.room_access import open_room
from chat.actions.room_admission import dismiss
from chat.domain.affiliations import Affiliation
from chat.domain.errors import ChatroomNotFound
from chat.domain.events import RoomChange
from chat.domain.targets import ToChatroom
from chat.models import Room, RoomMember
from chat.store.clock import now_ms

# (app id, user row ids) → those of them who are online anywhere.
OnlineUsers = Callable[[int, Iterable[int]], set[int]]

SLICE = 50  # users a transaction: messages must not wait for a crowd that leaves

# Since when this process sees a user offline, by row id. Lost with the process: then the grace
# begins anew, which gives everybody the time to come back.
_away_since_ms: dict[int, int] = {}
_lock = Lock()


def sweep_chatrooms(online: OnlineUsers, app_id: int | None = None) -> int:
    """Let those leave who are offline for longer than `room_grace_s`; answer how many did.

    Owners, admins, the allow list, and members put in by others who have not been online since,
    stay (rest.md 3.9). Call it every few seconds, never on the send path. Several processes may.
    """
    stays = RoomMember.objects.filter(
        room__kind=Room.Kind.CHATROOM,
        room__destroyed_at=None,
        left_seq=None,
        affiliation=RoomMember.Rank.MEMBER,
        allow_listed=False,
    )
    if app_id is not None:
        stays = stays.filter(room__app_id=app_id)
    users: dict[int, set[int]] = {}
    by_room: dict[tuple[int, str], set[int]] = {}
    unseen: set[int] = set()
    rows = stays.values_list("room__app_id", "room__room_id", "user", "never_present")
    for app, room_id, user_id, never_present in rows.iterator(chunk_size=5000):
        users.setdefault(app, set()).add(user_id)
        by_room.setdefault((app, room_id), set()).add(user_id)
        if never_present:
            unseen.add(user_id)
    present = {user_id for app, ids in users.items() for user_id in online(app, ids)}
    seen_first = unseen & present
    if seen_first:
        stays.filter(user__in=seen_first, never_present=True).update(never_present=False)
    return _let_leave(by_room, _overdue(users, present, whole=app_id is None))


def _overdue(users: dict[int, set[int]], present: set[int], *, whole: bool) -> set[int]:
    """Who is offline for longer than the grace of their app. `whole`: `users` are all there are,
    so that anybody else can be forgotten."""
    now = now_ms()
    overdue = set()
    with _lock:
        if whole:
            everyone = set().union(*users.values())
            for user_id in _away_since_ms.keys() - everyone:
                del _away_since_ms[user_id]
        for app, ids in users.items():
            grace_ms = app_by_id(app).settings.room_grace_s * 1000
            for user_id in ids:
                if user_id in present:
                    _away_since_ms.pop(user_id, None)
                elif now - _away_since_ms.setdefault(user_id, now) >= grace_ms:
                    overdue.add(user_id)
    return overdue


def _let_leave(by_room: dict[tuple[int, str], set[int]], overdue: set[int]) -> int:
    left = 0
    for (app_id, room_id), user_ids in by_room.items():
        gone = sorted(user_ids & overdue)
        for start in range(0, len(gone), SLICE):
            left += _leave(app_id, room_id, gone[start : start + SLICE])
    return left


@transaction.atomic
def _leave(app_id: int, room_id: str, user_ids: list[int]) -> int:
    try:
        room = open_room(Actor(app_by_id(app_id), via="system"), ToChatroom(room_id), None)
    except ChatroomNotFound:
        return 0
    stays = RoomMember.objects.filter(
        room=room.row,
        user__in=user_ids,
        left_seq=None,
        never_present=False,
        allow_listed=False,
        affiliation=Affiliation.MEMBER,
    )
    users = list(ImUser.objects.filter(pk__in=stays.values("user")))
    for user in users:
        dismiss(room, [user], RoomChange.MEMBER_LEFT, by=user, reason="offline")
    return len(users)
