"""Pages of history as client SDKs ask for them: both directions, narrowed by type, time, sender."""

from dataclasses import dataclass

from accounts.domain.actor import Actor
from chat.domain.commands import ReadHistory
from chat.domain.entries import Entry
from chat.domain.targets import Place
from chat.queries.history import is_ignored, visible_rows
from chat.store.rows import entry_of

MAX_PAGE = 50


@dataclass(frozen=True, slots=True)
class RoamingFilter:
    """`start` 0 begins at the newest (or oldest) message; `types` empty: all. Times are ms, the
    first inside, 0 for none."""

    start: int = 0
    limit: int = 20
    oldest_first: bool = False
    types: tuple[str, ...] = ()
    since_ms: int = 0
    until_ms: int = 0
    sender: str = ""


@dataclass(frozen=True, slots=True)
class RoamingPage:
    """`last_id` is where the next page starts, also when the sender hid the last message."""

    entries: tuple[Entry, ...]
    last_id: int
    is_last: bool


def roam(actor: Actor, place: Place, wanted: RoamingFilter) -> RoamingPage:
    """One page, in the order asked for.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    found = visible_rows(actor, ReadHistory(place))
    if found is None:
        return RoamingPage((), 0, is_last=True)
    view, rows = found
    if wanted.start:
        side = "id__gt" if wanted.oldest_first else "id__lt"
        rows = rows.filter(**{side: wanted.start})
    if wanted.types:
        rows = rows.filter(type__in=wanted.types)
    if wanted.since_ms:
        rows = rows.filter(created_ms__gte=wanted.since_ms)
    if wanted.until_ms:
        rows = rows.filter(created_ms__lt=wanted.until_ms)
    if wanted.sender:
        rows = rows.filter(sender=wanted.sender.lower())
    limit = max(1, min(wanted.limit, MAX_PAGE))
    page = list(rows.order_by("seq" if wanted.oldest_first else "-seq")[: limit + 1])
    entries = [entry_of(row, view.conversation) for row in page[:limit]]
    shown = tuple(entry for entry in entries if not is_ignored(entry, actor.username))
    return RoamingPage(shown, entries[-1].id if entries else 0, is_last=len(page) <= limit)
