"""A user's own view of conversations: pin them, mark them, take them off the list."""

from django.db import transaction
from django.utils import timezone

from accounts.domain.actor import Actor
from chat.actions.own_notices import tell_own_devices
from chat.domain.own_changes import OwnChange
from chat.domain.targets import Place
from chat.models import ConversationState
from chat.queries.log_views import LogView, reader_of, view_at
from chat.store import cursors, direct


@transaction.atomic
def pin_conversation(actor: Actor, place: Place, *, on: bool) -> int:
    """Put a conversation on top, or back; when it was pinned, in ms (0: it is not).

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    found = _state(actor, place)
    if found is None:
        return 0
    _, state = found
    if on != (state.pinned_at is not None):
        state.pinned_at = timezone.now() if on else None
        state.save(update_fields=["pinned_at"])
        if on:
            _unpin_oldest(actor)
        change = OwnChange.CONVERSATION_PINNED if on else OwnChange.CONVERSATION_UNPINNED
        tell_own_devices(actor, change, place)
    return int(state.pinned_at.timestamp() * 1000) if state.pinned_at else 0


@transaction.atomic
def mark_conversation(actor: Actor, place: Place, mark: str, *, on: bool) -> bool:
    """Put a mark on a conversation, or take it off; False: there is no such conversation.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    found = _state(actor, place)
    if found is None:
        return False
    _, state = found
    marks = set(state.labels or ())
    if on != (mark in marks):
        state.labels = sorted(marks ^ {mark})
        state.save(update_fields=["labels"])
        change = OwnChange.CONVERSATION_MARKED if on else OwnChange.CONVERSATION_UNMARKED
        tell_own_devices(actor, change, place, mark=mark)
    return True


@transaction.atomic
def remove_conversation(actor: Actor, place: Place, *, history_too: bool) -> None:
    """Take a conversation off one's list until somebody writes again; the other side keeps all.

    `history_too`: what it holds now is hidden from one's history as well. Without such a
    conversation nothing happens.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    found = _state(actor, place)
    if found is None:
        return
    view, state = found
    # What is off the list is read: nothing would show what a count of it is about.
    row = direct.lock_conversation(actor.app.id, view.conversation)
    cursors.read_up_to(row, reader_of(actor), view.last_seq, view.floor)
    state.removed_at_seq = row.last_seq
    state.pinned_at = None
    state.labels = None
    if history_too:
        state.hidden_before_seq = row.last_seq
    state.save(update_fields=["removed_at_seq", "pinned_at", "labels", "hidden_before_seq"])
    tell_own_devices(actor, OwnChange.CONVERSATION_REMOVED, place)
    if history_too:
        tell_own_devices(actor, OwnChange.HISTORY_REMOVED, place)


def _unpin_oldest(actor: Actor) -> None:
    """One pin too many takes the oldest off (rest.md 1.8)."""
    pinned = ConversationState.objects.filter(user_id=actor.user_id, pinned_at__isnull=False)
    newest = pinned.order_by("-pinned_at", "-pk").values_list("pk", flat=True)
    most = actor.app.settings.max_pinned
    over = list(newest[most : most + 100])
    if over:
        ConversationState.objects.filter(pk__in=over).update(pinned_at=None)


def _state(actor: Actor, place: Place) -> tuple[LogView, ConversationState] | None:
    view = view_at(actor, place, reader_of(actor))
    if view is None:
        return None
    state, _ = ConversationState.objects.select_for_update().get_or_create(
        user_id=actor.user_id, conversation=view.row
    )
    return view, state
