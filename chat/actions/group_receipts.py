"""Read receipts of group messages."""

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.queries.im_users import find_user
from chat.domain.audience import Audience
from chat.domain.commands import GiveGroupReceipt
from chat.domain.entries import EntryKind, EntryState
from chat.domain.errors import MessageNotFound
from chat.domain.events import GroupMessageRead, MessagePosted, fact_of
from chat.domain.targets import Conversation
from chat.models import GroupReceipt, Room
from chat.queries.log_views import conversation_at, reader_of, view_at
from chat.store import cursors, direct
from chat.store.reading import entry_by_id


@transaction.atomic
def give_group_receipt(actor: Actor, command: GiveGroupReceipt) -> None:
    """Note that the actor has read a message, and tell its author how many have. Said again, it
    tells nobody; where groups give no receipts, or this one is too large for it, it is read and no
    more.

    Raises:
        GroupNotFound, NotMember.
        MessageNotFound: no such message of another member that asks for receipts.
    """
    reader = reader_of(actor)
    view = view_at(actor, command.target, reader)
    entry = entry_by_id(actor.app.id, command.message_id)
    if view is None or entry is None or entry.conversation != view.conversation:
        raise MessageNotFound
    if entry.kind is not EntryKind.MESSAGE or entry.state is EntryState.RECALLED:
        raise MessageNotFound
    if not view.floor < entry.seq <= view.last_seq or not entry.may_see(actor.username):
        raise MessageNotFound
    posted = fact_of(entry)
    asked = isinstance(posted, MessagePosted) and posted.options.need_group_ack
    if not (asked or command.unasked) or entry.sender == actor.username:
        raise MessageNotFound
    row = direct.lock_conversation(actor.app.id, conversation_at(actor, command.target))
    cursors.read_up_to(row, reader, entry.seq, view.floor)
    members = Room.objects.filter(pk=view.row.row_id).values_list("member_count", flat=True)
    settings = actor.app.settings
    most = settings.group_receipt_members if settings.group_receipts_enabled else 0
    if (members.first() or 0) > most:
        return
    _, is_new = GroupReceipt.objects.get_or_create(user_id=actor.user_id, entry_id=entry.id)
    author = find_user(actor.app, entry.sender)
    if not is_new or author is None:
        return
    count = GroupReceipt.objects.filter(entry_id=entry.id).count()
    direct.append_on_commit(
        actor.app.id,
        Conversation.personal(author.username, author.id),
        GroupMessageRead(view.row.room_id, entry.id, actor.username, count, command.content, asked),
        sender=actor.username,
        sender_id=actor.user_id,
        sender_device=actor.device,
        audience=Audience.users(author.id),
        about=view.row.room_id,
    )
