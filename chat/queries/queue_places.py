"""Where in their receivers' queues messages wait, within the app's days and caps (`offline`)."""

# S608: the pieces that are put together are constants and numbers, never values.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryState
from chat.queries.delivery import Receiver
from chat.queries.offline import KEPT, limits_of
from chat.store.unread import ask_joined

NO_CAP = 10_000  # so many of the newest are looked at, where an app has no cap
TAKEN = -1


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Which message of its queue one is, 1 for the oldest; 0: it fell out of it. The queue is all
    that waits one-to-one or, of a group or thread, what waits there, and holds `cap` (0: any
    number). `is_taken`: somebody took the message out."""

    place: int
    cap: int
    is_taken: bool = False


_NEWEST = f"""
  SELECT e.id AS id, e.state AS state FROM chat_conversationrow c {{}} CROSS JOIN chat_entryrow e
  WHERE c.app_id = {{}} AND {{}} AND e.conversation_id = c.id AND e.seq > {{}}
    AND {KEPT} AND e.id > w.old AND e.sender <> w.name
    AND (e."only" IS NULL OR CAST(e."only" AS text) LIKE w.named ESCAPE '!')
"""
# A cap counts messages as they came; of those that are within it, the ones that still wait have
# places.
_PLACE = f"""
SELECT w.n, CASE WHEN EXISTS (SELECT 1 FROM chat_hiddenentry h
    WHERE h.user_id = w.reader AND h.entry_id = w.entry) THEN {TAKEN}
  ELSE (SELECT count(*) FROM ({{}} DESC LIMIT {{}}) AS newest
    WHERE newest.id <= w.entry AND newest.state <> {int(EntryState.RECALLED)}
      AND NOT EXISTS (SELECT 1 FROM chat_hiddenentry h
        WHERE h.user_id = w.reader AND h.entry_id = newest.id)) END
FROM w
"""
_COLUMNS = "(n, key, start, entry, reader, name, named, old)"


def queue_places(app: AppRef, waiting: Sequence[tuple[Entry, Receiver]]) -> list[QueuePlace]:
    """Of messages that are kept for who is away, each with one of its receivers. A query for those
    one-to-one, one for those of rooms."""
    limits = limits_of(app)
    rows: dict[bool, list[tuple[int | str, ...]]] = {True: [], False: []}
    for number, (entry, one) in enumerate(waiting):
        named = '%"' + one.username.replace("_", "!_") + '"%'
        rows[entry.conversation.kind == "pair"].append(
            (number, entry.conversation.key, one.after, entry.id, one.user_id, one.username, named,
             max(limits.oldest_id, one.born_id))
        )  # fmt: skip
    caps = {True: limits.pairs, False: limits.room}
    found: dict[int, int] = {}
    for is_pair, some in rows.items():
        newest = _newest_of_pairs(app.id) if is_pair else _newest_of_room(app.id)
        select = _PLACE.format(newest, caps[is_pair] or NO_CAP)
        found |= dict(ask_joined(_COLUMNS, some, select))
    return [
        QueuePlace(
            max(0, found[number]), caps[entry.conversation.kind == "pair"], found[number] == TAKEN
        )
        for number, (entry, _) in enumerate(waiting)
    ]


def _newest_of_room(app_id: int) -> str:
    return _NEWEST.format("", app_id, "c.key = w.key", "w.start") + " ORDER BY e.seq"


def _newest_of_pairs(app_id: int) -> str:
    """Of all pairs of the receiver, each side by its index."""
    states = (
        "LEFT JOIN chat_conversationstate s ON s.user_id = w.reader AND s.conversation_id = c.id"
    )
    mine, start = "c.kind = 'pair' AND c.last_id > w.old AND ", "COALESCE(s.delivered_seq, 0)"
    sides = ("c.name_a = w.name", "c.name_b = w.name AND c.name_a <> c.name_b")
    each = (_NEWEST.format(states, app_id, mine + side, start) for side in sides)
    return " UNION ALL ".join(each) + " ORDER BY id"
