"""Pin a message for everyone of its conversation, or take the pin away; all of them are told."""

from django.db import transaction

from accounts.domain.actor import Actor
from chat.actions.message_changes import rights_at, tell_of
from chat.domain.commands import ReadHistory
from chat.domain.entries import Entry
from chat.domain.errors import NotMember, PinLimit, PinMissing
from chat.domain.pins import MessagePinned
from chat.domain.targets import Conversation, Place
from chat.models import PinnedMessage
from chat.queries.history import visible_rows
from chat.store import direct
from chat.store.clock import now_ms
from chat.store.rows import entry_of


@transaction.atomic
def pin_message(actor: Actor, place: Place, message_id: int, *, on: bool) -> None:
    """Any member may; pinning what is pinned changes nothing.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
        PinMissing: no such message there, or none that is pinned.
        PinLimit: as many are pinned as the app allows.
    """
    message = _message(actor, place, message_id)
    row = direct.lock_conversation(actor.app.id, message.conversation)
    message = _message(actor, place, message_id)  # it may have been recalled meanwhile
    pins = PinnedMessage.objects.filter(conversation=row)
    is_pinned = pins.filter(entry_id=message.id).exists()
    if not on and not is_pinned:
        raise PinMissing()
    if on and is_pinned:
        return
    if not on:
        pins.filter(entry_id=message.id).delete()
    elif pins.count() >= actor.app.settings.max_pinned_messages:
        raise PinLimit()
    else:
        pins.create(conversation=row, entry_id=message.id, by=actor.username, at_ms=now_ms())
    tell_of(actor, message, MessagePinned(message.id, on))


def _message(actor: Actor, place: Place, message_id: int) -> Entry:
    found = visible_rows(actor, ReadHistory(place))
    if found is None:
        raise PinMissing()
    view, rows = found
    _check_member(actor, view.conversation)
    row = rows.filter(id=message_id).first()
    if row is None or not entry_of(row, view.conversation).may_see(actor.username):
        raise PinMissing()
    return entry_of(row, view.conversation)


def _check_member(actor: Actor, talk: Conversation) -> None:
    """Who is not in a chatroom may read its history, but not change it."""
    if talk.kind != "chatroom":
        return
    if actor.username not in rights_at(actor.app.id, talk).affiliations:
        raise NotMember(names=actor.username, room_id=talk.room_id, kind=talk.kind)
