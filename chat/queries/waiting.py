"""How many of an app's latest messages wait for somebody: the dashboard's number."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from accounts.domain.actor import AppRef
from chat.domain.entries import EntryFlag, EntryKind, EntryState
from chat.queries.offline import limits_of
from chat.store.clock import now_ms

# Entries, the latest of the app. An exact number would ask for the cursor of every user in every
# conversation, hundreds of thousands in a large app; of the latest entries the cursors are few, and
# an app that has no more than these is counted whole.
LOOKED_AT = 500
MOST = 10_001
# A count is good for so many times what it took, so that counting never takes more than a
# fiftieth of a process: of a small app every look is new.
COST_SHARE = 50
OLDEST_S = 30.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """`count`: messages times users whom they wait for, 10,001 for more than ten thousand;
    `by_user`: the same for each row of a user, who are all if there are not so many.
    `is_whole`: the app has no other messages than those that were looked at."""

    count: int
    is_whole: bool
    at_ms: int
    by_user: Mapping[int, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class _Held:
    value: Waiting
    ends_at: float  # monotonic


_held: dict[int, _Held] = {}
_counting = threading.Lock()

_NEVER = int(EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY)
_KIND, _RECALLED = int(EntryKind.MESSAGE), int(EntryState.RECALLED)
# The rules are those of `conversations.offline_count`, of one user. CROSS: SQLite keeps this order
# of the loops, and both databases look each cursor up by its index. What decides is asked of the
# table itself, and pairs a side at a time: of a CTE PostgreSQL guesses one row, and then joins all
# with all.
_COUNT = f"""
WITH newest AS MATERIALIZED (
  SELECT id, conversation_id, seq, sender,
    (id > %s AND kind = {_KIND} AND (flags & {_NEVER}) = 0 AND state <> {_RECALLED}) AS waits
  FROM chat_entryrow WHERE app_id = %s ORDER BY id DESC LIMIT {LOOKED_AT}
), e AS MATERIALIZED (
  SELECT id, conversation_id, seq, sender FROM newest WHERE waits
), logs AS MATERIALIZED (
  SELECT conversation_id AS id, max(seq) AS last FROM e GROUP BY conversation_id
), readers AS MATERIALIZED (
  SELECT l.id AS log, l.last, u.id AS user_id, 0 AS joined, 0 AS room
  FROM logs l CROSS JOIN chat_conversationrow c CROSS JOIN accounts_imuser u
  WHERE c.id = l.id AND c.kind = 'pair' AND u.app_id = c.app_id AND u.username = c.name_a
  UNION ALL
  SELECT l.id, l.last, u.id, 0, 0
  FROM logs l CROSS JOIN chat_conversationrow c CROSS JOIN accounts_imuser u
  WHERE c.id = l.id AND c.kind = 'pair' AND u.app_id = c.app_id AND u.username = c.name_b
    AND c.name_b <> c.name_a
  UNION ALL
  SELECT l.id, l.last, m.user_id, m.joined_seq, l.id
  FROM logs l CROSS JOIN chat_conversationrow c CROSS JOIN chat_room o
    CROSS JOIN chat_roommember m
  WHERE c.id = l.id AND c.kind IN ('group', 'thread') AND o.id = c.row_id
    AND o.destroyed_at IS NULL AND m.room_id = o.id AND m.left_seq IS NULL
), behind AS MATERIALIZED (
  SELECT r.log, r.user_id, r.room,
    CASE WHEN s.delivered_seq > r.joined THEN s.delivered_seq ELSE r.joined END AS start
  FROM readers r LEFT JOIN chat_conversationstate s
    ON s.user_id = r.user_id AND s.conversation_id = r.log
  WHERE r.last > r.joined AND (s.delivered_seq IS NULL OR s.delivered_seq < r.last)
), found AS MATERIALIZED (
  SELECT b.user_id, b.room FROM behind b CROSS JOIN accounts_imuser u CROSS JOIN e
  WHERE u.id = b.user_id AND e.conversation_id = b.log AND e.seq > b.start
    AND e.id > u.born_id AND e.sender <> u.username
    AND NOT EXISTS (SELECT 1 FROM chat_hiddenentry h
      WHERE h.user_id = b.user_id AND h.entry_id = e.id)
  LIMIT {MOST}
), many AS MATERIALIZED (
  SELECT user_id, CASE WHEN room = 0 THEN %s ELSE %s END AS cap, count(*) AS n
  FROM found GROUP BY user_id, room
)
SELECT user_id, CAST(sum(CASE WHEN n > cap THEN cap ELSE n END) AS bigint)
FROM many GROUP BY user_id
UNION ALL SELECT 0, count(*) FROM newest
UNION ALL SELECT -1, count(*) FROM found
"""


def waiting_in(app: AppRef) -> Waiting:
    """Of the app's latest entries, what waits; as old as its `at_ms` says. Any thread."""
    held = _held.get(app.id)
    # While one counts, the others show what was: a slow count is never made twice.
    if held is None:
        _counting.acquire()
    elif time.monotonic() < held.ends_at or not _counting.acquire(blocking=False):
        return held.value
    try:
        began = time.monotonic()
        value = _count(app)
        now = time.monotonic()
        fresh_s = min(OLDEST_S, COST_SHARE * (now - began))
        _held[app.id] = _Held(value, now + fresh_s)
        return value
    finally:
        _counting.release()


def forget_waiting() -> None:
    """Count anew when asked next."""
    _held.clear()


def _count(app: AppRef) -> Waiting:
    limits = limits_of(app)
    caps = [limits.pairs or MOST, limits.room or MOST]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [limits.oldest_id, app.id, *caps])
        by_user = dict(cursor.fetchall())
    looked_at, found = by_user.pop(0), by_user.pop(-1)
    count = MOST if found == MOST else sum(by_user.values())
    return Waiting(count, looked_at < LOOKED_AT, now_ms(), by_user)
