"""Messages of an app in the order of time: hour files, and the legacy query.

What was sent is read by the index (app, id): an id's time is that of its commit. An import stands
in the hour that it was given; the legacy query finds it where it was stored.
"""

import heapq
from collections.abc import Iterator

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryFlag, EntryKind, EntryState
from chat.models import EntryRow, ImportedEntry
from chat.store.rows import entry_of, id_at

CHUNK = 500


def has_messages(app: AppRef, start_ms: int, end_ms: int) -> bool:
    return next(messages_between(app, start_ms, end_ms), None) is not None


def messages_between(app: AppRef, start_ms: int, end_ms: int) -> Iterator[Entry]:
    """Messages of one time (included) to another, oldest first; recalled ones are gone."""
    sent, imported = _sent(app, start_ms, end_ms), _imported(app, start_ms, end_ms)
    return heapq.merge(sent, imported, key=lambda entry: (entry.created_ms, entry.id))


def _sent(app: AppRef, start_ms: int, end_ms: int) -> Iterator[Entry]:
    after, last = id_at(start_ms) - 1, id_at(end_ms)
    while found := query_messages(app, after=after, below=last, limit=CHUNK):
        yield from (entry for entry in found if not entry.flags & EntryFlag.HISTORY_ONLY)
        after = found[-1].id


def _imported(app: AppRef, start_ms: int, end_ms: int) -> Iterator[Entry]:
    """In the order of the given times. Pages by (time, id), as many may share a time."""
    rows = ImportedEntry.objects.filter(app_id=app.id, created_ms__lt=end_ms)
    rows = rows.order_by("created_ms", "entry_id")
    at_ms, after = start_ms, -1
    while True:
        same = rows.filter(created_ms=at_ms, entry_id__gt=after)
        places = list(same.values_list("created_ms", "entry_id")[:CHUNK])
        if not places:
            later = rows.filter(created_ms__gt=at_ms)
            places = list(later.values_list("created_ms", "entry_id")[:CHUNK])
        if not places:
            return
        found = EntryRow.objects.select_related("conversation").in_bulk([one for _, one in places])
        kept = [found[one] for _, one in places if one in found]
        yield from (entry_of(row) for row in kept if row.state != EntryState.RECALLED)
        at_ms, after = places[-1]


def query_messages(
    app: AppRef,
    *,
    after: int = 0,
    below: int = 0,
    sender: str = "",
    receiver: str = "",
    newest_first: bool = False,
    limit: int = 10,
) -> list[Entry]:
    """A page of messages between two ids, both left out (0: no bound). `receiver`: the peer of a
    pair, or a room's id."""
    rows = EntryRow.objects.filter(app_id=app.id, kind=EntryKind.MESSAGE, id__gt=max(after, 0))
    rows = rows.exclude(state=EntryState.RECALLED).select_related("conversation")
    if below:
        rows = rows.filter(id__lt=below)
    if sender:
        rows = rows.filter(sender=sender)
    if receiver:
        names = {"conversation__name_a": receiver}, {"conversation__name_b": receiver}
        rows = (
            rows.filter(conversation__room_id=receiver)
            | rows.filter(**names[0]).exclude(sender=receiver)
            | rows.filter(**names[1]).exclude(sender=receiver)
        )
    return [entry_of(row) for row in rows.order_by("-id" if newest_first else "id")[:limit]]
