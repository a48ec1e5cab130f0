"""The first page of a sync, for any number of devices with the queries of one.

After a restart every device comes back at once, and most have missed little. Who missed more than
a page may hold is left to `chat.queries.history`, which reads page after page.
"""

# S608: the pieces that are put together are constants and marks, never values.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.domain.actor import Actor
from accounts.queries.im_users import standings_of
from chat.domain.answers import SyncPage
from chat.domain.commands import Sync
from chat.domain.entries import Entry, EntryFlag, EntryState
from chat.domain.targets import Conversation
from chat.queries.offline import Limits, Missed, fits, limits_of
from chat.store import cursors
from chat.store.rows import entry_from_columns
from chat.store.sql import ENTRY_COLUMNS
from chat.store.unread import ask_joined

MAX_SYNC = 200

Device = tuple[int, str]  # user row, name of the device


@dataclass(frozen=True, slots=True)
class _Reader:
    """A device that reads: `number` is its place among those that ask, `limit` what it asks for.
    `limits`: of its app, unless it reads again."""

    number: int
    actor: Actor
    born_id: int
    limit: int
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class _Window:
    """What a device missed of a log: the entries above `start`, up to `end`. `seq` is what any of
    the user's devices has."""

    reader: _Reader
    log_id: int
    conversation: Conversation
    seq: int
    start: int
    end: int

    @property
    def above_id(self) -> int:
        """Up to this id entries are older than the reader, or too old to be brought."""
        limits = self.reader.limits
        if limits is None or self.conversation.kind == "personal":
            return self.reader.born_id
        return max(self.reader.born_id, limits.oldest_id)


def is_first(command: Sync) -> bool:
    return command.place is None and not command.after


def first_pages(asked: Sequence[tuple[Actor, Sync]]) -> list[SyncPage | None]:
    """What each device has not received (`is_first` of each command), as history.sync tells it.

    None: it missed more than fits one page or may be brought to it, or its user is gone; it is to
    be read by itself.
    """
    cursors.flush()
    readers = _readers(asked)
    known = _known({(one.actor.user_id, one.actor.device) for one in readers})
    missed: dict[int, list[_Window]] = {one.number: [] for one in readers}
    for app_id in {one.actor.app.id for one in readers}:
        some = [one for one in readers if one.actor.app.id == app_id]
        for window in _windows(app_id, some, known):
            missed[window.reader.number].append(window)
    keep_starts(
        (window.reader.actor, window.log_id, window.seq)
        for windows in missed.values()
        for window in windows
        if (window.reader.actor.user_id, window.reader.actor.device) not in known
    )
    few = {one.number for one in readers if _is_whole(one, missed[one.number])}
    entries = _entries([window for number in sorted(few) for window in missed[number]])
    return [
        SyncPage(tuple(entries.get(number, ())), "", more=False) if number in few else None
        for number in range(len(asked))
    ]


def _readers(asked: Sequence[tuple[Actor, Sync]]) -> list[_Reader]:
    users = standings_of({actor.user_id for actor, _ in asked})
    apps = {actor.app.id: actor.app for actor, _ in asked}
    limits = {app_id: limits_of(app) for app_id, app in apps.items()}
    return [
        _Reader(
            number,
            actor,
            users[actor.user_id].born_id,
            max(1, min(command.limit, MAX_SYNC)),
            None if command.again else limits[actor.app.id],
        )
        for number, (actor, command) in enumerate(asked)
        if actor.user_id in users
    ]


def _known(devices: set[Device]) -> set[Device]:
    """Those that have a cursor in any log."""
    found = ask_joined(
        "(reader, device)",
        list(devices),
        "SELECT w.reader, w.device FROM w WHERE EXISTS (SELECT 1 FROM chat_devicecursor d"
        " WHERE d.user_id = w.reader AND d.device = w.device)",
    )
    return {(user_id, device) for user_id, device in found}


# CROSS: SQLite keeps this order of the loops; it would scan the tables otherwise.
_SIDE = (
    "SELECT w.*, c.id, c.kind, c.name_a, c.name_b, c.room_id, c.row_id, c.last_seq, {stay}"
    " FROM w CROSS JOIN {source} WHERE c.app_id = %s AND c.last_id > w.born AND {which}"
)
_LOG, _NO_STAY = "chat_conversationrow c", "0, 0, CAST(NULL AS bigint)"
_SIDES = " UNION ALL ".join(
    [
        _SIDE.format(source=_LOG, stay=_NO_STAY, which="c.kind = 'pair' AND c.name_a = w.name"),
        _SIDE.format(
            source=_LOG,
            stay=_NO_STAY,
            which="c.kind = 'pair' AND c.name_b = w.name AND c.name_a <> c.name_b",
        ),
        _SIDE.format(source=_LOG, stay=_NO_STAY, which="c.key = 'me:' || w.reader"),
        _SIDE.format(
            source=f"chat_roommember m CROSS JOIN chat_room r CROSS JOIN {_LOG}",
            stay="m.id, m.joined_seq, m.left_seq",
            which="m.user_id = w.reader AND r.id = m.room_id AND r.kind IN ('group', 'thread')"
            " AND c.key = 'r:' || m.room_id",
        ),
    ]
)
_ASKING = "n, reader, name, device, born, known"
_START = "CASE WHEN l.known = 1 THEN COALESCE(d.seq, 0) ELSE COALESCE(s.delivered_seq, 0) END"
# Joined once, behind the sides: joined in each, planning took PostgreSQL twice as long.
_LOGS = (
    f", l ({_ASKING}, id, kind, name_a, name_b, room_id, row_id, last_seq, stay, floor, ceiling)"
    f" AS ({_SIDES}) SELECT l.n, l.id, l.kind, l.name_a, l.name_b, l.room_id, l.row_id, l.last_seq,"
    f" COALESCE(s.delivered_seq, 0), {_START}, l.stay, l.floor, l.ceiling FROM l"
    " LEFT JOIN chat_conversationstate s ON s.user_id = l.reader AND s.conversation_id = l.id"
    " LEFT JOIN chat_devicecursor d ON d.user_id = l.reader AND d.device = l.device"
    " AND d.conversation_id = l.id"
    f" WHERE l.last_seq > {_START} OR (l.known = 0 AND COALESCE(s.delivered_seq, 0) > 0)"
)


