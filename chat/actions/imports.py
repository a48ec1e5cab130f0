"""Messages that were sent elsewhere, put in history: nobody is told of them."""

from django.db import connection, transaction

from accounts.domain.actor import Actor
from accounts.domain.ids import parse_username
from accounts.queries.im_apps import settings_of
from chat.actions.message_rules import APP_SENDER, check_content
from chat.domain.answers import Sent
from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.commands import ImportMessage
from chat.domain.entries import Draft, EntryFlag, Stored
from chat.domain.errors import StoreUnavailable
from chat.domain.events import MessagePosted, to_entry_parts
from chat.domain.targets import Conversation, ToUser
from chat.models import ImportedEntry
from chat.queries.log_views import reader_by_id
from chat.queries.rights import pair_rights, rights_of
from chat.store import cursors, direct
from chat.store.clock import now_ms
from chat.store.rows import store_batch
from chat.store.statements import OneByOne
from chat.store.unread import born_floors


@transaction.atomic
def import_message(actor: Actor, command: ImportMessage) -> Sent:
    """Store a message with its own time; it takes its place at the log's end.

    It is in history and in conversation lists; no sync and no connection brings it.

    Raises:
        GroupNotFound, MessageTooLarge, IllegalBody.
    """
    settings = settings_of(actor.app.id)
    check_content(actor, command.body, command.ext, settings)
    sender = parse_username(command.sender or APP_SENDER)
    receiver_id = 0
    if isinstance(command.target, ToUser):
        receiver = parse_username(command.target.username)
        ids = pair_rights(actor.app.id, sender, receiver)
        talk, sender_id = Conversation.pair(sender, receiver), ids.sender_id
        receiver_id = ids.recipient_id
        topics = [user_topic(user_id) for user_id in (sender_id, receiver_id) if user_id]
    else:
        rights = rights_of(actor.app.id, command.target, fresh=True)
        talk = Conversation.room("group", rights.room_id, rights.row_id)
        sender_id = pair_rights(actor.app.id, sender, sender).sender_id
        topics = [room_topic(rights.row_id)]
    kind, type_name, payload = to_entry_parts(MessagePosted(command.body, command.ext))
    flags = EntryFlag.HISTORY_ONLY | (EntryFlag.COUNTS if command.body.counts else EntryFlag.NONE)
    draft = Draft(
        app_id=actor.app.id,
        conversation=talk,
        kind=kind,
        type=type_name,
        sender=sender,
        payload=payload,
        sender_id=sender_id,
        flags=flags,
        created_ms=command.created_ms or now_ms(),
    )
    with connection.cursor() as cursor:
        [outcome] = store_batch(OneByOne(cursor), [draft], direct.process_ids, now_ms())
    if not isinstance(outcome, Stored):
        raise StoreUnavailable
    stored = outcome.entry
    ImportedEntry.objects.create(
        app_id=actor.app.id, entry_id=stored.id, created_ms=stored.created_ms
    )
    direct.publish_on_commit(stored, Audience.nobody(*topics))
    if command.is_read and receiver_id:
        row = direct.lock_conversation(actor.app.id, talk)
        reader = reader_by_id(receiver_id)
        floor = born_floors([row], reader).get(row.pk, 0)
        cursors.read_up_to(row, reader, outcome.entry.seq, floor)
    return Sent(outcome.entry.id, outcome.entry.created_ms)
