"""The statements about what users and devices have of the logs; as chat.store.sql.

Each row is made from its user and its log: of one that was deleted meanwhile there is none any
more, and the others are written. Rows are locked in the order of users and logs, which is the same
for every process.
"""

from collections.abc import Sequence
from datetime import datetime

from chat.store.sql import records, rows_as_json, typed
from chat.store.statements import Row, Statements

_Typed = tuple[dict[str, str], Sequence[Row]]
_BY_ID, _BY_KEY = "c.id = v.conversation", "c.app_id = v.app AND c.key = v.key"
COUNTED_TYPES = typed("conversation bigint, number bigint, user_id bigint")
_DELIVERED_TYPES = typed("app bigint, key text, number bigint, user_id bigint")
_MOVED_TYPES = typed("app bigint, key text, device text, seq bigint, user_id bigint")
_BEGUN_TYPES = typed("conversation bigint, device text, seq bigint, user_id bigint")


def count_own_sql(vendor: str, first: str = "") -> str:
    """Moves own_sent of room members by rows of COUNTED_TYPES; `first`: a relation that has one row
    when that may be."""
    return _put_states(
        ("own_sent", "delivered_seq"),
        "own_sent = chat_conversationstate.own_sent + excluded.own_sent",
        _from_living(vendor, COUNTED_TYPES, first),
    )


def count_own_messages(asked: Statements, counts: Sequence[Row]) -> None:
    """Move own_sent of room members; `counts` are (conversation id, count, user id)."""
    asked.run(count_own_sql(asked.vendor), [rows_as_json(COUNTED_TYPES, counts)])


def move_delivered(asked: Statements, moves: Sequence[Row]) -> None:
    """Move delivered_seq forward; `moves` are (app id, key of the log, seq, user id)."""
    asked.run(
        _put_states(
            ("delivered_seq", "own_sent"),
            f"delivered_seq = {_most(asked)}"
            "(chat_conversationstate.delivered_seq, excluded.delivered_seq)",
            _from_living(asked.vendor, _DELIVERED_TYPES),
        ),
        [rows_as_json(_DELIVERED_TYPES, moves)],
    )


def move_devices(asked: Statements, moves: Sequence[Row], now: datetime) -> None:
    """Move devices' cursors forward; `moves` are (app id, key of the log, device, seq, user id)."""
    moved = (
        f"UPDATE SET seq = {_most(asked)}(chat_devicecursor.seq, excluded.seq),"
        " updated_at = excluded.updated_at"
    )
    _put_cursors(asked, moved, (_MOVED_TYPES, moves), now)


def begin_devices(asked: Statements, starts: Sequence[Row], now: datetime) -> None:
    """Make devices' cursors; what is there stays. `starts` are (conversation id, device, seq, user
    id)."""
    _put_cursors(asked, "NOTHING", (_BEGUN_TYPES, starts), now)


def _most(asked: Statements) -> str:
    return "GREATEST" if asked.vendor == "postgresql" else "MAX"


def _put_states(numbers: tuple[str, str], moved: str, source: str) -> str:
    """The rows of `source` have a `number`, the first of `numbers`."""
    return (
        f"INSERT INTO chat_conversationstate (user_id, conversation_id, {', '.join(numbers)},"
        " read_seq, read_count, own_gone, marks, hidden_before_seq, removed_at_seq)"
        f" SELECT u.id, c.id, v.number, 0, 0, 0, 0, '[]', 0, 0 {source}"
        f" ORDER BY 1, 2 ON CONFLICT (user_id, conversation_id) DO UPDATE SET {moved}"
    )


def _put_cursors(asked: Statements, moved: str, rows: _Typed, now: datetime) -> None:
    types, values = rows
    moment = "CAST(%s AS timestamptz)" if asked.vendor == "postgresql" else "%s"
    asked.run(
        "INSERT INTO chat_devicecursor (user_id, device, conversation_id, seq, updated_at)"
        f" SELECT u.id, v.device, c.id, v.seq, {moment} {_from_living(asked.vendor, types)}"
        f" ORDER BY 1, 2, 3 ON CONFLICT (user_id, device, conversation_id) DO {moved}",
        [now.isoformat(" "), rows_as_json(types, values)],
    )


def _from_living(vendor: str, types: dict[str, str], first: str = "") -> str:
    is_log = _BY_ID if "conversation" in types else _BY_KEY
    # CROSS: SQLite keeps this order of the loops.
    return (
        f"FROM {first and f'{first} CROSS JOIN '}{records('v', types, vendor)}"
        " CROSS JOIN chat_conversationrow c CROSS JOIN accounts_imuser u"
        f" WHERE {is_log} AND u.id = v.user_id"
    )
