"""The message log of an app: every message of every conversation, newest first, filtered."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.domain.errors import MessageNotFound
from chat.models import ConversationRow, EntryRow
from chat.store.rows import entry_of, id_at

MAX_ID = (1 << 63) - 1
MAX_LOGS = 2000  # of one person, the latest first


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
    app: AppRef, wanted: MessageFilter, *, before: int = 0, limit: int = 50
) -> tuple[list[Entry], int]:
    """Messages with ids below `before` (0: from the newest), and the next `before` (0: the end)."""
    rows = EntryRow.objects.filter(app_id=app.id, kind=EntryKind.MESSAGE)
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
    if wanted.room_id:
        rows = rows.filter(conversation__in=_logs(app, room_id=wanted.room_id))
    if wanted.to:
        one = wanted.to.lower()
        to_oneself = Q(conversation__name_a=one, conversation__name_b=one)
        rows = rows.filter(conversation__in=_pairs_of(app, one)).exclude(~to_oneself, sender=one)
    if wanted.party:
        one = wanted.party.lower()
        rows = rows.filter(Q(sender=one) | Q(conversation__in=_pairs_of(app, one)))
    if wanted.text:
        rows = rows.filter(payload__contains=wanted.text)
    found = list(rows.select_related("conversation").order_by("-id")[: limit + 1])
    more = found[limit - 1].id if len(found) > limit else 0
    return [entry_of(row) for row in found[:limit]], more


def _pairs_of(app: AppRef, name: str) -> list[int]:
    return [*_logs(app, kind="pair", name_a=name), *_logs(app, kind="pair", name_b=name)]


def _logs(app: AppRef, **which: str) -> list[int]:
    """Rows of conversations, found first: then the messages are read by their log's index."""
    found = ConversationRow.objects.filter(app_id=app.id, **which).order_by("-last_message_id")
    return list(found.values_list("id", flat=True)[:MAX_LOGS])


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
