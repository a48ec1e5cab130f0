"""The statements of the hot path, for SQLite and for PostgreSQL.

SQLite gets executemany, PostgreSQL one statement over arrays (specs of performance, 1.5: 2.3–4 µs
of client time a row instead of 45–55 by the ORM).
"""

# S608: the pieces that are put together are the constants of this module, never values.
# ruff: noqa: S608

from collections.abc import Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

Row = tuple[Any, ...]

CONVERSATION_COLUMNS = (
    *("id", "app_id", "key", "kind", "name_a", "name_b", "room_id", "row_id"),
    *("last_seq", "last_id", "last_message_id", "count_a", "count_b", "rights_epoch"),
    *("gone_seq", "gone_a", "gone_b"),
)
ENTRY_COLUMNS = (
    *("id", "app_id", "conversation_id", "seq", "kind", "type", "sender", "sender_device"),
    *("client_id", "about", "only", "payload", "raw", "flags", "state", "created_ms"),
    *("seen_a", "seen_b"),
)
_ENTRY_TYPES = (
    *("bigint", "bigint", "bigint", "bigint", "smallint", "text", "text", "text"),
    *("text", "text", "jsonb", "text", "bytea", "smallint", "smallint", "bigint"),
    *("bigint", "bigint"),
)
_NEW_COLUMNS = ("app_id", "key", "kind", "name_a", "name_b", "room_id", "row_id")
_NEW_TYPES = ("bigint", "text", "text", "text", "text", "text", "bigint")
_MOVED_COLUMNS = ("last_seq", "last_id", "last_message_id", "count_a", "count_b")

_COLUMNS = ", ".join(f"c.{name}" for name in CONVERSATION_COLUMNS)
_ENTRY_LIST = ", ".join(f'"{name}"' for name in ENTRY_COLUMNS)
_NEW_LIST = ", ".join(f'"{name}"' for name in _NEW_COLUMNS)


def lock_conversations(cursor: CursorWrapper, keys: Sequence[tuple[int, str]]) -> list[Row]:
    """Rows (CONVERSATION_COLUMNS) of (app id, key), locked in id order until the commit.

    An UPDATE … WHERE id = ANY(…) would lock in the order of its plan, and two processes could
    wait for each other. SQLite has one writer, whose BEGIN IMMEDIATE is the lock.
    """
    postgres = cursor.db.vendor == "postgresql"
    pairs = ", ".join(["(%s, %s)"] * len(keys))
    # CROSS: SQLite keeps this order of the loops; it would scan the table otherwise.
    join, lock = ("JOIN", " FOR UPDATE OF c") if postgres else ("CROSS JOIN", "")
    cursor.execute(
        f"WITH w (app, key) AS (VALUES {pairs}) SELECT {_COLUMNS} FROM w"
        f" {join} chat_conversationrow c ON c.app_id = w.app AND c.key = w.key"
        f" ORDER BY c.id{lock}",
        [value for pair in keys for value in pair],
    )
    rows: list[Row] = cursor.fetchall()
    return rows


def make_conversations(cursor: CursorWrapper, rows: Sequence[Row]) -> None:
    """Insert those that are missing; `rows` are _NEW_COLUMNS, sorted by key."""
    numbers = CONVERSATION_COLUMNS[len(_NEW_COLUMNS) + 1 :]
    zeros = ", ".join(["0"] * len(numbers))
    names = f"{_NEW_LIST}, {', '.join(numbers)}"
    into = f"INSERT INTO chat_conversationrow ({names})"
    conflict = "ON CONFLICT (app_id, key) DO NOTHING"
    if cursor.db.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in _NEW_TYPES)
        cursor.execute(
            f"{into} SELECT v.*, {zeros} FROM unnest({arrays}) v {conflict}", _columns(rows)
        )
    else:
        marks = ", ".join(["%s"] * len(_NEW_COLUMNS))
        cursor.executemany(f"{into} VALUES ({marks}, {zeros}) {conflict}", rows)


