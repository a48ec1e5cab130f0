"""What a change of a group does to who may speak in its threads."""

from collections.abc import Iterator
from functools import partial

from django.db import transaction
from django.db.models import F

from chat.models import ConversationRow, Room
from chat.queries.rights import forget_rights
from chat.store.expiry import lock_logs_of

_AT_ONCE = 500


def stale_threads(group: Room) -> None:
    """Have what was checked against the rights in the group's threads checked again.

    Call it under the group's lock; the threads' logs are locked in the order of all batches.
    """
    for rows in thread_rows(group):
        keys = [f"r:{row_id}" for row_id in rows]
        logs = ConversationRow.objects.filter(app_id=group.app_id, key__in=keys)
        ConversationRow.objects.filter(pk__in=lock_logs_of(logs)).update(
            rights_epoch=F("rights_epoch") + 1
        )
        for row_id in rows:
            transaction.on_commit(partial(forget_rights, group.app_id, row_id))


def thread_rows(group: Room) -> Iterator[list[int]]:
    """The rows of a group's living threads, oldest first, some hundred at a time."""
    after = 0
    while True:
        threads = Room.objects.filter(parent=group, destroyed_at=None, pk__gt=after)
        rows = list(threads.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
        if rows:
            yield rows
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1]
