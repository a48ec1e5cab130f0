"""What a user takes out of their own history.

Nobody else's view changes, and nothing is deleted.
"""

from collections.abc import Collection

from django.db import transaction

from accounts.actions.audit import note
from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import get_user
from chat.actions.own_notices import tell_own_devices
from chat.domain.commands import HideMessages
from chat.domain.errors import NotFound, NotMember
from chat.domain.own_changes import OwnChange
from chat.models import ConversationRow, ConversationState, EntryRow, HiddenEntry
from chat.queries.conversations import waiting_ids
from chat.queries.log_views import LogView, reader_of, view_at, views_of
from chat.store import cursors, direct
from chat.store.rows import conversation_of


@transaction.atomic
def hide_messages(actor: Actor, command: HideMessages) -> None:
    """Hide messages of one place from the actor's history; ids that are not there are no fault."""
    view = _view(actor, command)
    if view is None:
        return
    log = EntryRow.objects.filter(conversation_id=view.row.pk)
    if command.message_ids:
        found = log.filter(id__in=command.message_ids).values_list("id", flat=True)
        HiddenEntry.objects.bulk_create(
            [HiddenEntry(user_id=actor.user_id, entry_id=entry_id) for entry_id in found],
            ignore_conflicts=True,
        )
    if command.up_to_ms:
        # An import's time is not its place: what lies below the last such entry goes with it.
        older = log.filter(created_ms__lte=command.up_to_ms).order_by("-seq")
        _hide_up_to(actor, view.row, older.values_list("seq", flat=True).first() or 0)
    if not command.quietly:
        tell_own_devices(actor, OwnChange.HISTORY_REMOVED, command.place)


@transaction.atomic
def drop_from_queue(app: AppRef, username: str, message_ids: Collection[int] | None = None) -> int:
    """Take messages out of a user's offline queue, or (None) all of them; how many there were.

    Nobody else's view changes. What is not in the queue (any more) is left alone.

    Raises:
        UserNotFound.
    """
    user = get_user(app, username)
    cursors.flush()
    waiting = waiting_ids(app, user)
    found = waiting if message_ids is None else [one for one in waiting if one in message_ids]
    HiddenEntry.objects.bulk_create(
        [HiddenEntry(user_id=user.id, entry_id=entry_id) for entry_id in found],
        ignore_conflicts=True,
        batch_size=500,
    )
    if found:
        left = len(waiting) - len(found)
        note("queue.delete", app, "user", user.username, {"queue": [len(waiting), left]})
    return len(found)


@transaction.atomic
def hide_everything(actor: Actor) -> None:
    """Empty the actor's history and conversation list as they are now."""
    reader = reader_of(actor)
    for view in views_of(actor.app.id, reader):
        row = direct.lock_conversation(actor.app.id, conversation_of(view.row))
        cursors.read_up_to(row, reader, row.last_seq, view.floor)
        _hide_up_to(actor, row, row.last_seq, off_the_list=True)
    tell_own_devices(actor, OwnChange.HISTORY_REMOVED, None)


def _view(actor: Actor, command: HideMessages) -> LogView | None:
    try:
        return view_at(actor, command.place, reader_of(actor))
    except (NotFound, NotMember):
        return None


def _hide_up_to(
    actor: Actor, row: ConversationRow, seq: int, *, off_the_list: bool = False
) -> None:
    state = _state(actor, row)
    state.hidden_before_seq = max(state.hidden_before_seq, seq)
    if off_the_list:
        state.removed_at_seq = max(state.removed_at_seq, seq)
    state.save(update_fields=["hidden_before_seq", "removed_at_seq"])


def _state(actor: Actor, row: ConversationRow) -> ConversationState:
    state, _ = ConversationState.objects.select_for_update().get_or_create(
        user_id=actor.user_id, conversation=row
    )
    return state
