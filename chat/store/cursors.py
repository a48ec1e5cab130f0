"""What devices have received (moved in bulk, off the hot path), and what users have read.

Moves of one device in one conversation are coalesced: the writer's thread flushes them about once
a second, when a device goes, and at its end. They only ever go forward.
"""

import threading
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chat.domain.entries import EntryState
from chat.models import ConversationRow, ConversationState, EntryRow
from chat.store import sql_states
from chat.store.statements import OneByOne
from chat.store.unread import Place, Reader, counting, fold_marks, others_up_to, unread_in

_lock = threading.Lock()
_writing = threading.Lock()  # from the taking of the moves to their commit
_moves: dict[tuple[int, str, int], int] = {}  # (user id, device, conversation row id) → seq
# (user id, device, app id, conversation key) → seq: the row is looked up when it is written
_key_moves: dict[tuple[int, str, int, str], int] = {}
_wake: Callable[[float], None] | None = None
_AFTER_S = 1.0


def flush_through(wake: Callable[[float], None]) -> None:
    """Say who calls `flush` so many seconds after it is asked to."""
    global _wake
    _wake = wake


def move(user_id: int, device: str, conversation_id: int, seq: int) -> None:
    """A device acknowledged a log up to `seq`. Any thread; no query unless the store is direct."""
    key = (user_id, device, conversation_id)
    with _lock:
        _moves[key] = max(seq, _moves.get(key, 0))
    if settings.ENTRY_STORE == "direct" or _wake is None:
        flush()
    else:
        _wake(_AFTER_S)


def move_log(user_id: int, device: str, app_id: int, key: str, seq: int) -> None:
    """The same for a log that is known by its key: never a query of its own."""
    place = (user_id, device, app_id, key)
    with _lock:
        is_first = not _key_moves  # since the last flush: the next one is not asked for yet
        _key_moves[place] = max(seq, _key_moves.get(place, 0))
    if is_first and settings.ENTRY_STORE != "direct" and _wake is not None:
        _wake(_AFTER_S)


def flush_soon() -> None:
    """A device went, and says nothing more: what it acknowledged need not wait. Any thread; never
    waits."""
    with _lock:
        waits = bool(_moves or _key_moves)
    if waits and _wake is not None:
        _wake(0.0)


def flush() -> None:
    """Write the moves that wait, and wait for those that another thread is writing: a device that
    is back at once would get again what it had. They are kept if the database refuses.

    Inside a transaction it waits for nobody: the other thread may wait for that very transaction.
    """
    if connection.in_atomic_block:
        _flush()
        return
    with _writing:
        _flush()


def _flush() -> None:
    with _lock:
        if not _moves and not _key_moves:
            return
        moves, key_moves = dict(_moves), dict(_key_moves)
        _moves.clear()
        _key_moves.clear()
    try:
        with transaction.atomic():
            _write(_with_rows(moves, key_moves))
    except BaseException:
        with _lock:
            for key, seq in moves.items():
                _moves[key] = max(seq, _moves.get(key, 0))
            for place, seq in key_moves.items():
                _key_moves[place] = max(seq, _key_moves.get(place, 0))
        if _wake is not None:
            _wake(_AFTER_S)
        raise


def _with_rows(
    moves: dict[tuple[int, str, int], int], key_moves: dict[tuple[int, str, int, str], int]
) -> dict[tuple[int, str, int], int]:
    """All moves by the row of their log."""
    by_app: dict[int, set[str]] = {}
    for _, _, app_id, key in key_moves:
        by_app.setdefault(app_id, set()).add(key)
    rows = {
        (app_id, key): pk
        for app_id, keys in by_app.items()
        for pk, key in ConversationRow.objects.filter(app_id=app_id, key__in=keys).values_list(
            "pk", "key"
        )
    }
    made = dict(moves)
    for (user_id, device, app_id, key), seq in key_moves.items():
        if (log_id := rows.get((app_id, key))) is not None:
            place = (user_id, device, log_id)
            made[place] = max(seq, made.get(place, 0))
    return made


def _write(moves: dict[tuple[int, str, int], int]) -> None:
    delivered: dict[tuple[int, int], int] = {}
    devices = []
    for (user_id, device, log_id), seq in sorted(moves.items()):
        delivered[user_id, log_id] = max(seq, delivered.get((user_id, log_id), 0))
        if device:
            devices.append((device, log_id, seq, user_id))
    with connection.cursor() as cursor:
        asked = OneByOne(cursor)
        sql_states.move_delivered(
            asked, [(log_id, seq, user_id) for (user_id, log_id), seq in sorted(delivered.items())]
        )
        if devices:
            sql_states.move_devices(asked, devices, timezone.now())


def begin(starts: Iterable[tuple[int, str, int, int]]) -> None:
    """Make cursors: (user id, device, conversation row id, seq). What is there stays."""
    rows = [(device, log_id, seq, user) for user, device, log_id, seq in sorted(starts)]
    if rows:
        with transaction.atomic(), connection.cursor() as cursor:
            sql_states.begin_devices(OneByOne(cursor), rows, timezone.now())


def seq_of(row: ConversationRow, entry_id: int) -> int:
    """The seq of an entry id of this log; of the nearest one below for an id that is not in it."""
    rows = EntryRow.objects.filter(conversation_id=row.pk)
    exact = rows.filter(id=entry_id).values_list("seq", flat=True).first()
    if exact is not None:
        return exact
    if entry_id >= row.last_id:
        return row.last_seq
    below = rows.filter(id__lt=entry_id).order_by("-seq")
    return below.values_list("seq", flat=True).first() or 0


def read_up_to(row: ConversationRow, reader: Reader, seq: int, floor: int) -> tuple[bool, int]:
    """Move the reader's read cursor. Inside a transaction that holds the log's lock.

    Returns whether messages by others became read, and what is still unread.
    """
    place = _place_locked(row, reader, floor)
    state, seq = place.state, min(seq, row.last_seq)
    before = unread_in(place, reader)
    if state is None or seq <= state.read_seq:
        return False, before
    state.read_seq, state.read_count = seq, others_up_to(place, reader, seq)
    state.delivered_seq = max(state.delivered_seq, seq)
    fold_marks(place, reader)
    state.save(update_fields=["read_seq", "read_count", "delivered_seq", "marks"])
    after = unread_in(place, reader)
    return after < before, after


def read_one(row: ConversationRow, reader: Reader, seq: int, floor: int) -> tuple[bool, int]:
    """Mark one message read and leave those before it; as read_up_to.

    A message that makes nothing unread (one's own, a recalled one) needs no mark.
    """
    place = _place_locked(row, reader, floor)
    state, before = place.state, unread_in(place, reader)
    entry = counting(EntryRow.objects.filter(conversation_id=row.pk, seq=seq))
    theirs = entry.exclude(sender=reader.username).exclude(state=int(EntryState.RECALLED))
    start = max(floor, row.gone_seq)
    if state is None or seq <= max(state.read_seq, start) or not theirs.exists():
        return False, before
    if seq in state.marks:
        return False, before
    if start > state.read_seq:  # nothing below is seen: the mark may join it
        state.read_seq, state.read_count = start, others_up_to(place, reader, start)
    state.marks = [*state.marks, seq]
    fold_marks(place, reader)
    state.save(update_fields=["read_seq", "read_count", "marks"])
    return True, unread_in(place, reader)


def _place_locked(row: ConversationRow, reader: Reader, floor: int) -> Place:
    state, _ = ConversationState.objects.select_for_update().get_or_create(
        user_id=reader.user_id, conversation=row
    )
    return Place(row, state, floor)
