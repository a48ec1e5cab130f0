"""Reading entries of one log in order: what a listener, a sync and a history start from."""

from collections.abc import Sequence
from contextlib import suppress

from django.db import IntegrityError

from chat.domain.entries import Entry, EntryKind
from chat.domain.room_changes import ENTERING
from chat.domain.targets import Conversation
from chat.models import ConversationRow, DeviceCursor, EntryRow
from chat.store import cursors
from chat.store.rows import conversation_of, entry_of, id_at


def find_row(app_id: int, conversation: Conversation) -> ConversationRow | None:
    """The log's row; None when nothing was ever stored in it."""
    return ConversationRow.objects.filter(app_id=app_id, key=conversation.key).first()


def entries_after(
    app_id: int, conversation: Conversation, seq: int, limit: int = 200
) -> list[Entry]:
    """Up to `limit` entries above `seq`, oldest first."""
    rows = EntryRow.objects.filter(
        conversation__app_id=app_id, conversation__key=conversation.key, seq__gt=seq
    ).order_by("seq")[:limit]
    return [entry_of(row, conversation) for row in rows]


def seq_before(app_id: int, conversation: Conversation, ms: int) -> int:
    """The seq of the last entry older than a Unix time in ms; 0 if there is none."""
    rows = EntryRow.objects.filter(
        conversation__app_id=app_id, conversation__key=conversation.key, id__lt=id_at(ms)
    ).order_by("-seq")
    return rows.values_list("seq", flat=True).first() or 0


def received(app_id: int, conversation: Conversation, seq: int) -> dict[tuple[int, str], int]:
    """The devices, as (user row, name), that acknowledged the log above `seq`, and up to where."""
    with suppress(IntegrityError):  # of a log that is gone: they are tried again
        cursors.flush()  # those of this process
    rows = DeviceCursor.objects.filter(
        conversation__app_id=app_id, conversation__key=conversation.key, seq__gt=seq
    )
    return {
        (user_id, device): up_to
        for user_id, device, up_to in rows.values_list("user_id", "device", "seq")
    }


def entry_by_id(app_id: int, entry_id: int) -> Entry | None:
    row = EntryRow.objects.filter(app_id=app_id, id=entry_id).select_related("conversation").first()
    return entry_of(row) if row else None


def moved_since(after_id: int, limit: int = 1000) -> list[tuple[int, Conversation, int]]:
    """Logs whose last entry is above an id: (app id, conversation, last seq), oldest first.

    The catch-up of design.md §5 asks it for the last 15 s: `rows.id_at(now_ms() - 15_000)`.
    """
    rows = ConversationRow.objects.filter(last_id__gt=after_id).order_by("last_id")[:limit]
    return [(row.app_id, conversation_of(row), row.last_seq) for row in rows]


def arrivals_since(after_id: int, logs: Sequence[tuple[int, Conversation]]) -> list[Entry]:
    """Of these logs, the entries above an id that brought somebody into a room; oldest first."""
    wanted = {(app_id, conversation.key) for app_id, conversation in logs}
    rows = EntryRow.objects.filter(
        id__gt=after_id,
        kind=EntryKind.ROOM,
        type__in=[change.value for change in ENTERING],
        app_id__in={app_id for app_id, _ in logs},
    ).order_by("id")
    found = rows.select_related("conversation")
    return [entry_of(row) for row in found if (row.app_id, row.conversation.key) in wanted]
