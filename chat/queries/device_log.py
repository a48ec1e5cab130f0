"""What one device of a user sent and received lately, as far as the log and its cursors tell."""

# S608: the pieces that are put together are constants, never values.

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import QuerySet

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry
from chat.models import DeviceCursor, EntryRow
from chat.store.rows import entry_of, id_at
from chat.store.unread import ask_joined

LOGS = 20  # those that the device acknowledged last
LOOKED_AT = 200  # of the user's newest entries, whose devices are asked


@dataclass(frozen=True, slots=True)
class Passed:
    """An entry that a device sent, or (`is_sent` false) acknowledged; `at_ms` is its time, or of
    one from before about when it was acknowledged."""

    entry: Entry
    is_sent: bool
    at_ms: int


# A log's entries after a moment, up to what the device acknowledged, and that itself: it moved
# after the moment, whatever its age. Not what was said before the user's stay there.
_GOT = """
SELECT w.log, e.id FROM w CROSS JOIN chat_entryrow e
WHERE e.conversation_id = w.log AND e.seq <= w.seq AND e.seq > w.seq - %s
  AND (e.seq = w.seq OR e.id > %s) AND NOT (e.sender = %s AND e.sender_device = %s)
  AND NOT EXISTS (SELECT 1 FROM chat_conversationrow c CROSS JOIN chat_roommember m
    WHERE c.id = w.log AND m.room_id = c.row_id AND m.user_id = %s
      AND m.left_seq IS NULL AND m.joined_seq >= e.seq)
"""


def passed(
    app: AppRef, user_id: int, username: str, device: str, since_ms: int, limit: int
) -> list[Passed]:
    """The newest first, since a moment; four queries.

    Of a log with much, or of one of many, only the end. Acknowledgements are a second old.
    """
    since = id_at(since_ms)
    newest = EntryRow.objects.filter(app_id=app.id, sender=username, id__gt=since).order_by("-id")
    by_device = newest.values_list("id", "sender_device")[:LOOKED_AT]
    sent = [entry_id for entry_id, name in by_device if name == device][:limit]
    moved = _moved(user_id, device, since_ms)
    values = [limit, since, username, device, user_id]
    got = {
        entry_id: moved[log][1]
        for log, entry_id in ask_joined(
            "(log, seq)", [(log, seq) for log, (seq, _) in moved.items()], _GOT, values
        )
    }
    wanted = sorted({*sent, *sorted(got, reverse=True)[: limit * 2]}, reverse=True)
    rows = EntryRow.objects.filter(pk__in=wanted).select_related("conversation")
    found = [
        Passed(
            entry := entry_of(row),
            is_sent := row.id in sent,
            entry.created_ms if is_sent or entry.created_ms >= since_ms else got[row.id],
        )
        for row in rows
    ]
    seen = [one for one in found if one.entry.may_see(username)]
    return sorted(seen, key=lambda one: (-one.at_ms, -one.entry.id))[:limit]


def _moved(user_id: int, device: str, since_ms: int) -> dict[int, tuple[int, int]]:
    """Log → how far the device acknowledged it since a moment, and when."""
    since = datetime.fromtimestamp(since_ms / 1000, UTC)
    rows: QuerySet[DeviceCursor] = DeviceCursor.objects.filter(
        user_id=user_id, device=device, updated_at__gte=since
    )
    columns = ("conversation_id", "seq", "updated_at")
    return {
        log: (seq, int(at.timestamp() * 1000))
        for log, seq, at in rows.order_by("-updated_at").values_list(*columns)[:LOGS]
    }
