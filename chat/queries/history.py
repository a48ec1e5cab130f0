"""Reading logs: history newest first, what a device has not received, the console's search."""

from collections.abc import Iterator

from django.db.models import QuerySet

from accounts.domain.actor import Actor
from accounts.queries.im_apps import settings_of
from accounts.queries.raw import fetch
from chat.domain.answers import HistoryPage, SyncPage
from chat.domain.commands import ReadHistory, Sync
from chat.domain.entries import Entry, EntryFlag, EntryKind, EntryState
from chat.domain.errors import IllegalArgument, NotMember
from chat.domain.targets import ToChatroom, ToGroup, ToThread
from chat.models import EntryRow, HiddenEntry
from chat.queries import offline
from chat.queries.first_pages import MAX_SYNC, gets, keep_starts
from chat.queries.log_views import LogView, reader_of, view_at, views_of
from chat.store import cursors
from chat.store.rows import entry_of
from chat.store.unread import Reader, counting

MAX_HISTORY = 100
_CHUNK = 200


def read_history(actor: Actor, command: ReadHistory) -> HistoryPage:
    """A page of a place's messages, newest first: not recalled, directed or hidden ones.

    A member's history starts at their last join unless the app opens it; a chatroom's is open to
    all while the app keeps it.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    reader = reader_of(actor)
    view = view_at(actor, command.place, reader)
    if view is None:
        return HistoryPage((), end=True, total=0)
    floor = _history_floor(actor, command, view)
    rows = counting(EntryRow.objects.filter(conversation_id=view.row.pk, seq__gt=floor))
    rows = rows.filter(kind=EntryKind.MESSAGE, id__gt=reader.born_id)
    hidden = HiddenEntry.objects.filter(user_id=reader.user_id).values("entry_id")
    visible = rows.exclude(state=EntryState.RECALLED).exclude(id__in=hidden)
    limit = max(1, min(command.limit, MAX_HISTORY))
    page = visible.order_by("-seq")
    if command.before > 0:
        page = page.filter(seq__lt=_seq_before(view, command.before))
    shown, end = _shown(view, page, actor.username, limit)
    total = _total(view, floor) - rows.filter(state=EntryState.RECALLED).count()
    total -= rows.filter(id__in=hidden).exclude(state=EntryState.RECALLED).count()
    return HistoryPage(shown, end=end, total=max(0, total))


def visible_rows(actor: Actor, command: ReadHistory) -> tuple[LogView, QuerySet[EntryRow]] | None:
    """The messages of a place that the actor may page through, unordered; None: nothing was ever
    stored there.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    reader = reader_of(actor)
    view = view_at(actor, command.place, reader)
    if view is None:
        return None
    floor = _history_floor(actor, command, view)
    rows = counting(EntryRow.objects.filter(conversation_id=view.row.pk, seq__gt=floor))
    rows = rows.filter(kind=EntryKind.MESSAGE, id__gt=reader.born_id)
    hidden = HiddenEntry.objects.filter(user_id=reader.user_id).values("entry_id")
    return view, rows.exclude(state=EntryState.RECALLED).exclude(id__in=hidden)


def _history_floor(actor: Actor, command: ReadHistory, view: LogView) -> int:
    hidden = view.state.hidden_before_seq if view.state else 0
    if isinstance(command.place, ToChatroom):
        keeps = settings_of(actor.app.id).room_history
        return hidden if keeps or actor.is_app else view.row.last_seq
    if isinstance(command.place, ToGroup | ToThread) and not actor.is_app:
        if view.ceiling is not None:
            names = {"names": actor.username, "room_id": view.row.room_id}
            raise NotMember(**names, kind=view.row.kind)
        # A thread is joined for the sake of what was said in it.
        if isinstance(command.place, ToThread) or settings_of(actor.app.id).history_before_join:
            return hidden
    return max(view.floor, hidden)


def _seq_before(view: LogView, entry_id: int) -> int:
    """Entries below this seq are older than an id, whether or not the log holds it."""
    seq = cursors.seq_of(view.row, entry_id)
    is_there = EntryRow.objects.filter(conversation_id=view.row.pk, id=entry_id).exists()
    return seq if is_there else seq + 1


def _total(view: LogView, floor: int) -> int:
    """Counting messages above `floor` by the running numbers: no scan, and right after the oldest
    entries were deleted."""
    first = EntryRow.objects.filter(conversation_id=view.row.pk, seq__gt=floor).order_by("seq")
    oldest = first.first()
    if oldest is None:
        return 0
    before = oldest.seen_a + oldest.seen_b - bool(oldest.flags & EntryFlag.COUNTS)
    return view.row.count_a + view.row.count_b - before


def _shown(
    view: LogView, page: QuerySet[EntryRow], username: str, limit: int
) -> tuple[tuple[Entry, ...], bool]:
    """A full page of what the user finds in history, and whether nothing is left below it."""
    shown: list[Entry] = []
    while True:
        rows = list(page[: limit + 1])
        for row in rows:
            entry = entry_of(row, view.conversation)
            if is_ignored(entry, username):
                continue
            if len(shown) == limit:
                return tuple(shown), False
            shown.append(entry)
        if len(rows) <= limit:
            return tuple(shown), True
        page = page.filter(seq__lt=rows[-1].seq)


def is_ignored(entry: Entry, username: str) -> bool:
    """The sender asked that this user does not find it in history (rest.md 3.6.1)."""
    options = entry.payload.get("options") or {}
    return bool(username) and username in options.get("roam_ignore", ())


