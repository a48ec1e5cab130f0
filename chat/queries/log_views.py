"""Which logs a user may read, and from where to where."""

# S608: the pieces that are put together are constants and marks, never values.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.domain.actor import Actor
from accounts.queries.im_users import standing_of
from accounts.queries.raw import fetch, in_marks
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
from chat.queries.offline import Missed
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
    found = standing_of(user_id)
    return Reader(user_id, found.username, found.born_id) if found else Reader(user_id, username)


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
    windows = _windows(reader, left_too=left_too, threads=threads)
    keys = [*windows, f"me:{reader.user_id}"] if personal else list(windows)
    if latest:
        newest = _logs(app_id, reader, keys, latest)
        rows = sorted(newest, key=lambda row: row.pk)
        states = _states(reader, [row.pk for row in rows])
    else:
        rows = _logs(app_id, reader, keys)
        states = _states(reader)
    return [
        LogView(row, states.get(row.pk), floor, ceiling)
        for row in rows
        if row.last_id > reader.born_id
        for floor, ceiling in windows.get(row.key, [(0, None)])
    ]


def unseen_places(app_id: int, reader: Reader) -> list[Missed]:
    """What no device has of the logs of `views_of`. No rows are made into objects: a busy user has
    thousands of logs."""
    windows = _windows(reader)
    ids, values = _ids_of(app_id, reader, list(windows))
    logs = fetch(
        "SELECT c.id, c.key, c.kind, COALESCE(s.delivered_seq, 0), c.last_seq"
        " FROM chat_conversationrow c"
        " LEFT JOIN chat_conversationstate s ON s.user_id = %s AND s.conversation_id = c.id"
        f" WHERE c.id IN ({ids}) AND c.last_id > %s",
        [reader.user_id, *values, reader.born_id],
    )
    return [
        Missed(pk, kind, max(floor, delivered), last_seq)
        for pk, key, kind, delivered, last_seq in logs
        for floor, _ceiling in windows.get(key, [(0, None)])
        if last_seq > max(floor, delivered)
    ]


def _windows(
    reader: Reader, *, left_too: bool = False, threads: bool = True
) -> dict[str, list[tuple[int, int | None]]]:
    """Key of a group's or thread's log → the seqs between which each stay of the user lies."""
    windows: dict[str, list[tuple[int, int | None]]] = {}
    for room_id, joined, left in _stays(reader, left_too=left_too, threads=threads):
        windows.setdefault(f"r:{room_id}", []).append((joined, left))
    return windows


def _stays(reader: Reader, *, left_too: bool, threads: bool) -> list[tuple[Any, ...]]:
    """(room row, joined_seq, left_seq) of a user's groups, and threads if asked."""
    kinds = "'group', 'thread'" if threads else "'group'"
    present = "" if left_too else " AND m.left_seq IS NULL AND r.destroyed_at IS NULL"
    return fetch(
        "SELECT m.room_id, m.joined_seq, m.left_seq FROM chat_roommember m"
        f" JOIN chat_room r ON r.id = m.room_id AND r.kind IN ({kinds})"
        f" WHERE m.user_id = %s{present} ORDER BY m.id",
        [reader.user_id],
    )


def _logs(
    app_id: int, reader: Reader, keys: Sequence[str], latest: int = 0
) -> list[ConversationRow]:
    """The user's pairs and the logs with the given keys, by row id; or the latest, newest first."""
    ids, values = _ids_of(app_id, reader, keys)
    newest, order = "", "id"
    if latest:
        newest, order = " AND last_message_id > %s", "last_message_id DESC LIMIT %s"
        values += [reader.born_id, latest]
    return list(
        ConversationRow.objects.raw(
            f"SELECT * FROM chat_conversationrow WHERE id IN ({ids}){newest} ORDER BY {order}",
            values,
        )
    )


def _ids_of(app_id: int, reader: Reader, keys: Sequence[str]) -> tuple[str, list[Any]]:
    """A SELECT of the row ids of the user's pairs and of the logs with these keys; its values."""
    # Each part by its own index: asked for with OR, SQLite reads all conversations of the app.
    one = "SELECT id FROM chat_conversationrow WHERE app_id = %s"
    parts = [f"{one} AND kind = 'pair' AND name_a = %s", f"{one} AND kind = 'pair' AND name_b = %s"]
    values: list[Any] = [app_id, reader.username, app_id, reader.username]
    if keys:
        parts.append(f"{one} AND key IN ({in_marks(keys)})")
        values += [app_id, *keys]
    return " UNION ".join(parts), values


def _states(reader: Reader, logs: Sequence[int] | None = None) -> dict[int, ConversationState]:
    """The user's views of all conversations, or of those, by the conversation's row."""
    if logs is not None and not logs:
        return {}
    chosen = "" if logs is None else f" AND conversation_id IN ({in_marks(logs)})"
    statement = f"SELECT * FROM chat_conversationstate WHERE user_id = %s{chosen}"
    rows = ConversationState.objects.raw(statement, [reader.user_id, *(logs or ())])
    return {state.conversation_id: state for state in rows}
