"""Counts beside names in the console's lists: a few queries for a whole page of rows."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from accounts.domain.actor import AppRef
from accounts.domain.errors import UserNotFound
from accounts.models import ImUser
from accounts.queries.im_users import UserInfo, info_of
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

MUTED_KINDS = ("pair", "group", "chatroom")
MOST_LOOKED_AT = 10_001  # entries that a user sent, and as many of its one-to-one logs
_SENT = "FROM chat_entryrow WHERE app_id = %s AND sender = %s ORDER BY id DESC LIMIT %s"
_PAIRS = "FROM chat_conversationrow WHERE app_id = %s AND kind = 'pair' AND name_"
_GOT = (
    f"FROM chat_entryrow WHERE conversation_id IN (SELECT id {_PAIRS}a = %s"
    f" UNION SELECT id {_PAIRS}b = %s) LIMIT %s"
)
# Messages of the latest pairs without a look at one, but those of types that do not count.
_TALK = "SELECT count_a + count_b - gone_a - gone_b AS n"
_LATEST = "ORDER BY last_message_id DESC LIMIT 20"
_TALKED = (
    f"(SELECT COALESCE(SUM(n), 0) FROM (SELECT n FROM ({_TALK} {_PAIRS}a = %s {_LATEST}) one"
    f" UNION ALL SELECT n FROM ({_TALK} {_PAIRS}b = %s AND name_a <> name_b {_LATEST}) two) pairs)"
)


@dataclass(frozen=True, slots=True)
class UserTally:
    friends: int = 0
    groups: int = 0
    chatrooms: int = 0
    blocks: int = 0  # this and the next ones of user_with_tally only
    pairs: int = 0  # one-to-one logs; that with oneself twice
    mutes: tuple[tuple[str, int], ...] = ()  # in the whole app: kind of conversation, end in ms
    watched_until_ms: int = 0
    messages: int = 0  # kept ones that the user sent, or got one-to-one
    has_all_messages: bool = True  # there are no more than were counted


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


def user_with_tally(app: AppRef, username: str) -> tuple[UserInfo, UserTally]:
    """One user and all of that, in one query.

    Raises:
        UserNotFound.
    """
    friends = RosterEntry.objects.filter(owner=OuterRef("pk"), state=RosterEntry.State.FRIENDS)
    stays = RoomMember.objects.filter(user=OuterRef("pk"), left_seq=None, room__destroyed_at=None)
    pairs = ConversationRow.objects.filter(app=OuterRef("app"), kind="pair")
    now = now_ms()
    mutes = UserMute.objects.filter(user=OuterRef("pk"), until_ms__gt=now)
    watches = WatchedUser.objects.filter(user=OuterRef("pk"), until_ms__gt=now)
    counted = ImUser.objects.filter(app_id=app.id, username=username.lower()).annotate(
        n_friends=_count(friends, "owner"),
        n_groups=_count(stays.filter(room__kind=Room.Kind.GROUP), "user"),
        n_chatrooms=_count(stays.filter(room__kind=Room.Kind.CHATROOM), "user"),
        # Each by its own index: with OR, SQLite reads far more.
        n_first=_count(pairs.filter(name_a=OuterRef("username")), "app"),
        n_second=_count(pairs.filter(name_b=OuterRef("username")), "app"),
        n_blocks=_count(BlockEntry.objects.filter(owner=OuterRef("pk")), "owner"),
        watched=_until(watches),
        **_messages_of(app.id, username.lower()),
        **{f"muted_{kind}": _until(mutes.filter(kind=kind)) for kind in MUTED_KINDS},
    )
    row: Any = counted.first()
    if row is None:
        raise UserNotFound(username=username)
    ends = ((kind, getattr(row, f"muted_{kind}")) for kind in MUTED_KINDS)
    tally = UserTally(
        row.n_friends,
        row.n_groups,
        row.n_chatrooms,
        row.n_blocks,
        row.n_first + row.n_second,
        tuple((kind, until) for kind, until in ends if until),
        row.watched,
        row.n_sent + row.n_got,
        max(row.looked_sent, row.looked_got) < MOST_LOOKED_AT,
    )
    return info_of(row), tally


def _messages_of(app_id: int, name: str) -> dict[str, RawSQL]:
    """Of each of the two ways: messages, and the entries that were looked at for them. Nothing is
    looked at where the running numbers of a few pairs tell of enough."""
    sent, got = [app_id, name, MOST_LOOKED_AT], [app_id, name, app_id, name, MOST_LOOKED_AT]
    is_message = f"kind = {int(EntryKind.MESSAGE)}"

    def number(rows: str, values: list[Any], columns: str = "1", where: str = "") -> RawSQL:
        counted = f"SELECT count(*) FROM (SELECT {columns} {rows}) looked{where}"
        unless = [app_id, name, app_id, name, MOST_LOOKED_AT, MOST_LOOKED_AT]
        whole = f"CASE WHEN {_TALKED} >= %s THEN %s ELSE ({counted}) END"
        return RawSQL(whole, [*unless, *values], output_field=IntegerField())  # noqa: S611

    return {
        "n_sent": number(_SENT, sent, "kind", f" WHERE {is_message}"),
        "looked_sent": number(_SENT, sent),
        "n_got": number(
            _GOT, [*got, name], "kind, sender", f" WHERE {is_message} AND sender <> %s"
        ),
        "looked_got": number(_GOT, got),
    }


def _until(rows: QuerySet[Any]) -> Coalesce:
    """When it ends, in ms; 0 where there is no such row."""
    return Coalesce(Subquery(rows.values("until_ms")[:1]), 0)


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
