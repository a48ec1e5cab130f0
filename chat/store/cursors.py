"""What devices have received (moved in bulk, off the hot path) and what users have not read.

Moves of one device in one conversation are coalesced: the writer's thread flushes them about once
a second and at its end. They only ever go forward.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from chat.domain.entries import EntryFlag, EntryState
from chat.models import ConversationRow, ConversationState, EntryRow

_lock = threading.Lock()
_moves: dict[tuple[int, str, int], int] = {}  # (user id, device, conversation row id) → seq
_wake: Callable[[], None] | None = None


def flush_through(wake: Callable[[], None]) -> None:
    """Say who calls `flush` soon after it is asked to."""
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
        _wake()


def flush() -> None:
    """Write the moves that wait. They are kept if the database refuses."""
    with _lock:
        if not _moves:
            return
        moves = dict(_moves)
        _moves.clear()
    try:
        with transaction.atomic():
            _write(moves)
    except BaseException:
        with _lock:
            for key, seq in moves.items():
                _moves[key] = max(seq, _moves.get(key, 0))
        raise


def _write(moves: dict[tuple[int, str, int], int]) -> None:
    most = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    now = timezone.now()
    delivered: dict[tuple[int, int], int] = {}
    devices = []
    for (user_id, device, log_id), seq in sorted(moves.items()):
        delivered[user_id, log_id] = max(seq, delivered.get((user_id, log_id), 0))
        if device:
            devices.append((device, log_id, seq, now, user_id))
    with connection.cursor() as cursor:
        # From accounts_imuser: somebody who was deleted meanwhile has no cursors any more.
        cursor.executemany(
            "INSERT INTO chat_conversationstate (user_id, conversation_id, delivered_seq, own_sent,"  # noqa: S608 (constants)
            " read_seq, read_count, own_read, marks, hidden_before_seq, removed_at_seq)"
            " SELECT u.id, %s, %s, 0, 0, 0, 0, '[]', 0, 0 FROM accounts_imuser u WHERE u.id = %s"
            " ON CONFLICT (user_id, conversation_id) DO UPDATE SET delivered_seq ="
            f" {most}(chat_conversationstate.delivered_seq, excluded.delivered_seq)",
            [(log_id, seq, user_id) for (user_id, log_id), seq in sorted(delivered.items())],
        )
        if devices:
            cursor.executemany(
                "INSERT INTO chat_devicecursor (user_id, device, conversation_id, seq, updated_at)"  # noqa: S608 (constants)
                " SELECT u.id, %s, %s, %s, %s FROM accounts_imuser u WHERE u.id = %s"
                " ON CONFLICT (user_id, device, conversation_id) DO UPDATE SET"
                f" seq = {most}(chat_devicecursor.seq, excluded.seq),"
                " updated_at = excluded.updated_at",
                devices,
            )


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads. Entries up to `born_id` belong to an earlier user of the name."""

    user_id: int
    username: str
    born_id: int = 0


def counting(rows: QuerySet[EntryRow]) -> QuerySet[EntryRow]:
    """Those that make a conversation unread."""
    counts = int(EntryFlag.COUNTS)
    return rows.annotate(counts=F("flags").bitand(counts)).filter(counts=counts)


def entries_of(row: ConversationRow, reader: Reader) -> QuerySet[EntryRow]:
    return EntryRow.objects.filter(conversation_id=row.pk, id__gt=reader.born_id)


def others_up_to(row: ConversationRow, reader: Reader, seq: int, own_sent: int) -> int:
    """How many counting messages by others the log holds up to `seq`, without a scan of them."""
    entry = EntryRow.objects.filter(conversation_id=row.pk, seq__lte=seq).order_by("-seq").first()
    if entry is None:
        return 0
    if row.kind == "pair":
        return _by_others(row, reader, entry.seen_a, entry.seen_b)
    above = counting(entries_of(row, reader)).filter(seq__gt=seq, sender=reader.username)
    return entry.seen_a - (own_sent - above.count() if own_sent else 0)


def _by_others(row: ConversationRow, reader: Reader, count_a: int, count_b: int) -> int:
    if row.name_a == row.name_b:
        return 0
    return count_b if row.name_a == reader.username else count_a


def unread_in(
    row: ConversationRow, state: ConversationState | None, reader: Reader, floor: int
) -> int:
    """Counting messages by others above what was read; never below zero.

    `floor`: the seq at which the reader's view of the log begins.
    """
    if row.kind == "personal":
        return 0
    own_sent = state.own_sent if state else 0
    read_seq = state.read_seq if state else 0
    start = max(read_seq, floor, state.hidden_before_seq if state else 0)
    if row.last_seq <= start:
        return 0
    total = _by_others(row, reader, row.count_a, row.count_b)
    if row.kind != "pair":
        total = row.count_a - own_sent
    if state is not None and start == read_seq and read_seq:
        before = state.read_count
    else:
        before = others_up_to(row, reader, start, own_sent) if start else 0
    gone = counting(
        EntryRow.objects.filter(
            conversation_id=row.pk, seq__gt=start, state=int(EntryState.RECALLED)
        )
    ).exclude(sender=reader.username)
    unread = total - before
    return max(0, unread - gone.count()) if unread > 0 else 0


def born_floor(row: ConversationRow, reader: Reader) -> int:
    """The last seq of the log that is older than the reader; 0 in most logs (one look-up)."""
    if row.kind != "pair" or not reader.born_id:
        return 0
    rows = EntryRow.objects.filter(conversation_id=row.pk)
    first = rows.order_by("seq").values_list("id", flat=True).first()
    if first is None or first > reader.born_id:
        return 0
    found = rows.filter(id__lte=reader.born_id).order_by("-seq")
    return found.values_list("seq", flat=True).first() or 0


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


def ids_at(places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Entry ids of (conversation row id, seq)."""
    wanted = Q()
    for log_id, seq in places:
        if seq:
            wanted |= Q(conversation_id=log_id, seq=seq)
    if not wanted:
        return {}
    found = EntryRow.objects.filter(wanted).values_list("conversation_id", "seq", "id")
    return {(log_id, seq): entry_id for log_id, seq, entry_id in found}


def read_up_to(row: ConversationRow, reader: Reader, seq: int, floor: int) -> tuple[bool, int]:
    """Move the reader's read cursor. Inside a transaction that holds the log's lock.

    Returns whether messages by others became read, and what is still unread.
    """
    state, _ = ConversationState.objects.select_for_update().get_or_create(
        user_id=reader.user_id, conversation=row
    )
    seq = min(seq, row.last_seq)
    before = unread_in(row, state, reader, floor)
    if seq <= state.read_seq:
        return False, before
    state.read_seq = seq
    state.read_count = others_up_to(row, reader, seq, state.own_sent)
    state.delivered_seq = max(state.delivered_seq, seq)
    state.save(update_fields=["read_seq", "read_count", "delivered_seq"])
    after = unread_in(row, state, reader, floor)
    return after < before, after