def move_conversations(cursor: CursorWrapper, rows: Sequence[Row]) -> None:
    """Write what a batch moved; `rows` are _MOVED_COLUMNS and the id."""
    if cursor.db.vendor == "postgresql":
        arrays = ", ".join(["%s::bigint[]"] * (len(_MOVED_COLUMNS) + 1))
        names = ", ".join((*_MOVED_COLUMNS, "id"))
        moved = ", ".join(f"{name} = v.{name}" for name in _MOVED_COLUMNS)
        cursor.execute(
            f"UPDATE chat_conversationrow c SET {moved} FROM unnest({arrays}) v ({names})"
            " WHERE c.id = v.id",
            _columns(rows),
        )
    else:
        moved = ", ".join(f"{name} = %s" for name in _MOVED_COLUMNS)
        cursor.executemany(f"UPDATE chat_conversationrow SET {moved} WHERE id = %s", rows)


def insert_entries(cursor: CursorWrapper, rows: Sequence[Row]) -> None:
    """Insert rows of ENTRY_COLUMNS; `only` and `payload` are JSON text."""
    if cursor.db.vendor == "postgresql":
        # An array of jsonb cannot be written as one of text: its items are cast one by one.
        given = ("text" if kind == "jsonb" else kind for kind in _ENTRY_TYPES)
        arrays = ", ".join(f"%s::{kind}[]" for kind in given)
        picked = ", ".join(
            f'v."{name}"::{kind}' for name, kind in zip(ENTRY_COLUMNS, _ENTRY_TYPES, strict=True)
        )
        cursor.execute(
            f"INSERT INTO chat_entryrow ({_ENTRY_LIST}) SELECT {picked}"
            f" FROM unnest({arrays}) v ({_ENTRY_LIST})",
            _columns(rows),
        )
    else:
        marks = ", ".join(["%s"] * len(ENTRY_COLUMNS))
        cursor.executemany(f"INSERT INTO chat_entryrow ({_ENTRY_LIST}) VALUES ({marks})", rows)


def find_sent_before(cursor: CursorWrapper, wanted: Sequence[Row], above_id: int) -> list[Row]:
    """Entries of (number, conversation id, sender's row, sender, device, client id):
    (number, *ENTRY_COLUMNS).

    Each is looked up in the partial index, whose condition on client_id is repeated here, else
    neither database would use it. PostgreSQL would rather sort the whole day's entries, batch after
    batch, as long as its statistics do not know how many they have become: OFFSET 0 keeps the inner
    query as it is written, and the bounds of the id, which another index has, outside of it.
    """
    picked = ", ".join(f'e."{name}"' for name in ENTRY_COLUMNS)
    same = (
        "e.conversation_id = w.conversation AND e.sender = w.sender AND e.client_id = w.client"
        " AND e.sender_device = w.device AND NOT (e.client_id = '')"
    )
    if cursor.db.vendor == "postgresql":
        source = (
            "FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])"
            " w (n, conversation, user_id, sender, device, client) CROSS JOIN LATERAL"
            f" (SELECT {picked} FROM chat_entryrow e WHERE {same} OFFSET 0) e WHERE"
        )
        head, values = "", _columns(wanted)
    else:
        marks = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(wanted))
        head = f"WITH w (n, conversation, user_id, sender, device, client) AS (VALUES {marks}) "
        # CROSS: SQLite keeps this order of the loops.
        source = f"FROM w CROSS JOIN chat_entryrow e ON {same} AND"
        values = [value for row in wanted for value in row]
    cursor.execute(
        f"{head}SELECT w.n, {picked} {source} e.id > %s"
        # Looked at only where an entry was found: what came before the user is another's.
        " AND e.id > COALESCE((SELECT u.born_id FROM accounts_imuser u WHERE u.id = w.user_id), 0)",
        [*values, above_id],
    )
    rows: list[Row] = cursor.fetchall()
    return rows


def count_own_messages(cursor: CursorWrapper, counts: Sequence[Row]) -> None:
    """Move own_sent of room members; `counts` are (conversation id, count, user id), sorted.

    A sender whose row went away meanwhile is left out: the message is stored all the same.
    """
    cursor.executemany(
        "INSERT INTO chat_conversationstate (user_id, conversation_id, own_sent, delivered_seq,"
        " read_seq, read_count, own_gone, marks, hidden_before_seq, removed_at_seq)"
        " SELECT u.id, %s, %s, 0, 0, 0, 0, '[]', 0, 0 FROM accounts_imuser u WHERE u.id = %s"
        " ON CONFLICT (user_id, conversation_id)"
        " DO UPDATE SET own_sent = chat_conversationstate.own_sent + excluded.own_sent",
        counts,
    )


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
