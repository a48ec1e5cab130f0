"""Ends threads: one of them, or all of a group that is destroyed."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from chat.actions.room_access import OpenRoom
from chat.actions.thread_rights import stale_threads, thread_rows
from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.entries import UNNAMED_DEVICE
from chat.domain.events import RoomChange, RoomChanged
from chat.domain.targets import Conversation
from chat.models import Room, RoomMember
from chat.queries.rights import forget_rights
from chat.store import direct


def end_thread(group: OpenRoom, thread: Room) -> None:
    """Call it under the locks of the group and of the thread."""
    _end(group, [thread])


def end_threads(group: OpenRoom) -> None:
    """Nobody is told of each: the group's own end says it. Their members hear no more of them."""
    stale_threads(group.row)
    for rows in thread_rows(group.row):
        _end(group, list(Room.objects.filter(pk__in=rows).order_by("pk")))


def _end(group: OpenRoom, threads: Sequence[Room]) -> None:
    """One entry in each thread's log, by which its members go out of it."""
    actor = group.actor
    by = actor.username or group.owner_name or "admin"
    device = actor.device or (UNNAMED_DEVICE if actor.user_id and actor.via == "rest" else "")
    skip = (actor.user_id, device) if device else None
    tellings = []
    for thread in threads:
        detail = {"name": thread.name, "parent": group.rights.room_id}
        topics = [room_topic(thread.pk), *([user_topic(actor.user_id)] if actor.user_id else [])]
        telling = direct.Telling(
            Conversation.room("thread", thread.room_id, thread.pk),
            RoomChanged(RoomChange.DESTROYED, "thread", thread.room_id, (), detail),
            sender=by,
            sender_id=actor.user_id,
            sender_device=device,
            audience=Audience(tuple(topics), skip_device=skip),
        )
        tellings.append(telling)
    now = timezone.now()
    entries = direct.append_all_on_commit(group.app_id, tellings)
    for thread, entry in zip(threads, entries, strict=True):
        stays = RoomMember.objects.filter(room=thread, left_seq=None)
        stays.update(left_seq=entry.seq, left_at=now)
        transaction.on_commit(partial(forget_rights, group.app_id, thread.pk))
    Room.objects.filter(pk__in=[thread.pk for thread in threads]).update(destroyed_at=now)
