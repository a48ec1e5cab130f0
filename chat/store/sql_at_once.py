"""A whole batch as one statement, which PostgreSQL takes as a transaction of its own."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

from collections.abc import Sequence
from typing import NamedTuple

from chat.store.sql import ENTRY_TYPES, INSERT, MOVE, RECENT, SAME, records, rows_as_json, typed
from chat.store.sql_states import COUNTED_TYPES, count_own_sql
from chat.store.statements import Row, Statements

# Of a log: what a batch moves, and the epoch that its rights were checked at.
NUMBERS = ("last_seq", "last_id", "last_message_id", "count_a", "count_b", "rights_epoch")
_LOG_TYPES = typed(
    ", ".join(f"{name} bigint" for name in ("id", *NUMBERS, *(f"was_{one}" for one in NUMBERS)))
)
_SENT_TYPES = typed("conversation bigint, user_id bigint, sender text, device text, client text")
_AS_LEFT = " AND ".join(["c.id = v.id", *(f"c.{name} = v.was_{name}" for name in NUMBERS)])
_SENT = (
    f"SELECT FROM {records('w', _SENT_TYPES)} CROSS JOIN LATERAL (SELECT e.id FROM chat_entryrow e"
    f" WHERE {SAME.replace('c.id', 'w.conversation')} OFFSET 0) e WHERE {RECENT}"
)
_STORE = (
    f"WITH v AS MATERIALIZED (SELECT * FROM {records('v', _LOG_TYPES)}),"
    f" held AS MATERIALIZED (SELECT c.id FROM v JOIN chat_conversationrow c ON {_AS_LEFT}"
    " ORDER BY c.id FOR NO KEY UPDATE OF c),"
    " fit AS MATERIALIZED (SELECT 1 WHERE (SELECT count(*) FROM held) = (SELECT count(*) FROM v)"
    " AND EXISTS (SELECT FROM chat_processlease"
    f" WHERE number = %s AND token = %s AND expires_ms >= %s) AND NOT EXISTS ({_SENT})),"
    f" moved AS ({MOVE} FROM v CROSS JOIN fit WHERE c.id = v.id),"
    f" put AS ({INSERT} CROSS JOIN fit)"
)
_FITS = " SELECT 1 FROM fit"
_COUNT_OWN = f", own AS ({count_own_sql('postgresql', 'fit')})"


class Batch(NamedTuple):
    """Rows: of each log its id, its numbers after the batch, and those that it must have before;
    (conversation id, sender's row, sender, device, client id) that must not have been sent;
    ENTRY_COLUMNS; (conversation id, count, user id) of own messages."""

    logs: Sequence[Row]
    unsent: Sequence[Row]
    entries: Sequence[Row]
    counts: Sequence[Row]


def store_as_left(asked: Statements, batch: Batch, lease: Row, above_id: int) -> bool:
    """Store a batch if its logs are as they were left and nothing of it was sent before; else
    nothing is done.

    `lease`: the process's number, its token, and until when it has to be held at least (ms).
    All that the statement reads is as of its beginning, but for the rows that it locks: those it
    compares as they are when it has them. One that is still as this process left it has got no
    entry since, so that what was to be looked up in its log was seen.
    """
    statement = f"{_STORE}{_COUNT_OWN if batch.counts else ''}{_FITS}"
    values = [
        rows_as_json(_LOG_TYPES, batch.logs),
        *lease,
        rows_as_json(_SENT_TYPES, batch.unsent),
        above_id,
        rows_as_json(ENTRY_TYPES, batch.entries),
    ]
    if batch.counts:
        values.append(rows_as_json(COUNTED_TYPES, batch.counts))
    return bool(asked.alone(statement, values))
