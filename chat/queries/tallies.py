"""Counts beside names in the console's lists: a few queries for a whole page of rows."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.domain.actor import AppRef
from accounts.models import ImUser
from chat.domain.entries import EntryKind
from chat.models import (
    BlockEntry,
    ConversationRow,
    Room,
    RoomMember,
    RosterEntry,
    UserMute,
    WatchedUser,
)
from chat.store.clock import now_ms
from chat.store.rows import id_at
from chat.store.unread import ask_joined


@dataclass(frozen=True, slots=True)
class UserTally:
    friends: int = 0
    groups: int = 0
    chatrooms: int = 0
    blocks: int = 0  # this and the next ones of tally_of only
    pairs: int = 0  # one-to-one logs; that with oneself twice
    is_muted: bool = False  # in the whole app, in some kind of conversation
    watched_until_ms: int = 0


def tallies_of(user_ids: Iterable[int]) -> dict[int, UserTally]:
    """Friends, groups and chatrooms of each user."""
    ids = list(user_ids)
    friends = dict(
        RosterEntry.objects.filter(owner__in=ids, state=RosterEntry.State.FRIENDS)
        .values_list("owner")
        .annotate(n=Count("id"))
    )
    stays = (
        RoomMember.objects.filter(user__in=ids, left_seq=None, room__destroyed_at=None)
        .values_list("user")
        .annotate(
            groups=Count("id", filter=Q(room__kind=Room.Kind.GROUP)),
            chatrooms=Count("id", filter=Q(room__kind=Room.Kind.CHATROOM)),
        )
    )
    rooms = {user_id: (groups, chatrooms) for user_id, groups, chatrooms in stays}
    return {
        user_id: UserTally(friends.get(user_id, 0), *rooms.get(user_id, (0, 0))) for user_id in ids
    }


def tally_of(user_id: int) -> UserTally:
    """Of one user, in one query; with the block list."""
    friends = RosterEntry.objects.filter(owner=OuterRef("pk"), state=RosterEntry.State.FRIENDS)
    stays = RoomMember.objects.filter(user=OuterRef("pk"), left_seq=None, room__destroyed_at=None)
    pairs = ConversationRow.objects.filter(app=OuterRef("app"), kind="pair")
    now = now_ms()
    lasting = UserMute.objects.filter(until_ms__gt=now)
    watches = WatchedUser.objects.filter(user=OuterRef("pk"), until_ms__gt=now)
    counted = ImUser.objects.filter(pk=user_id).annotate(
        n_friends=_count(friends, "owner"),
        n_groups=_count(stays.filter(room__kind=Room.Kind.GROUP), "user"),
        n_chatrooms=_count(stays.filter(room__kind=Room.Kind.CHATROOM), "user"),
        # Each by its own index: with OR, SQLite reads far more.
        n_first=_count(pairs.filter(name_a=OuterRef("username")), "app"),
        n_second=_count(pairs.filter(name_b=OuterRef("username")), "app"),
        n_blocks=_count(BlockEntry.objects.filter(owner=OuterRef("pk")), "owner"),
        muted=Exists(lasting.filter(user=OuterRef("pk"))),
        watched=Coalesce(Subquery(watches.values("until_ms")[:1]), 0),
    )
    counts = "n_friends", "n_groups", "n_chatrooms", "n_blocks", "n_first", "n_second"
    found = counted.values_list(*counts, "muted", "watched").first()
    if found is None:
        return UserTally()
    friends, groups, chatrooms, blocks, first, second, is_muted, until_ms = found
    return UserTally(friends, groups, chatrooms, blocks, first + second, is_muted, until_ms)


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def messages_since(app: AppRef, room_rows: Iterable[int], ms: int, most: int) -> dict[int, int]:
    """Row of a room → its messages since a Unix time in ms, those without any left out. Of each
    log only the last `most` entries are looked at."""
    keys = {f"r:{row}": row for row in room_rows}
    since_id = id_at(ms)
    logs = ConversationRow.objects.filter(app_id=app.id, key__in=keys, last_id__gt=since_id)
    places = {pk: (keys[key], last_seq) for pk, key, last_seq in
              logs.values_list("pk", "key", "last_seq")}  # fmt: skip
    # Ids rise with seq: from the end back to the first that is older, and no further.
    older = (
        "SELECT y.seq FROM chat_entryrow y WHERE y.conversation_id = w.log AND y.seq > w.start"
        " AND y.id <= %s ORDER BY y.seq DESC LIMIT 1"
    )
    found = ask_joined(
        "(log, start)",
        [(pk, last_seq - most) for pk, (_row, last_seq) in places.items()],
        "SELECT w.log, (SELECT count(*) FROM chat_entryrow x WHERE x.conversation_id = w.log"
        f" AND x.seq > COALESCE(({older}), w.start) AND x.kind = {int(EntryKind.MESSAGE)}) FROM w",
        [since_id],
    )
    return {places[pk][0]: count for pk, count in found if count}


@dataclass(frozen=True, slots=True)
class OwnedRooms:
    """What goes with a user who is deleted: names of rooms as (id, name)."""

    groups: Sequence[tuple[str, str]]
    chatrooms: Sequence[tuple[str, str]]


def owned_by(user_id: int) -> OwnedRooms:
    rows = Room.objects.filter(owner=user_id, destroyed_at=None).order_by("-pk")
    found = list(rows.values_list("kind", "room_id", "name"))
    return OwnedRooms(
        [(room_id, name) for kind, room_id, name in found if kind == Room.Kind.GROUP],
        [(room_id, name) for kind, room_id, name in found if kind == Room.Kind.CHATROOM],
    )


def count_owned(app: AppRef, usernames: Iterable[str]) -> tuple[int, int]:
    """How many groups and chatrooms these users own, which go with them."""
    rooms = Room.objects.filter(app_id=app.id, owner__username__in=usernames, destroyed_at=None)
    kinds = dict(rooms.values_list("kind").annotate(n=Count("pk")))
    return kinds.get(Room.Kind.GROUP, 0), kinds.get(Room.Kind.CHATROOM, 0)


def blockers_of(user_id: int) -> list[str]:
    """Who blocks this user, newest first."""
    rows = BlockEntry.objects.filter(blocked=user_id).order_by("-pk")
    return list(rows.values_list("owner__username", flat=True))
