"""Take a message back: it leaves history, and everyone who had it is told."""

from dataclasses import replace

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.queries.im_apps import settings_of
from chat.actions.message_rules import APP_SENDER
from chat.domain.affiliations import Affiliation
from chat.domain.audience import Audience
from chat.domain.bodies import SILENT_TYPES
from chat.domain.commands import RecallMessage
from chat.domain.entries import Entry, EntryFlag, EntryKind, EntryState
from chat.domain.errors import (
    ImError,
    MessageNotFound,
    NotItsTarget,
    NotPermitted,
    NotRecallable,
    RecallDisabled,
    RecallTooLate,
)
from chat.domain.events import MessageRecalled
from chat.domain.targets import RoomKind, Target, ToUser, room_target
from chat.models import ConversationRow, EntryRow
from chat.queries.rights import kind_and_id, pair_rights, rights_of
from chat.store import direct
from chat.store.clock import now_ms
from chat.store.reading import entry_by_id
from chat.store.unread import counting


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
    if entry is None or not _is_known(actor, entry):
        if forced:
            return
        raise MessageNotFound()
    if not _is_at(entry, command.target):
        if forced:
            return
        raise NotItsTarget() if actor.is_app else MessageNotFound()
    if entry.type in SILENT_TYPES:
        raise NotRecallable()
    _check_right(actor, entry)
    if not forced and now_ms() - entry.created_ms > settings.recall_window_s * 1000:
        raise RecallTooLate()
    _erase(entry, row)
    _tell(actor, command, entry)


def _is_known(actor: Actor, entry: Entry) -> bool:
    """Whether it is a message that the actor may know of."""
    if entry.kind is not EntryKind.MESSAGE or entry.state is EntryState.RECALLED:
        return False
    talk = entry.conversation
    return actor.is_app or talk.kind != "pair" or actor.username in talk.names


def _is_at(entry: Entry, target: Target | None) -> bool:
    """Whether it was sent to where the recall says."""
    talk = entry.conversation
    match target:
        case None:
            return True
        case ToUser(username):
            return talk.kind == "pair" and username.lower() in talk.names
        case room:
            return kind_and_id(room) == (talk.kind, talk.room_id)


def _check_right(actor: Actor, entry: Entry) -> None:
    if actor.is_app or entry.sender == actor.username:
        return
    talk = entry.conversation
    if talk.kind in {"group", "chatroom"}:
        try:
            kind: RoomKind = "group" if talk.kind == "group" else "chatroom"
            rights = rights_of(actor.app.id, room_target(kind, talk.room_id), fresh=True)
        except ImError:
            raise MessageNotFound() from None
        if rights.rank_of(actor.username) >= Affiliation.ADMIN:
            return
        if actor.username not in rights.affiliations:
            raise MessageNotFound()
    raise NotPermitted(detail="Only its sender or an admin may recall a message.")


def _erase(entry: Entry, row: ConversationRow) -> None:
    """Empty the message, and take it off the conversation list."""
    EntryRow.objects.filter(id=entry.id).update(
        payload='{"body":{}}', raw=None, state=int(EntryState.RECALLED)
    )
    if row.last_message_id == entry.id:
        left = counting(EntryRow.objects.filter(conversation_id=row.pk))
        before = left.exclude(state=EntryState.RECALLED).order_by("-seq")
        last_id = before.values_list("id", flat=True).first() or 0
        ConversationRow.objects.filter(pk=row.pk).update(last_message_id=last_id)


def _tell(actor: Actor, command: RecallMessage, entry: Entry) -> None:
    talk = entry.conversation
    sender = actor.username or command.sender.lower() or APP_SENDER
    own = actor.user_id
    if talk.kind == "pair":
        one, other = talk.names
        ids = pair_rights(actor.app.id, one, other)
        users = {one: ids.sender_id, other: ids.recipient_id}
        own = own or users.get(sender, 0)
        audience = Audience.users(*users.values())
    else:
        own = own or pair_rights(actor.app.id, sender, sender).sender_id
        audience = Audience.room(talk.row_id)
    if entry.only:
        audience = replace(audience, only=tuple(dict.fromkeys((*entry.only, entry.sender, sender))))
    copies = not actor.is_app or command.copy_to_sender
    if actor.device:
        audience = replace(audience, skip_device=(actor.user_id, actor.device))
    direct.append_on_commit(
        actor.app.id,
        talk,
        MessageRecalled(entry.id, command.info),
        sender=sender,
        sender_id=actor.user_id,
        sender_device=actor.device,
        audience=audience if copies else replace(audience, skip_user=own),
        only=entry.only,
        flags=EntryFlag.NONE if copies else EntryFlag.NOT_FOR_SENDER,
    )
