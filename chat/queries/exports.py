"""Messages of an app in the order in which they were stored: hour files, and the legacy query.

Read by the index (app, id): an id's time is that of its commit. An imported message is therefore
found in the hour of its import; the time that it was given is in it.
"""

from collections.abc import Iterator

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.models import EntryRow
from chat.store.rows import entry_of, id_at

CHUNK = 500


def has_messages(app: AppRef, start_ms: int, end_ms: int) -> bool:
    return next(messages_between(app, start_ms, end_ms), None) is not None


def messages_between(app: AppRef, start_ms: int, end_ms: int) -> Iterator[Entry]:
    """Messages stored from one time (included) to another, oldest first; recalled ones are gone."""
    after, last = id_at(start_ms) - 1, id_at(end_ms)
    while found := query_messages(app, after=after, below=last, limit=CHUNK):
        yield from found
        after = found[-1].id


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
