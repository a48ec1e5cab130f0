"""Reads the pinned messages of a conversation, for one of those in it."""

from accounts.domain.actor import Actor
from chat.domain.commands import ReadHistory
from chat.domain.pins import Pin
from chat.domain.targets import Place
from chat.models import PinnedMessage
from chat.queries.history import visible_rows
from chat.store.rows import entry_of


def list_pins(
    actor: Actor, place: Place, *, after: int = 0, limit: int = 10
) -> tuple[list[Pin], int]:
    """A page, the newest pin first, and the next `after` (0 at the end). Only messages that the
    actor may read.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    found = visible_rows(actor, ReadHistory(place))
    if found is None:
        return [], 0
    view, rows = found
    pins = PinnedMessage.objects.filter(conversation=view.row).order_by("-pk")
    if after:
        pins = pins.filter(pk__lt=after)
    page = list(pins[: limit + 1])
    readable = {
        row.pk: entry_of(row, view.conversation)
        for row in rows.filter(id__in=[pin.entry_id for pin in page[:limit]])
    }
    shown = [
        Pin(readable[pin.entry_id], pin.by, pin.at_ms)
        for pin in page[:limit]
        if pin.entry_id in readable and readable[pin.entry_id].may_see(actor.username)
    ]
    return shown, page[limit - 1].pk if len(page) > limit else 0
