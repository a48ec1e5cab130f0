"""Removes entries that are kept no longer, a batch at a time.

A log is removed from its beginning; its row keeps how far (`gone_seq`) and the running numbers
there, so that totals and unread counts need no scan and never count what is gone. What was online
only is taken out of the middle: it counts nowhere, and readers of a log bear its holes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import ImUser
from chat.domain.entries import EntryFlag
from chat.models import ConversationRow, EntryRow
from chat.store.rows import ROOMS

BATCH = 500  # about 30 ms of the database's only writer


class _Old(NamedTuple):
    id: int
    app_id: int
    log_id: int
    kind: str
    seq: int
    sender: str
    flags: int
    seen_a: int
    seen_b: int


def remove_older(app_id: int, before_id: int) -> int:
    """Remove the app's oldest entries with ids below `before_id`, up to a batch; how many."""
    rows = EntryRow.objects.filter(app_id=app_id, id__lt=before_id).order_by("id")
    old = _read(rows, BATCH)
    _remove(old)
    return len(old)


def remove_passing(
    after_id: int, before_id: int, apps_without_history: Collection[int]
) -> tuple[int, bool]:
    """Look through the next entries between two ids and remove those that only passed: online-only
    ones, and those of chatrooms in apps that keep no history of them.

    Returns the id up to which it looked, and whether there are more.
    """
    rows = EntryRow.objects.filter(id__gt=after_id, id__lt=before_id).order_by("id")
    looked = _read(rows, 4 * BATCH)
    if not looked:
        return max(after_id, before_id - 1), False
    _remove(
        [
            entry
            for entry in looked
            if entry.kind == "chatroom" and entry.app_id in apps_without_history
        ]
    )
    passing = [entry.id for entry in looked if entry.flags & EntryFlag.ONLINE_ONLY]
    EntryRow.objects.filter(id__in=passing).delete()
    return looked[-1].id, True


def _read(rows: QuerySet[EntryRow], limit: int) -> list[_Old]:
    columns = ("id", "app_id", "conversation_id", "conversation__kind", "seq", "sender", "flags")
    return [_Old(*row) for row in rows.values_list(*columns, "seen_a", "seen_b")[:limit]]


@transaction.atomic
def _remove(old: Sequence[_Old]) -> None:
    """`old` are in the order of ids, so the last one of each log is the highest."""
    if not old:
        return
    last = {entry.log_id: entry for entry in old}
    # The order of every batch's locks: rows of logs by id, before anything else.
    lock_logs_of(ConversationRow.objects.filter(pk__in=last))
    EntryRow.objects.filter(pk__in=[entry.id for entry in old]).delete()
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE chat_conversationrow SET gone_seq = %s, gone_a = %s, gone_b = %s,"
            " last_message_id = CASE WHEN last_message_id > %s THEN last_message_id ELSE 0 END"
            " WHERE id = %s AND gone_seq < %s",
            [
                (entry.seq, entry.seen_a, entry.seen_b, entry.id, log_id, entry.seq)
                for log_id, entry in sorted(last.items())
            ],
        )
        if own := _own_in_rooms(old):
            cursor.executemany(
                "UPDATE chat_conversationstate SET own_gone = own_gone + %s"
                " WHERE conversation_id = %s AND user_id = %s AND own_gone + %s <= own_sent",
                [(count, log, user, count) for (log, user), count in sorted(own.items())],
            )


def _own_in_rooms(old: Sequence[_Old]) -> Counter[tuple[int, int]]:
    """How many counting messages of each user are among them: (log row id, user id) → count."""
    mine = [entry for entry in old if entry.kind in ROOMS and entry.flags & EntryFlag.COUNTS]
    users = {
        (app_id, name): (user_id, born_id)
        for app_id, name, user_id, born_id in ImUser.objects.filter(
            app_id__in={entry.app_id for entry in mine},
            username__in={entry.sender for entry in mine},
        ).values_list("app_id", "username", "id", "born_id")
    }
    own: Counter[tuple[int, int]] = Counter()
    for entry in mine:
        user_id, born_id = users.get((entry.app_id, entry.sender), (0, 0))
        if user_id and entry.id > born_id:
            own[entry.log_id, user_id] += 1
    return own


def lock_logs_of(rows: QuerySet[ConversationRow]) -> list[int]:
    """Lock rows of logs until the end of the running transaction, in the order of every batch;
    their ids. Whoever removes a row does it first: an entry has no constraint on its log."""
    return list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def remove_log(app_id: int, key: str) -> None:
    """Remove a log with all that is in it, inside a transaction."""
    locked = lock_logs_of(ConversationRow.objects.filter(app_id=app_id, key=key))
    ConversationRow.objects.filter(pk__in=locked).delete()


def remove_empty_log(app_id: int, key: str) -> bool:
    """Remove the row of a log that holds nothing any more, with states and cursors, inside a
    transaction; whether it was empty. Only for a log that nothing is written to again: its seqs
    would start anew."""
    locked = lock_logs_of(ConversationRow.objects.filter(app_id=app_id, key=key))
    if EntryRow.objects.filter(conversation__in=locked).exists():
        return False
    ConversationRow.objects.filter(pk__in=locked).delete()
    return True
