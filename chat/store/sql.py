"""The statements of the hot path, for SQLite and for PostgreSQL.

SQLite gets executemany for messages and logs. For all else, as PostgreSQL for everything, it gets
one statement over a JSON text of all rows: that is made in C, is one value however many rows there
are, so that the statement can be prepared, and costs less than arrays on both sides of PostgreSQL
(40 µs a row instead of 65, ten rows, client and server).
"""

# S608: the pieces that are put together are the constants of this module, never values.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence

import msgspec

from chat.store.statements import Row, Rows, Statements

CONVERSATION_COLUMNS = (
    *("id", "app_id", "key", "kind", "name_a", "name_b", "room_id", "row_id"),
    *("last_seq", "last_id", "last_message_id", "count_a", "count_b", "rights_epoch"),
    *("gone_seq", "gone_a", "gone_b"),
)
_COLUMNS = ", ".join(f"c.{name}" for name in CONVERSATION_COLUMNS)


def typed(columns: str) -> dict[str, str]:
    """What a statement is given: columns, and their types as PostgreSQL reads them from JSON."""
    return {name: kind for name, _, kind in (one.partition(" ") for one in columns.split(", "))}


# Bytes are base64 in JSON, and decoded when they are stored.
ENTRY_TYPES = typed(
    "id bigint, app_id bigint, conversation_id bigint, seq bigint, kind smallint, type text,"
    " sender text, sender_device text, client_id text, about text, only text, payload text,"
    " raw text, flags smallint, state smallint, created_ms bigint, seen_a bigint, seen_b bigint"
)
_ID_TYPES = typed("id bigint")
_KEY_TYPES = typed("app bigint, key text")
_NEW_TYPES = typed(
    "app_id bigint, key text, kind text, name_a text, name_b text, room_id text, row_id bigint"
)
_MOVED_TYPES = typed(
    "last_seq bigint, last_id bigint, last_message_id bigint, count_a bigint, count_b bigint,"
    " id bigint"
)
_WANTED_TYPES = typed(
    "n int, app bigint, key text, user_id bigint, sender text, device text, client text"
)
ENTRY_COLUMNS = tuple(ENTRY_TYPES)


def records(alias: str, types: dict[str, str], vendor: str = "postgresql") -> str:
    """A relation of what rows_as_json wrote."""
    if vendor == "postgresql":
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        return f"json_to_recordset(%s::json) {alias} ({columns})"
    columns = ", ".join(f"json_extract(value, '$.{name}') \"{name}\"" for name in types)
    return f"(SELECT {columns} FROM json_each(%s)) {alias}"


def types_of(columns: Iterable[str], row: Row) -> dict[str, str]:
    """What rows_as_json needs of rows that hold nothing but texts and whole numbers."""
    kinds = ("text" if isinstance(value, str) else "bigint" for value in row)
    return dict(zip(columns, kinds, strict=True))


def rows_as_json(types: dict[str, str], rows: Iterable[Row]) -> str:
    return msgspec.json.encode([dict(zip(types, row, strict=True)) for row in rows]).decode()


def _listed(names: Iterable[str], before: str = "") -> str:
    return ", ".join(f'{before}"{name}"' for name in names)


def _marks(types: dict[str, str]) -> str:
    return ", ".join(["%s"] * len(types))


_LOCK = (
    f"SELECT {_COLUMNS} FROM {records('w', _KEY_TYPES)}"
    " JOIN chat_conversationrow c ON c.app_id = w.app AND c.key = w.key"
    " ORDER BY c.id FOR NO KEY UPDATE OF c"
)


def lock_conversations(asked: Statements, keys: Sequence[tuple[int, str]]) -> Rows:
    """Rows (CONVERSATION_COLUMNS) of (app id, key), locked in id order until the commit.

    An UPDATE … WHERE id = ANY(…) would lock in the order of its plan, and two processes could
    wait for each other. NO KEY: whoever writes states of the log's readers refers to its row, and
    commits without waiting for us, who may wait for those states. SQLite has one writer, whose
    BEGIN IMMEDIATE is the lock.
    """
    if asked.vendor == "postgresql":
        return asked.ask(_LOCK, [rows_as_json(_KEY_TYPES, keys)])
    pairs = ", ".join(["(%s, %s)"] * len(keys))
    # CROSS: SQLite keeps this order of the loops; it would scan the table otherwise.
    return asked.ask(
        f"WITH w (app, key) AS (VALUES {pairs}) SELECT {_COLUMNS} FROM w"
        " CROSS JOIN chat_conversationrow c ON c.app_id = w.app AND c.key = w.key ORDER BY c.id",
        [value for pair in keys for value in pair],
    )