def sync(actor: Actor, command: Sync) -> SyncPage:
    """What this device has not received, oldest first in each conversation.

    Of one place after an entry id, else of all logs from the device's cursors. `next` of the last
    page of all is empty: the next sync starts from the cursors, which `delivered` moves. A page
    from the cursors begins where the app's days and caps let it, and the cursors follow, so that
    what comes meanwhile pushes nothing out. A gateway asks `first_pages` before, which answers
    most devices.

    Raises:
        IllegalArgument: `after` is none of ours.
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    limit = max(1, min(command.limit, MAX_SYNC))
    reader = reader_of(actor)
    cursors.flush()
    if command.place is not None:
        view = view_at(actor, command.place, reader)
        if view is None:
            return SyncPage((), command.after, more=False)
        return _sync_place(actor, view, reader, command, limit)
    return _sync_all(actor, reader, command, limit)


def _sync_place(actor: Actor, view: LogView, reader: Reader, command: Sync, limit: int) -> SyncPage:
    after = command.after
    if after:
        start = cursors.seq_of(view.row, _number(after))
    else:
        start = _starts(actor, reader, [view], command)[view.row.pk]
    entries, last, more = _receive(actor, view, reader, start, limit)
    if last is None:
        return SyncPage((), after, more=False)
    return SyncPage(tuple(entries), str(last.id), more)


def _sync_all(actor: Actor, reader: Reader, command: Sync, limit: int) -> SyncPage:
    """`after` is `<log row>.<seq>`: logs below it are done, that one is read from its seq on."""
    after = command.after
    log_id, seq = (_number(part) for part in after.split(".", 1)) if "." in after else (0, 0)
    if after and not log_id:
        raise IllegalArgument(detail="after is not the last answer's next")
    views = views_of(actor.app.id, reader, left_too=True, personal=True)
    starts = _starts(actor, reader, views, command)
    entries: list[Entry] = []
    for view in views:
        if view.row.pk < log_id:
            continue
        # Of two stays in a group the former must not be read again on the latter's page.
        start = max(starts[view.row.pk], view.floor, seq if view.row.pk == log_id else 0)
        if view.last_seq <= start:
            continue
        if len(entries) >= limit:
            return SyncPage(tuple(entries), f"{view.row.pk}.{start}", more=True)
        got, last, more = _receive(actor, view, reader, start, limit - len(entries))
        entries += got
        if more and last is not None:
            return SyncPage(tuple(entries), f"{view.row.pk}.{last.seq}", more=True)
    return SyncPage(tuple(entries), "", more=False)


def _starts(actor: Actor, reader: Reader, views: list[LogView], command: Sync) -> dict[int, int]:
    """From where in each log the device is brought something."""
    starts = _cursors(actor, reader, views)
    if command.after or command.again:
        return starts
    limits = offline.limits_of(actor.app)
    missed = [
        offline.Missed(log_id, view.row.kind, max(starts[log_id], view.floor), view.last_seq)
        for view in views
        if view.last_seq > max(starts[log_id := view.row.pk], view.floor)
    ]
    old = offline.too_old(limits, missed)
    many = offline.fallen(limits, reader, missed, device=actor.device)
    keys = {view.row.pk: view.row.key for view in views}
    for log_id, seq in [*old.items(), *many.items()]:
        starts[log_id] = max(seq, starts[log_id])
        cursors.move(actor.user_id, actor.device, actor.app.id, keys[log_id], seq)
    return starts


def _cursors(actor: Actor, reader: Reader, views: list[LogView]) -> dict[int, int]:
    """Where the device is in each log. A new one starts at what any device has received, and
    keeps that: later it must not skip what only the others got."""
    delivered = {view.row.pk: view.state.delivered_seq if view.state else 0 for view in views}
    known: dict[int, int] = dict(
        fetch(
            "SELECT conversation_id, seq FROM chat_devicecursor WHERE user_id = %s AND device = %s",
            [reader.user_id, actor.device],
        )
    )
    if known or not actor.device:
        return {log_id: known.get(log_id, 0 if known else seq) for log_id, seq in delivered.items()}
    keep_starts((actor, log_id, seq) for log_id, seq in delivered.items())
    return delivered


def _receive(
    actor: Actor, view: LogView, reader: Reader, start: int, limit: int
) -> tuple[list[Entry], EntryRow | None, bool]:
    """Up to `limit` entries that the device gets, the last row that was looked at, and whether
    there are more."""
    got: list[Entry] = []
    last: EntryRow | None = None
    for row in _rows_from(view, reader, max(start, view.floor)):
        if len(got) >= limit:
            return got, last, True
        last = row
        entry = entry_of(row, view.conversation)
        if gets(actor, entry):
            got.append(entry)
    return got, last, False


def _rows_from(view: LogView, reader: Reader, seq: int) -> Iterator[EntryRow]:
    # What a user took out of their history comes to none of their devices any more.
    hidden = HiddenEntry.objects.filter(user_id=reader.user_id).values("entry_id")
    while seq < view.last_seq:
        rows = list(
            EntryRow.objects.filter(
                conversation_id=view.row.pk, seq__gt=seq, seq__lte=view.last_seq
            )
            .exclude(id__lte=reader.born_id)
            .exclude(id__in=hidden)
            .order_by("seq")[:_CHUNK]
        )
        if not rows:
            return
        yield from rows
        seq = rows[-1].seq


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise IllegalArgument(detail="after is not an id")
    return int(text)
