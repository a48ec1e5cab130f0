"""Take a message back: it leaves history, and everyone who had it is told."""

import msgspec
from django.db import transaction
from msgspec.structs import replace

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.queries.im_apps import settings_of
from chat.actions.message_changes import is_at, is_known, rights_at, tell_of
from chat.actions.thread_news import tell_lost
from chat.domain.affiliations import Affiliation
from chat.domain.bodies import SILENT_TYPES, Body
from chat.domain.commands import RecallMessage
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.domain.errors import (
    ImError,
    MessageNotFound,
    NotItsTarget,
    NotPermitted,
    NotRecallable,
    RecallDisabled,
    RecallTooLate,
)
from chat.domain.events import MessageEdited, MessageRecalled, fact_of, to_entry_parts
from chat.models import ConversationRow, EntryRow, PinnedMessage
from chat.store import direct
from chat.store.clock import now_ms
from chat.store.reading import entry_by_id
from chat.store.rows import entry_of
from chat.store.unread import listing


@transaction.atomic
def recall_message(actor: Actor, command: RecallMessage) -> None:
    """Recall by its sender, by an admin of its room, or by the app.

    The app may force it: any age, and an unknown message is success (rest.md 3.6.6).

    Raises:
        RecallDisabled, MessageNotFound, NotRecallable, RecallTooLate, NotPermitted.
    """
    settings = settings_of(actor.app.id)
    if not settings.recall_enabled:
        raise RecallDisabled()
    forced = command.force and actor.is_app
    entry = entry_by_id(actor.app.id, command.message_id)
    if entry is not None:
        row = direct.lock_conversation(actor.app.id, entry.conversation)
        entry = entry_by_id(actor.app.id, command.message_id)  # two recalls: the second finds none
    if entry is None or not is_known(actor, entry):
        if forced:
            return
        raise MessageNotFound()
    if not is_at(entry, command.target):
        if forced:
            return
        raise NotItsTarget() if actor.is_app else MessageNotFound()
    if entry.type in SILENT_TYPES:
        raise NotRecallable()
    _check_right(actor, entry)
    window_s = settings.rest_recall_window_s if actor.is_app else settings.recall_window_s
    if not forced and now_ms() - entry.created_ms > window_s * 1000:
        raise RecallTooLate()
    _erase(entry, row)
    tell_of(
        actor,
        entry,
        MessageRecalled(entry.id, command.info),
        sender=command.sender.lower(),
        copies=not actor.is_app or command.copy_to_sender,
    )
    if entry.conversation.kind == "thread":
        tell_lost(entry, actor.username or command.sender.lower())
    audit.note("message.recall", actor.app, "message", str(entry.id), {"force": [None, forced]})


def _check_right(actor: Actor, entry: Entry) -> None:
    if actor.is_app or entry.sender == actor.username:
        return
    talk = entry.conversation
    if talk.kind != "pair":
        try:
            rights = rights_at(actor.app.id, talk)
        except ImError:
            raise MessageNotFound() from None
        if rights.rank_of(actor.username) >= Affiliation.ADMIN:
            return
        if actor.username not in rights.affiliations:
            raise MessageNotFound()
    raise NotPermitted(detail="Only its sender or an admin may recall a message.")


def _erase(entry: Entry, row: ConversationRow) -> None:
    """Empty the message and what its edits said, and take it off the conversation list."""
    if entry.state is EntryState.EDITED:
        _erase_edits(entry, row)
    PinnedMessage.objects.filter(conversation=row, entry_id=entry.id).delete()
    EntryRow.objects.filter(id=entry.id).update(
        payload='{"body":{}}', raw=None, state=int(EntryState.RECALLED)
    )
    if row.last_message_id == entry.id:
        left = listing(EntryRow.objects.filter(conversation_id=row.pk))
        before = left.exclude(state=EntryState.RECALLED).order_by("-seq")
        last_id = before.values_list("id", flat=True).first() or 0
        ConversationRow.objects.filter(pk=row.pk).update(last_message_id=last_id)


def _erase_edits(entry: Entry, row: ConversationRow) -> None:
    """An edit is found by its message's id; its log is read only for messages that were edited."""
    edits = EntryRow.objects.filter(
        conversation_id=row.pk, seq__gt=entry.seq, kind=EntryKind.EDIT
    ).filter(payload__startswith=f'{{"id":"{entry.id}"')
    for edit in edits:
        fact = fact_of(entry_of(edit, entry.conversation))
        assert isinstance(fact, MessageEdited)
        _, _, payload = to_entry_parts(replace(fact, body=Body(fact.body.type, {}), ext=None))
        EntryRow.objects.filter(id=edit.id).update(
            payload=msgspec.json.encode(payload).decode(), raw=None, state=int(EntryState.RECALLED)
        )
