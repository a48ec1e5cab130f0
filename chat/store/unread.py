"""What users have not read, by running numbers: a few queries for any number of logs.

Unread = messages by others that the log counts, less those up to where the reader's view starts:
their read cursor, their join, their birth, or what retention removed. Single messages read above
the cursor (marks) and recalled ones are subtracted.
"""

# S608: the pieces that are put together are constants and marks, never values.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection
from django.db.models import F, QuerySet

from chat.domain.entries import EntryFlag, EntryState
from chat.models import ConversationRow, ConversationState, EntryRow

MAX_MARKS = 100
_AT_ONCE = 1000  # logs in one statement
_COUNTS = int(EntryFlag.COUNTS)
_RECALLED = int(EntryState.RECALLED)

Numbers = tuple[int, int]  # counting messages so far: (seen_a, seen_b)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads. Entries up to `born_id` belong to an earlier user of the name."""

    user_id: int
    username: str
    born_id: int = 0


class Window(Protocol):
    """One user's window on a log: entries above `floor`."""

    @property
    def row(self) -> ConversationRow: ...
    @property
    def state(self) -> ConversationState | None: ...
    @property
    def floor(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A window that somebody looks through."""

    row: ConversationRow
    state: ConversationState | None
    floor: int = 0


def counting(rows: QuerySet[EntryRow]) -> QuerySet[EntryRow]:
    """Those that make a conversation unread. They are most entries; said the other way round,
    PostgreSQL takes them for one in two hundred, and a page of history for a whole log's work."""
    return rows.annotate(counts=F("flags").bitand(_COUNTS)).exclude(counts=0)


def listing(rows: QuerySet[EntryRow]) -> QuerySet[EntryRow]:
    """Those of `counting` that may be a conversation's last message."""
    unlisted = F("flags").bitand(int(EntryFlag.UNLISTED))
    return counting(rows).annotate(unlisted=unlisted).filter(unlisted=0)


def born_floors(rows: Iterable[ConversationRow], reader: Reader) -> dict[int, int]:
    """The last seq that is older than the reader, of the pairs' logs that hold such entries."""
    pairs = [(row.pk,) for row in rows if row.kind == "pair"]
    if not reader.born_id or not pairs:
        return {}
    first = "SELECT x.id FROM chat_entryrow x WHERE x.conversation_id = w.log ORDER BY x.seq"
    older = (
        "SELECT x.seq FROM chat_entryrow x WHERE x.conversation_id = w.log AND x.id <= %s"
        " ORDER BY x.seq DESC"
    )
    found = ask_joined(
        "(log)",
        pairs,
        f"SELECT w.log, ({older} LIMIT 1) FROM w WHERE ({first} LIMIT 1) <= %s",
        [reader.born_id, reader.born_id],
    )
    return {log: seq or 0 for log, seq in found}


def unread_of(windows: Sequence[Window], reader: Reader) -> list[int]:
    """Counting messages by others that were not read, of each window; four queries at most."""
    # Who has read above it needs no look at what lies before their birth.
    unknown = [w.row for w in windows if not (w.state and w.state.read_seq)]
    births = born_floors(unknown, reader)
    starts = [_start(window, births.get(window.row.pk, 0)) for window in windows]
    busy = [
        number
        for number, (window, start) in enumerate(zip(windows, starts, strict=True))
        if window.row.kind != "personal" and window.row.last_seq > start
    ]
    places = {number: (windows[number], starts[number]) for number in busy}
    before = _others_before(places, reader)
    recalled = _recalled_above(places, reader)
    unread = [0] * len(windows)
    for number, (window, _) in places.items():
        gone = {*recalled.get(number, ()), *_marks_above(window, starts[number])}
        unread[number] = max(0, _others(window, reader) - before[number] - len(gone))
    return unread


def unread_in(window: Window, reader: Reader) -> int:
    return unread_of([window], reader)[0]


def others_up_to(window: Window, reader: Reader, seq: int) -> int:
    """How many counting messages by others the log held up to `seq`."""
    return _others_before({0: (window, seq)}, reader, remembered=False)[0]


def with_unread(app_id: int, readers: Sequence[Reader]) -> set[int]:
    """The rows of those who may have something unread in a pair or group; one query for all.

    Whoever is left out has nothing: what is unread is never more than what others have said since
    a log began, less what was read. Births, joins and marks are not looked at, so some who are
    named have nothing either.
    """
    known = (
        "LEFT JOIN chat_conversationstate s ON s.user_id = w.reader AND s.conversation_id = c.id"
    )
    pair = (
        f"SELECT w.reader FROM w CROSS JOIN chat_conversationrow c {known} WHERE c.app_id = %s"
        " AND c.kind = 'pair' AND c.name_a <> c.name_b AND {} > COALESCE(s.read_count, 0)"
    )
    group = (
        "SELECT w.reader FROM w CROSS JOIN chat_roommember m CROSS JOIN chat_room r"
        f" CROSS JOIN chat_conversationrow c {known}"
        " WHERE m.user_id = w.reader AND m.left_seq IS NULL AND r.id = m.room_id"
        " AND r.kind = 'group' AND r.destroyed_at IS NULL AND c.app_id = %s"
        " AND c.key = 'r:' || m.room_id"
        " AND c.count_a - COALESCE(s.own_sent, 0) > COALESCE(s.read_count, 0)"
    )
    sides = [
        pair.format("c.count_b") + " AND c.name_a = w.name",
        pair.format("c.count_a") + " AND c.name_b = w.name",
    ]
    found = ask_joined(
        "(reader, name)",
        [(reader.user_id, reader.username) for reader in readers],
        " UNION ".join([*sides, group]),
        [app_id] * 3,
    )
    return {user_id for [user_id] in found}


def fold_marks(place: Place, reader: Reader) -> None:
    """Move the read cursor of a state over the marks that join it; the caller saves it."""
    state = place.state
    assert state is not None
    marks = sorted({seq for seq in state.marks if seq > state.read_seq})
    while marks:
        upto = others_up_to(place, reader, marks[0])
        between = upto - others_up_to(place, reader, state.read_seq)
        if between > 1 and len(marks) <= MAX_MARKS:
            break  # something before the mark is unread
        state.read_seq, state.read_count = marks.pop(0), upto
    state.marks = marks


def _start(window: Window, born: int) -> int:
    state = window.state
    own = max(state.read_seq, state.hidden_before_seq) if state else 0
    return max(own, window.floor, born, window.row.gone_seq)


def _marks_above(window: Window, start: int) -> list[int]:
    return [seq for seq in window.state.marks if seq > start] if window.state else []


def _others(window: Window, reader: Reader) -> int:
    """Counting messages by others since the log began."""
    row = window.row
    if row.kind == "pair":
        return _by_other(row, reader, (row.count_a, row.count_b))
    return row.count_a - (window.state.own_sent if window.state else 0)


def _by_other(row: ConversationRow, reader: Reader, seen: Numbers) -> int:
    if row.name_a == row.name_b:
        return 0
    return seen[1] if row.name_a == reader.username else seen[0]


def _others_before(
    places: dict[int, tuple[Window, int]], reader: Reader, *, remembered: bool = True
) -> dict[int, int]:
    """Counting messages by others up to the given seq of each window."""
    before: dict[int, int] = {}
    asked: dict[int, tuple[Window, int]] = {}
    for number, (window, start) in places.items():
        row, state = window.row, window.state
        if remembered and state is not None and start == state.read_seq and start > row.gone_seq:
            before[number] = state.read_count
        elif start <= row.gone_seq:
            before[number] = _by_other(row, reader, (row.gone_a, row.gone_b))
            if row.kind != "pair":
                before[number] = row.gone_a - (state.own_gone if state else 0)
        else:
            asked[number] = (window, start)
    numbers = _numbers_at(asked)
    own = _own_above(asked, reader)
    for number, (window, _) in asked.items():
        row = window.row
        seen = numbers.get(number, (row.gone_a, row.gone_b))
        if row.kind == "pair":
            before[number] = _by_other(row, reader, seen)
        else:
            own_sent = window.state.own_sent if window.state else 0
            before[number] = seen[0] - max(0, own_sent - own.get(number, 0))
    return before


def _numbers_at(places: dict[int, tuple[Window, int]]) -> dict[int, Numbers]:
    """The running numbers of the last kept entry up to each seq; no scan."""
    last = (
        "SELECT x.id FROM chat_entryrow x WHERE x.conversation_id = w.log AND x.seq <= w.seq"
        " ORDER BY x.seq DESC LIMIT 1"
    )
    # CROSS: SQLite keeps this order of the loops.
    source = f"w CROSS JOIN chat_entryrow e WHERE e.id = ({last})"
    if connection.vendor == "postgresql":
        source = f"w CROSS JOIN LATERAL ({last.replace('x.id', 'x.seen_a, x.seen_b', 1)}) e"
    found = ask_joined(
        "(n, log, seq)", _wanted(places), f"SELECT w.n, e.seen_a, e.seen_b FROM {source}"
    )
    return {number: (seen_a, seen_b) for number, seen_a, seen_b in found}


def _own_above(places: dict[int, tuple[Window, int]], reader: Reader) -> dict[int, int]:
    """The reader's own counting messages in rooms; only of who spoke without ever reading."""
    rooms = {
        number: (window, seq)
        for number, (window, seq) in places.items()
        if window.row.kind != "pair" and window.state is not None and window.state.own_sent
    }
    found = ask_joined(
        "(n, log, seq)",
        _wanted(rooms),
        "SELECT w.n, count(*) FROM w CROSS JOIN chat_entryrow e WHERE e.conversation_id = w.log"
        f" AND e.seq > w.seq AND e.sender = %s AND e.id > %s AND (e.flags & {_COUNTS}) <> 0"
        " GROUP BY w.n",
        [reader.username, reader.born_id],
    )
    return dict(found)


def _recalled_above(places: dict[int, tuple[Window, int]], reader: Reader) -> dict[int, list[int]]:
    """Seqs of recalled messages by others; state = 1 is the partial index's condition."""
    found = ask_joined(
        "(n, log, seq)",
        _wanted(places),
        "SELECT w.n, e.seq FROM w CROSS JOIN chat_entryrow e WHERE e.conversation_id = w.log"
        f" AND e.seq > w.seq AND e.state = {_RECALLED} AND (e.flags & {_COUNTS}) <> 0"
        " AND e.sender <> %s",
        [reader.username],
    )
    seqs: dict[int, list[int]] = {}
    for number, seq in found:
        seqs.setdefault(number, []).append(seq)
    return seqs


def _wanted(places: dict[int, tuple[Window, int]]) -> list[tuple[int, ...]]:
    return [(number, window.row.pk, seq) for number, (window, seq) in places.items()]


def ask_joined(
    columns: str, rows: Sequence[tuple[int | str, ...]], select: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Run a SELECT that joins the rows as table w; once per 1,000 of them. Values follow them.

    `select` may begin with ", " and further tables of the WITH.
    """
    found: list[tuple[Any, ...]] = []
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        marks = ", ".join([f"({', '.join(['%s'] * len(some[0]))})"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH w {columns} AS (VALUES {marks}) {select}",
                [*(value for row in some for value in row), *values],
            )
            found += cursor.fetchall()
    return found


def ids_at(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Entry ids of (conversation row id, seq)."""
    found = ask_joined(
        "(log, seq)",
        sorted({place for place in places if place[1]}),
        "SELECT w.log, w.seq, e.id FROM w CROSS JOIN chat_entryrow e"
        " WHERE e.conversation_id = w.log AND e.seq = w.seq",
    )
    return {(log_id, seq): entry_id for log_id, seq, entry_id in found}
