"""The message log of an app: every message of every conversation, newest first, filtered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.domain.errors import MessageNotFound
from chat.models import ConversationRow, EntryRow, Room
from chat.store.rows import entry_of, id_at

MAX_ID = (1 << 63) - 1
MAX_LOGS = 2000  # of one person, the latest first
READ_WHOLE = 5000  # entries


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Empty values do not filter. `to` is a user who got it one-to-one; `party` one of
    the two of a pair; `text` is part of the payload as it is stored; `chat` is pair, group or
    chatroom."""

    since_ms: int = 0
    message_id: int = 0
    sender: str = ""
    to: str = ""
    party: str = ""
    room_id: str = ""
    chat: str = ""
    type: str = ""
    text: str = ""
    is_recalled: bool = False


def find_messages(
    app: AppRef,
    wanted: MessageFilter,
    *,
    before: int = 0,
    limit: int = 50,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> tuple[list[Entry], int]:
    """Messages with ids below `before` (0: from the newest), and the next `before` (0: the end).
    `pairs`: rows of the logs of `party` and how much they hold, when they are at hand."""
    rows = _narrowed(EntryRow.objects.filter(kind=EntryKind.MESSAGE), wanted, before)
    parts: list[QuerySet[EntryRow]]
    if wanted.party:
        # Two indexes, one each; what is in both is one row.
        one = wanted.party.lower()
        logs = _pairs_of(app, one) if pairs is None else pairs
        parts = [_of_app(app, rows.filter(sender=one)), _in_logs(app, rows, logs)]
    elif wanted.to:
        one = wanted.to.lower()
        to_oneself = Q(conversation__name_a=one, conversation__name_b=one)
        rows = rows.exclude(~to_oneself, sender=one)
        parts = [_in_logs(app, rows, _pairs_of(app, one))]
    elif wanted.room_id:
        parts = [_in_logs(app, rows, _logs(app, key__in=_keys_of(app, wanted.room_id)))]
    else:
        parts = [_of_app(app, rows)]
    found = {row.id: row for part in parts for row in part[: limit + 1]}
    newest = sorted(found.values(), key=lambda row: -row.id)[: limit + 1]
    more = newest[limit - 1].id if len(newest) > limit else 0
    return [entry_of(row) for row in newest[:limit]], more


def _narrowed(rows: QuerySet[EntryRow], wanted: MessageFilter, before: int) -> QuerySet[EntryRow]:
    if before:
        rows = rows.filter(id__lt=before)
    if wanted.since_ms:
        rows = rows.filter(id__gte=id_at(wanted.since_ms))
    exact = {
        "id": wanted.message_id,
        "sender": wanted.sender.lower(),
        "conversation__kind": wanted.chat,
        "type": wanted.type,
        "state": EntryState.RECALLED if wanted.is_recalled else 0,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.text:
        rows = rows.filter(payload__contains=wanted.text)
    return rows.select_related("conversation")


def _of_app(app: AppRef, rows: QuerySet[EntryRow]) -> QuerySet[EntryRow]:
    return rows.filter(app_id=app.id).order_by("-id")


def _in_logs(
    app: AppRef, rows: QuerySet[EntryRow], logs: Sequence[tuple[int, int]]
) -> QuerySet[EntryRow]:
    """Of these conversations. Where they hold few messages they are read whole; the newest of a
    busy one are soon met among the app's."""
    ids = [pk for pk, _ in logs]
    if len(ids) == 1:
        return rows.filter(conversation=ids[0]).order_by("-seq")
    if sum(size for _, size in logs) > READ_WHOLE:
        return _of_app(app, rows.filter(conversation__in=ids))
    # Not by the id alone: its index would be walked through the whole app.
    return rows.filter(conversation__in=ids).order_by((F("id") + 0).desc())


def _pairs_of(app: AppRef, name: str) -> list[tuple[int, int]]:
    return [*_logs(app, kind="pair", name_a=name), *_logs(app, kind="pair", name_b=name)]


def _keys_of(app: AppRef, room_id: str) -> list[str]:
    """Of the room's log, and of those of rooms that had this id before it."""
    rooms = Room.objects.filter(app_id=app.id, room_id=room_id)
    return [f"r:{pk}" for pk in rooms.values_list("pk", flat=True)]


def _logs(app: AppRef, **which: Any) -> list[tuple[int, int]]:
    """Rows of conversations and how much they hold, the latest first."""
    found = ConversationRow.objects.filter(app_id=app.id, **which).order_by("-last_message_id")
    return list(found.values_list("id", "last_seq")[:MAX_LOGS])


def get_message(app: AppRef, message_id: int) -> Entry:
    """Raises MessageNotFound."""
    row = (
        EntryRow.objects.filter(app_id=app.id, id=message_id, kind=EntryKind.MESSAGE)
        .select_related("conversation")
        .first()
    )
    if row is None:
        raise MessageNotFound()
    return entry_of(row)


def newest_entries(app: AppRef, limit: int) -> list[int]:
    """Ids of the newest entries of any kind, the newest first."""
    rows = EntryRow.objects.filter(app_id=app.id).order_by("-id")
    return list(rows.values_list("id", flat=True)[:limit])


def count_messages_since(app: AppRef, since_ms: int) -> int:
    """Messages stored from a moment on; counting stops above ten thousand."""
    rows = EntryRow.objects.filter(app_id=app.id, id__gte=id_at(since_ms), kind=EntryKind.MESSAGE)
    return rows.order_by()[:10_001].count()
