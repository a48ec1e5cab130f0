"""The statements about what users and devices have of the logs; as chat.store.sql.

Each row is made from its user and its log: of one that was deleted meanwhile there is none any
more, and the others are written. Rows are locked in the order of users and logs, which is the same
for every process.
"""

# S608: the pieces that are put together are the constants of this module, never values.
# ruff: noqa: S608

from collections.abc import Sequence
from datetime import datetime

from chat.store.sql import records, rows_as_json, typed
from chat.store.statements import Row, Statements

_COUNT_TYPES = typed("conversation bigint, number bigint, user_id bigint")
_DEVICE_TYPES = typed("device text, conversation bigint, seq bigint, user_id bigint")
_LIVING = (
    "JOIN accounts_imuser u ON u.id = v.user_id"
    " JOIN chat_conversationrow c ON c.id = v.conversation"
)
_FROM_LIVING = (
    "FROM chat_conversationrow c CROSS JOIN accounts_imuser u WHERE c.id = %s AND u.id = %s"
)


def count_own_messages(asked: Statements, counts: Sequence[Row]) -> None:
    """Move own_sent of room members; `counts` are (conversation id, count, user id), sorted by
    conversation and user."""
    _put_states(
        asked,
        ("own_sent", "delivered_seq"),
        "own_sent = chat_conversationstate.own_sent + excluded.own_sent",
        counts,
    )


def move_delivered(asked: Statements, moves: Sequence[Row]) -> None:
    """Move delivered_seq forward; `moves` are (conversation id, seq, user id), sorted by user and
    conversation."""
    _put_states(
        asked,
        ("delivered_seq", "own_sent"),
        f"delivered_seq = {_most(asked)}"
        "(chat_conversationstate.delivered_seq, excluded.delivered_seq)",
        moves,
    )


def move_devices(asked: Statements, moves: Sequence[Row], now: datetime) -> None:
    """Move devices' cursors forward; `moves` are (device, conversation id, seq, user id), sorted by
    user, device and conversation."""
    moved = (
        f"UPDATE SET seq = {_most(asked)}(chat_devicecursor.seq, excluded.seq),"
        " updated_at = excluded.updated_at"
    )
    _put_cursors(asked, moved, moves, now)


def begin_devices(asked: Statements, starts: Sequence[Row], now: datetime) -> None:
    """Make devices' cursors, as move_devices; what is there stays."""
    _put_cursors(asked, "NOTHING", starts, now)


def _most(asked: Statements) -> str:
    return "GREATEST" if asked.vendor == "postgresql" else "MAX"


def _put_states(
    asked: Statements, numbers: tuple[str, str], moved: str, rows: Sequence[Row]
) -> None:
    """`rows` are (conversation id, the first of `numbers`, user id)."""
    into = (
        f"INSERT INTO chat_conversationstate (user_id, conversation_id, {', '.join(numbers)},"
        " read_seq, read_count, own_gone, marks, hidden_before_seq, removed_at_seq)"
    )
    conflict = f"ON CONFLICT (user_id, conversation_id) DO UPDATE SET {moved}"
    rest = "0, 0, 0, 0, '[]', 0, 0"
    if asked.vendor == "postgresql":
        asked.run(
            f"{into} SELECT u.id, c.id, v.number, {rest} FROM"
            f" {records('v', _COUNT_TYPES)} {_LIVING} ORDER BY 1, 2 {conflict}",
            [rows_as_json(_COUNT_TYPES, rows)],
        )
    else:
        asked.cursor.executemany(
            f"{into} SELECT u.id, c.id, %s, {rest} {_FROM_LIVING} {conflict}",
            [(number, log_id, user_id) for log_id, number, user_id in rows],
        )


def _put_cursors(asked: Statements, moved: str, rows: Sequence[Row], now: datetime) -> None:
    into = (
        "INSERT INTO chat_devicecursor (user_id, device, conversation_id, seq, updated_at) SELECT"
    )
    conflict = f"ON CONFLICT (user_id, device, conversation_id) DO {moved}"
    if asked.vendor == "postgresql":
        asked.run(
            f"{into} u.id, v.device, c.id, v.seq, %s FROM"
            f" {records('v', _DEVICE_TYPES)} {_LIVING} ORDER BY 1, 2, 3 {conflict}",
            [now, rows_as_json(_DEVICE_TYPES, rows)],
        )
    else:
        asked.cursor.executemany(
            f"{into} u.id, %s, c.id, %s, %s {_FROM_LIVING} {conflict}",
            [(device, seq, now, log_id, user_id) for device, log_id, seq, user_id in rows],
        )
