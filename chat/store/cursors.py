"""What devices have received (moved in bulk, off the hot path), and what users have read.

Moves of one device in one conversation are coalesced for a second. Then the writer's thread writes
them, some at a time, since messages wait meanwhile; when a device goes, and at its end, all at
once. They only ever go forward.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from itertools import islice, takewhile

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chat.domain.entries import EntryState
from chat.models import ConversationRow, ConversationState, EntryRow
from chat.store import sql_states
from chat.store.statements import OneByOne, all_together
from chat.store.unread import Place, Reader, counting, fold_marks, others_up_to, unread_in

_lock = threading.Lock()
_writing = threading.Lock()  # from the taking of the moves to their commit
_Place = tuple[int, str, int, str]  # app id, key of the log, user id, device
_Move = tuple[float, int]  # monotonic, when it began to wait; how far it goes
_moves: dict[_Place, _Move] = {}  # oldest first, then what a failed write put back
_is_urgent = False  # a device went
_wake: Callable[[float], None] | None = None
KEPT_S = 1.0
SLICE, SLICE_S = 64, 0.125  # moves at a time; a longer time apart


def flush_through(wake: Callable[[float], None]) -> None:
    """Say who calls `flush_due` so many seconds after it is asked to."""
    global _wake
    _wake = wake


def note(user_id: int, device: str, app_id: int, key: str, seq: int) -> None:
    """A device acknowledged a log up to `seq`. Any thread; no query."""
    place = (app_id, key, user_id, device)
    with _lock:
        is_first = not _moves
        since, furthest = _moves.get(place) or (time.monotonic(), 0)
        _moves[place] = since, max(seq, furthest)
    if is_first and settings.ENTRY_STORE != "direct":
        _ask(KEPT_S)


def move(user_id: int, device: str, app_id: int, key: str, seq: int) -> None:
    """The same where a query may be made, which the direct store does at once."""
    note(user_id, device, app_id, key, seq)
    if settings.ENTRY_STORE == "direct":
        flush()


def _ask(after_s: float) -> None:
    if _wake is not None:
        _wake(after_s)


def flush_soon() -> None:
    """A device went, and says nothing more: what it acknowledged need not wait. Any thread; never
    waits."""
    global _is_urgent
    with _lock:
        _is_urgent = bool(_moves)
    if _is_urgent:
        _ask(0.0)


def flush() -> None:
    """Write the moves that wait, and wait for those that another thread is writing: a device that
    is back at once would get again what it had. They are kept if the database refuses.

    Inside a transaction it waits for nobody: the other thread may wait for that very transaction.
    """
    with nullcontext() if connection.in_atomic_block else _writing:
        _flush(_all)


def flush_due() -> float | None:
    """Write some of those that have waited long enough; in how many seconds others will have."""
    with _writing:
        _flush(_all if _is_urgent else _due)
    with _lock:
        oldest = next(iter(_moves.values()), None)
    return max(SLICE_S, oldest[0] + KEPT_S - time.monotonic()) if oldest else None


def _flush(take: Callable[[], dict[_Place, _Move]]) -> None:
    with _lock:
        moves = take()
    try:
        if moves:
            _write(moves)
    except BaseException:
        with _lock:
            for place, (since, seq) in moves.items():
                _moves[place] = since, max(seq, _moves.get(place, (since, 0))[1])
        _ask(KEPT_S)
        raise


def _all() -> dict[_Place, _Move]:
    global _is_urgent
    moves = dict(_moves)
    _moves.clear()
    _is_urgent = False
    return moves


def _due() -> dict[_Place, _Move]:
    """As few as let all of them be written in a second."""
    before = time.monotonic() - KEPT_S
    at_once = max(SLICE, int(len(_moves) * SLICE_S / KEPT_S))
    first = islice(_moves.items(), at_once)
    moves = dict(takewhile(lambda item: item[1][0] <= before, first))
    for place in moves:
        del _moves[place]
    return moves


def _write(moves: Mapping[_Place, _Move]) -> None:
    delivered: dict[tuple[int, str, int], int] = {}
    devices = []
    for (app_id, key, user_id, device), (_, seq) in moves.items():
        log = (app_id, key, user_id)
        delivered[log] = max(seq, delivered.get(log, 0))
        if device:
            devices.append((app_id, key, device, seq, user_id))
    with all_together(len(moves)) as asked:
        sql_states.move_delivered(
            asked,
            [(app_id, key, seq, user_id) for (app_id, key, user_id), seq in delivered.items()],
        )
        if devices:
            sql_states.move_devices(asked, devices, timezone.now())


def begin(starts: Iterable[tuple[int, str, int, int]]) -> None:
    """Make cursors: (user id, device, conversation row id, seq). What is there stays."""
    rows = [(log_id, device, seq, user) for user, device, log_id, seq in starts]
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