def _windows(app_id: int, readers: Sequence[_Reader], known: set[Device]) -> list[_Window]:
    """Of logs that hold more than the device has, and, for a device never seen before, of those
    that another device has something of; by log, a former stay in a group apart."""
    by_number = {one.number: one for one in readers}
    asking = [
        (
            *(one.number, one.actor.user_id, one.actor.username, one.actor.device, one.born_id),
            int((one.actor.user_id, one.actor.device) in known),
        )
        for one in readers
    ]
    found = ask_joined(f"({_ASKING})", asking, _LOGS, [app_id] * 4)
    logs: dict[int, Conversation] = {}
    windows = []
    for row in sorted(found, key=lambda row: (row[1], row[10])):
        number, log_id, kind, name_a, name_b, room_id, row_id, last_seq, seq, start, *stay = row
        _stay_id, floor, ceiling = stay
        talk = logs.get(log_id)
        if talk is None:
            talk = logs[log_id] = Conversation(kind, (name_a, name_b), room_id, row_id)
        end = last_seq if ceiling is None else min(last_seq, ceiling)
        windows.append(_Window(by_number[number], log_id, talk, seq, max(start, floor), end))
    return windows


def _is_whole(reader: _Reader, windows: Sequence[_Window]) -> bool:
    """Whether one page holds all of it, and no cap cuts it."""
    if not windows:
        return True
    count = sum(max(0, window.end - window.start) for window in windows)
    if count > reader.limit:
        return False
    limits = reader.limits
    return (
        limits is None
        or count <= limits.least
        or fits(limits, [Missed(w.log_id, w.conversation.kind, w.start, w.end) for w in windows])
    )


_COLUMNS = ", ".join(f'e."{name}"' for name in ENTRY_COLUMNS)
_MISSED = (
    f"SELECT w.n, {_COLUMNS} FROM w CROSS JOIN chat_entryrow e WHERE e.conversation_id = w.log"
    " AND e.seq > w.above AND e.seq <= w.until AND e.id > w.old AND NOT EXISTS"
    " (SELECT 1 FROM chat_hiddenentry h WHERE h.user_id = w.reader AND h.entry_id = e.id)"
)


def _entries(windows: Sequence[_Window]) -> dict[int, list[Entry]]:
    """What lies in the windows, in their order, by the device's number; an entry that several
    devices missed is one object."""
    asked = [
        (place, one.log_id, one.start, one.end, one.above_id, one.reader.actor.user_id)
        for place, one in enumerate(windows)
        if one.end > one.start
    ]
    found = ask_joined("(n, log, above, until, old, reader)", asked, _MISSED)
    made: dict[int, Entry] = {}
    entries: dict[int, list[Entry]] = {}
    for place, *columns in sorted(found, key=lambda row: (row[0], row[4])):
        window = windows[place]
        entry = made.get(columns[0])
        if entry is None:
            entry = made[columns[0]] = entry_from_columns(columns, window.conversation)
        if gets(window.reader.actor, entry):
            entries.setdefault(window.reader.number, []).append(entry)
    return entries


def keep_starts(starts: Iterable[tuple[Actor, int, int]]) -> None:
    """A new device starts in each log (row id) at the seq that any device has received, and keeps
    that: later it must not skip what only the others got. Without a name it is none."""
    cursors.begin(
        (actor.user_id, actor.device, log_id, seq)
        for actor, log_id, seq in starts
        if seq and actor.device
    )


def gets(actor: Actor, entry: Entry) -> bool:
    """Whether a sync brings the entry to this device (msync.md R19: never its own)."""
    if entry.flags & (EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY):
        return False
    if entry.state is EntryState.RECALLED or not entry.may_see(actor.username):
        return False
    if entry.sender != actor.username:
        return True
    if entry.flags & EntryFlag.NOT_FOR_SENDER:
        return False
    return not actor.device or entry.sender_device != actor.device
