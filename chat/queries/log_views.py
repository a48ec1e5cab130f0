"""Which logs a user may read, and from where to where."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.domain.errors import NotMember
from chat.domain.targets import (
    Conversation,
    Place,
    ToChatroom,
    ToSelf,
    ToUser,
    kind_and_id,
)
from chat.models import ConversationRow, ConversationState, Room, RoomMember
from chat.queries.rights import room_not_found
from chat.store.reading import find_row
from chat.store.rows import conversation_of
from chat.store.unread import Reader, born_floors


@dataclass(frozen=True, slots=True)
class LogView:
    """One user's window on a log: entries above `floor`, up to `ceiling` (None: no end)."""

    row: ConversationRow
    state: ConversationState | None
    floor: int = 0
    ceiling: int | None = None

    @property
    def conversation(self) -> Conversation:
        return conversation_of(self.row)

    @property
    def last_seq(self) -> int:
        return self.row.last_seq if self.ceiling is None else min(self.row.last_seq, self.ceiling)


def reader_of(actor: Actor) -> Reader:
    return reader_by_id(actor.user_id, actor.username)


def reader_by_id(user_id: int, username: str = "") -> Reader:
    found = ImUser.objects.filter(id=user_id).values_list("username", "born_id").first()
    return Reader(user_id, *found) if found else Reader(user_id, username)


def conversation_at(actor: Actor, place: Place) -> Conversation:
    """The log that a place is to the actor.

    Raises:
        GroupNotFound, ChatroomNotFound: there was never such a room.
    """
    match place:
        case ToUser(username):
            return Conversation.pair(actor.username, username.lower())
        case ToSelf():
            return Conversation.personal(actor.username, actor.user_id)
        case target:
            kind, room_id = kind_and_id(target)
            rooms = Room.objects.filter(app_id=actor.app.id, kind=kind, room_id=room_id)
            row_id = rooms.order_by("-id").values_list("id", flat=True).first()
            if row_id is None:
                raise room_not_found(target)
            return Conversation.room(kind, room_id, row_id)


def view_at(actor: Actor, place: Place, reader: Reader) -> LogView | None:
    """The actor's window on a place; None when nothing was ever stored there.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    talk = conversation_at(actor, place)
    ceiling, floor = None, 0
    if not isinstance(place, ToUser | ToSelf) and not actor.is_app:
        stay = RoomMember.objects.filter(room_id=talk.row_id, user_id=actor.user_id)
        last = stay.order_by("-id").first()
        if last is None and not isinstance(place, ToChatroom):
            raise NotMember(names=actor.username, room_id=talk.room_id, kind=talk.kind)
        if last is not None:
            floor, ceiling = last.joined_seq, last.left_seq
    row = find_row(actor.app.id, talk)
    if row is None:
        return None
    state = ConversationState.objects.filter(
        user_id=actor.user_id or None, conversation=row
    ).first()
    born = born_floors([row], reader).get(row.pk, 0)
    return LogView(row, state, max(floor, born), ceiling)


def views_of(
    app_id: int,
    reader: Reader,
    *,
    left_too: bool = False,
    personal: bool = False,
    threads: bool = True,
    latest: int = 0,
) -> list[LogView]:
    """All logs of a user but chatrooms', by row id. A former stay in a group is a view of its own.
    `latest`: only so many, those with the newest messages that the user may have.

    Pair views have no floor yet: entries are filtered by born_id, counts by `born_floors`.
    """
    kinds = [Room.Kind.GROUP, Room.Kind.THREAD] if threads else [Room.Kind.GROUP]
    stays = RoomMember.objects.filter(user_id=reader.user_id, room__kind__in=kinds)
    if not left_too:
        stays = stays.filter(left_seq=None, room__destroyed_at=None)
    windows: dict[str, list[tuple[int, int | None]]] = {}
    for room_id, joined, left in stays.order_by("id").values_list(
        "room_id", "joined_seq", "left_seq"
    ):
        windows.setdefault(f"r:{room_id}", []).append((joined, left))
    keys = [*windows, f"me:{reader.user_id}"] if personal else list(windows)
    rows: Iterable[ConversationRow]
    # Each part by its own index: asked for with OR, SQLite reads all conversations of the app.
    parts = (
        ConversationRow.objects.filter(one, app_id=app_id).values("pk")
        for one in (
            Q(kind="pair", name_a=reader.username),
            Q(kind="pair", name_b=reader.username),
            Q(key__in=keys),
        )
    )
    first, *others = parts
    logs = ConversationRow.objects.filter(pk__in=first.union(*others))
    rows = logs.order_by("id")
    known = ConversationState.objects.filter(user_id=reader.user_id)
    if latest:
        newest = logs.filter(last_message_id__gt=reader.born_id).order_by("-last_message_id")
        rows = sorted(newest[:latest], key=lambda row: row.pk)
        known = known.filter(conversation__in=[row.pk for row in rows])
    states = {state.conversation_id: state for state in known}
    return [
        LogView(row, states.get(row.pk), floor, ceiling)
        for row in rows
        if row.last_id > reader.born_id
        for floor, ceiling in windows.get(row.key, [(0, None)])
    ]
