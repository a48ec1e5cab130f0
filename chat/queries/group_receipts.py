"""Who has read a group message."""

from dataclasses import dataclass

from accounts.domain.actor import AppRef
from chat.domain.targets import ToGroup
from chat.models import EntryRow, GroupReceipt
from chat.queries.room_members import readable_room


@dataclass(frozen=True, slots=True)
class ReadersPage:
    usernames: tuple[str, ...]
    total: int
    next: str  # empty at the end


def readers_of(
    app: AppRef, target: ToGroup, message_id: int, *, after: int, limit: int, viewer: str = ""
) -> ReadersPage:
    """Those who gave a receipt, the first of them first; nobody for what the group never held.

    Raises:
        GroupNotFound, NotPermitted.
    """
    room = readable_room(app, target, viewer)
    place = EntryRow.objects.filter(id=message_id, app_id=app.id, conversation__key=f"r:{room.pk}")
    if not place.exists():
        return ReadersPage((), 0, "")
    rows = GroupReceipt.objects.filter(entry_id=message_id)
    page = list(
        rows.filter(id__gt=after).order_by("id").values_list("id", "user__username")[: limit + 1]
    )
    more = str(page[limit - 1][0]) if len(page) > limit else ""
    return ReadersPage(tuple(name for _, name in page[:limit]), rows.count(), more)