def make_conversations(asked: Statements, rows: Sequence[Row]) -> None:
    """Insert those that are missing; `rows` are app id, key, kind, two names, room id and the
    row's id, sorted by key."""
    numbers = CONVERSATION_COLUMNS[len(_NEW_TYPES) + 1 :]
    zeros = ", ".join(["0"] * len(numbers))
    into = f"INSERT INTO chat_conversationrow ({_listed((*_NEW_TYPES, *numbers))})"
    conflict = "ON CONFLICT (app_id, key) DO NOTHING"
    if asked.vendor == "postgresql":
        asked.run(
            f"{into} SELECT v.*, {zeros} FROM {records('v', _NEW_TYPES)} {conflict}",
            [rows_as_json(_NEW_TYPES, rows)],
        )
    else:
        values = f"VALUES ({_marks(_NEW_TYPES)}, {zeros})"
        asked.cursor.executemany(f"{into} {values} {conflict}", rows)


_MOVED = list(_MOVED_TYPES)[:-1]  # without the id
MOVE = f"UPDATE chat_conversationrow c SET {', '.join(f'{name} = v.{name}' for name in _MOVED)}"
_MOVE = f"{MOVE} FROM {records('v', _MOVED_TYPES)} WHERE c.id = v.id"
_MOVE_ONE = (
    f"UPDATE chat_conversationrow SET {', '.join(f'{name} = %s' for name in _MOVED)} WHERE id = %s"
)


def move_conversations(asked: Statements, rows: Sequence[Row]) -> None:
    """Write what a batch moved; `rows` are last seq, id and message id, both counts, and the id."""
    if asked.vendor == "postgresql":
        asked.run(_MOVE, [rows_as_json(_MOVED_TYPES, rows)])
    else:
        asked.cursor.executemany(_MOVE_ONE, rows)


def bump_rights(asked: Statements, ids: Iterable[int]) -> None:
    """What was checked before is checked again; `ids` of locked logs."""
    asked.run(
        "UPDATE chat_conversationrow SET rights_epoch = rights_epoch + 1"
        f" WHERE id IN (SELECT v.id FROM {records('v', _ID_TYPES, asked.vendor)})",
        [rows_as_json(_ID_TYPES, [(one,) for one in ids])],
    )


_PICKED = (
    _listed(ENTRY_COLUMNS, "v.")
    .replace('v."only"', 'v."only"::jsonb')
    .replace('v."raw"', "decode(v.\"raw\", 'base64')")
)
_INTO = f"INSERT INTO chat_entryrow ({_listed(ENTRY_COLUMNS)})"
INSERT = f"{_INTO} SELECT {_PICKED} FROM {records('v', ENTRY_TYPES)}"
_INSERT_ONE = f"{_INTO} VALUES ({_marks(ENTRY_TYPES)})"


def insert_entries(asked: Statements, rows: Sequence[Row]) -> None:
    """Insert rows of ENTRY_COLUMNS; `only` and `payload` are JSON text."""
    if asked.vendor == "postgresql":
        asked.run(INSERT, [rows_as_json(ENTRY_TYPES, rows)])
    else:
        asked.cursor.executemany(_INSERT_ONE, rows)


_FOUND = _listed(ENTRY_COLUMNS, "e.")
SAME = (
    "e.conversation_id = c.id AND e.sender = w.sender AND e.client_id = w.client"
    " AND e.sender_device = w.device AND NOT (e.client_id = '')"
)
# Looked at only where an entry was found: what came before the user is another's.
RECENT = (
    "e.id > %s AND e.id >"
    " COALESCE((SELECT u.born_id FROM accounts_imuser u WHERE u.id = w.user_id), 0)"
)
_FIND = (
    f"SELECT w.n, {_FOUND} FROM {records('w', _WANTED_TYPES)}"
    " JOIN chat_conversationrow c ON c.app_id = w.app AND c.key = w.key CROSS JOIN LATERAL"
    f" (SELECT {_FOUND} FROM chat_entryrow e WHERE {SAME} OFFSET 0) e WHERE {RECENT}"
)


def find_sent_before(asked: Statements, wanted: Sequence[Row], above_id: int) -> Rows:
    """Entries of (number, app id, key of the log, sender's row, sender, device, client id):
    (number, *ENTRY_COLUMNS).

    Each is looked up in the partial index, whose condition on client_id is repeated here, else
    neither database would use it. PostgreSQL would rather sort the whole day's entries, batch after
    batch, as long as its statistics do not know how many they have become: OFFSET 0 keeps the inner
    query as it is written, and the bounds of the id, which another index has, outside of it.
    """
    if asked.vendor == "postgresql":
        return asked.ask(_FIND, [rows_as_json(_WANTED_TYPES, wanted), above_id])
    marks = ", ".join([f"({_marks(_WANTED_TYPES)})"] * len(wanted))
    return asked.ask(
        f"WITH w ({', '.join(_WANTED_TYPES)}) AS (VALUES {marks}) SELECT w.n, {_FOUND} FROM w"
        # CROSS: SQLite keeps this order of the loops.
        " CROSS JOIN chat_conversationrow c ON c.app_id = w.app AND c.key = w.key"
        f" CROSS JOIN chat_entryrow e ON {SAME} AND {RECENT}",
        [*(value for row in wanted for value in row), above_id],
    )
