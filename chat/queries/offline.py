"""Which part of what somebody missed is still brought to them: the newest, within an app's days
and caps.

What falls out stays in its log, in history and in unread counts. No sync brings it any more: the
first one moves the device's cursors past it. A cap counts messages as they came, so what is
recalled or taken out of a queue makes no room for older ones. The personal log has no limits: who
asked for friendship, or put somebody out of a group, is told however late.
"""

# S608: the pieces that are put together are constants and numbers, never values.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_apps import peek_settings
from chat.domain.entries import EntryFlag, EntryKind
from chat.store.clock import now_ms
from chat.store.rows import DAY_MS, id_at
from chat.store.unread import Reader, ask_joined

_ROOMS = ("group", "thread")


@dataclass(frozen=True, slots=True)
class Limits:
    """Entries up to `oldest_id` are too old. `pairs`: messages of all one-to-one conversations
    together, `room`: of each group or thread; 0: no cap."""

    oldest_id: int
    pairs: int
    room: int

    @property
    def least(self) -> int:
        """So many entries are within the caps, whatever they are."""
        return min((cap for cap in (self.pairs, self.room) if cap), default=1 << 62)


@dataclass(frozen=True, slots=True)
class Missed:
    """What somebody has not received of one log: the entries above `start`, up to `end`."""

    log_id: int
    kind: str
    start: int
    end: int

    @property
    def count(self) -> int:
        return max(0, self.end - self.start)


def limits_of(app: AppRef) -> Limits:
    """The app's limits as of now. Never a query."""
    settings = peek_settings(app.id) or app.settings
    days = settings.offline_days
    oldest = id_at(now_ms() - days * DAY_MS) if days else 0
    return Limits(oldest, settings.max_offline_pairs, settings.max_offline_room)


def fits(limits: Limits, missed: Sequence[Missed]) -> bool:
    """Whether all of it is surely within the caps. Never a query."""
    return sum(one.count for one in missed) <= limits.least or not _too_many(limits, missed)


def fallen(
    limits: Limits, reader: Reader, missed: Sequence[Missed], *, device: str | None = None
) -> dict[int, int]:
    """Log row → the seq up to which it is more than the caps; of those logs that hold more. No
    query unless there may be such.

    `device`: what other devices of the reader sent counts as well, as it is brought to this one.
    """
    asked = _too_many(limits, missed)
    rooms = [one for one in asked if one.kind in _ROOMS]
    pairs = [one for one in asked if one.kind == "pair"]
    return {
        **_fallen_of_rooms(limits, reader, rooms, device),
        **_fallen_of_pairs(limits, reader, pairs, device),
    }


def too_old(limits: Limits, missed: Sequence[Missed]) -> dict[int, int]:
    """Log row → the seq up to which it is too old; of those logs that begin so."""
    asked = [one for one in missed if one.count and one.kind != "personal"]
    if not limits.oldest_id:
        return {}
    return _last_up_to(asked, limits.oldest_id)


def _too_many(limits: Limits, missed: Sequence[Missed]) -> list[Missed]:
    """Those that may hold more messages than the caps allow."""
    pairs = [one for one in missed if one.kind == "pair" and one.count]
    of_room: dict[int, int] = {}
    for one in missed:
        if one.kind in _ROOMS:  # two stays in a group are two windows on its log
            of_room[one.log_id] = of_room.get(one.log_id, 0) + one.count
    if not limits.pairs or sum(one.count for one in pairs) <= limits.pairs:
        pairs = []
    if not limits.room:
        return pairs
    return pairs + [one for one in missed if of_room.get(one.log_id, 0) > limits.room]


_NEVER = int(EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY)
_NOT_OWN = int(EntryFlag.NOT_FOR_SENDER)
KEPT = f"e.kind = {int(EntryKind.MESSAGE)} AND (e.flags & {_NEVER}) = 0"  # for who is away
# As `first_pages.gets` says which entries are brought, of messages.
_COUNTED = (
    f"{KEPT} AND e.id > %s AND (e.sender <> %s OR (%s = 1 AND e.sender_device <> %s"
    f" AND (e.flags & {_NOT_OWN}) = 0))"
    """ AND (e."only" IS NULL OR e.sender = %s OR CAST(e."only" AS text) LIKE %s ESCAPE '!')"""
)


def _values(limits: Limits, reader: Reader, device: str | None) -> list[str | int]:
    named = '%"' + reader.username.replace("_", "!_") + '"%'
    since = max(limits.oldest_id, reader.born_id)
    own = (int(device is not None), device or "")
    return [since, reader.username, *own, reader.username, named]


def _fallen_of_rooms(
    limits: Limits, reader: Reader, missed: Sequence[Missed], device: str | None
) -> dict[int, int]:
    # From the newest back, and no further than the cap: a busy group holds more than that by far.
    inside = "SELECT 1 FROM w v WHERE v.log = h.log AND e.seq > v.above AND e.seq <= v.until"
    first = (
        "SELECT e.seq FROM chat_entryrow e WHERE e.conversation_id = h.log AND e.seq > h.above"
        f" AND e.seq <= h.until AND EXISTS ({inside}) AND {_COUNTED}"
        f" ORDER BY e.seq DESC LIMIT 1 OFFSET {limits.room}"
    )
    whole = "SELECT log, min(above) AS above, max(until) AS until FROM w GROUP BY log"
    found = ask_joined(
        "(log, above, until)",
        _rows(missed),
        f"SELECT h.log, ({first}) FROM ({whole}) h",
        _values(limits, reader, device),
    )
    return {log_id: seq for log_id, seq in found if seq is not None}


def _fallen_of_pairs(
    limits: Limits, reader: Reader, missed: Sequence[Missed], device: str | None
) -> dict[int, int]:
    newest = ask_joined(
        "(log, above, until)",
        _rows(missed),
        "SELECT e.id FROM w CROSS JOIN chat_entryrow e WHERE e.conversation_id = w.log"
        f" AND e.seq > w.above AND e.seq <= w.until AND {_COUNTED}"
        f" ORDER BY e.id DESC LIMIT {limits.pairs + 1}",
        _values(limits, reader, device),
    )
    if len(newest) <= limits.pairs:
        return {}
    ids = sorted((entry_id for [entry_id] in newest), reverse=True)
    return _last_up_to(missed, ids[limits.pairs])


def _last_up_to(missed: Sequence[Missed], entry_id: int) -> dict[int, int]:
    """Log row → the seq of its last missed entry with an id up to this one, if it has one."""
    last = (
        "SELECT x.seq FROM chat_entryrow x WHERE x.conversation_id = w.log AND x.seq > w.above"
        f" AND x.seq <= w.until AND x.id <= {entry_id} ORDER BY x.seq DESC LIMIT 1"
    )
    found: dict[int, int] = {}
    for log_id, seq in ask_joined(
        "(log, above, until)", _rows(missed), f"SELECT w.log, ({last}) FROM w"
    ):
        if seq is not None:
            found[log_id] = max(seq, found.get(log_id, 0))
    return found


def _rows(missed: Sequence[Missed]) -> list[tuple[int, ...]]:
    return [(one.log_id, one.start, one.end) for one in missed]
