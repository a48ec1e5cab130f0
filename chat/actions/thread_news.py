"""Tells a group, while it is connected, what moves in its threads."""

from chat.domain.audience import Audience, room_topic
from chat.domain.entries import Entry, EntryFlag
from chat.domain.events import MessagePosted, fact_of
from chat.domain.threads import ThreadMoved
from chat.models import ConversationRow, EntryRow, Room
from chat.store.clock import now_ms
from chat.store.direct import publish_event_on_commit
from chat.store.rows import entry_of


def tell_moved(entry: Entry, group_row: int, skip_device: tuple[int, str] | None) -> None:
    """A thread got a message; what counts nowhere moves nothing. No query: it is the send path."""
    fact = fact_of(entry)
    if not isinstance(fact, MessagePosted) or fact.thread is None:
        return
    if not entry.flags & EntryFlag.COUNTS:
        return
    moved = ThreadMoved(
        thread_id=entry.conversation.room_id,
        place=fact.thread,
        by=entry.sender,
        at_ms=entry.created_ms,
        messages=entry.seen_a,
        last=entry,
    )
    publish_event_on_commit(moved, Audience((room_topic(group_row),), skip_device=skip_device))


def tell_lost(taken: Entry, by: str) -> None:
    """A message of a thread was taken back. Call it in the transaction that did it."""
    fact = fact_of(taken)
    talk = taken.conversation
    group_row = Room.objects.filter(pk=talk.row_id).values_list("parent", flat=True).first()
    if not isinstance(fact, MessagePosted) or fact.thread is None or not group_row:
        return
    log = ConversationRow.objects.get(app_id=taken.app_id, key=talk.key)
    last = EntryRow.objects.filter(pk=log.last_message_id).first()
    moved = ThreadMoved(
        thread_id=talk.room_id,
        place=fact.thread,
        by=by or taken.sender,
        at_ms=now_ms(),
        messages=log.count_a,
        last=entry_of(last, talk) if last else None,
    )
    publish_event_on_commit(moved, Audience((room_topic(group_row),)))
