"""What a device has received and a user has read.

`delivered` moves the device's cursor; a client's own receipt (not a transport's acknowledgement)
also makes an entry in a pair's log when it covers messages of the peer that no device of the user
had. `read` makes one when it covers messages that were unread. So the peer learns, now or later.
"""

from typing import Literal

from django.db import transaction

from accounts.domain.actor import Actor
from chat.actions.group_receipts import give_group_receipt
from chat.domain.answers import Unread
from chat.domain.audience import Audience
from chat.domain.commands import (
    GiveGroupReceipt,
    GiveReceipt,
    MarkDelivered,
    MarkRead,
    MarkReceived,
)
from chat.domain.entries import EntryKind
from chat.domain.errors import MessageNotFound
from chat.domain.events import ReceiptGiven
from chat.domain.targets import ToGroup, ToUser
from chat.models import ConversationState, EntryRow
from chat.queries.log_views import LogView, conversation_at, reader_of, view_at
from chat.queries.rights import pair_rights
from chat.store import cursors, direct, stages
from chat.store.reading import entry_by_id
from chat.store.unread import unread_in


def mark_delivered(actor: Actor, command: MarkDelivered) -> Unread:
    """This device has a place's log up to an entry id; it never goes back.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    reader = reader_of(actor)
    view = view_at(actor, command.place, reader)
    if view is None:
        return Unread(0)
    seq = min(cursors.seq_of(view.row, command.up_to), view.last_seq)
    if command.receipt and isinstance(command.place, ToUser):
        cursors.flush()  # what another device, or an earlier call, got is not told again
        _tell_of_delivery(actor, command.place, view, seq, command.up_to)
    cursors.move(actor.user_id, actor.device, actor.app.id, view.row.key, seq)
    stages.confirmed(actor.user_id, actor.device, actor.app.id, view.row.key, seq)
    return Unread(unread_in(view, reader))


@transaction.atomic
def _tell_of_delivery(actor: Actor, place: ToUser, view: LogView, seq: int, up_to: int) -> None:
    state = ConversationState.objects.filter(user=actor.user_id, conversation=view.row).first()
    had = max(state.delivered_seq if state else 0, view.floor)
    new = EntryRow.objects.filter(
        conversation=view.row,
        seq__gt=had,
        seq__lte=seq,
        kind=int(EntryKind.MESSAGE),
        sender=place.username.lower(),
    )
    if new.exists():
        _tell_peer(actor, place, "delivered", up_to)


@transaction.atomic
def mark_read(actor: Actor, command: MarkRead) -> Unread:
    """The user has read a place up to an entry id, or one message of it; it never goes back.

    Raises:
        GroupNotFound, ChatroomNotFound, NotMember.
    """
    reader = reader_of(actor)
    # A missing log is not made for it; a log that is there is locked, as counts must not move.
    if view_at(actor, command.place, reader) is None:
        return Unread(0)
    row = direct.lock_conversation(actor.app.id, conversation_at(actor, command.place))
    view = view_at(actor, command.place, reader)
    if view is None:
        return Unread(0)
    seq = min(cursors.seq_of(row, command.up_to), view.last_seq)
    read = cursors.read_one if command.only else cursors.read_up_to
    advanced, unread = read(row, reader, seq, view.floor)
    stages.read(actor.user_id, actor.device, actor.app.id, row.key, seq, only=command.only)
    if actor.device and not command.only:
        cursors.move(actor.user_id, actor.device, actor.app.id, row.key, seq)
    # A room's receipts are asked for by message.
    if (advanced or command.whole) and isinstance(command.place, ToUser):
        up_to = min(command.up_to, row.last_id)
        _tell_peer(actor, command.place, "read", up_to, whole=command.whole, single=command.only)
    return Unread(unread)


@transaction.atomic
def give_receipt(actor: Actor, command: GiveReceipt) -> None:
    """Tell a message's sender that this user got or read it. Said again, it is told again.

    Of a group's message, if such are meant too, only reading is told: a receipt a member for each
    message of a large group would drown its author.

    Raises:
        MessageNotFound: the pair's log holds no such message of that user.
        GroupNotFound, NotMember.
    """
    place = ToUser(command.username.lower())
    talk = conversation_at(actor, place)
    entry = entry_by_id(actor.app.id, command.message_id)
    if command.in_groups and entry is not None and entry.conversation.kind == "group":
        if command.kind == "read" and entry.sender == place.username:
            group = ToGroup(entry.conversation.room_id)
            give_group_receipt(actor, GiveGroupReceipt(group, entry.id, unasked=True))
        return
    if entry is None or entry.conversation != talk or entry.kind is not EntryKind.MESSAGE:
        raise MessageNotFound()
    if entry.sender != place.username or place.username == actor.username:
        raise MessageNotFound()
    row = direct.lock_conversation(actor.app.id, talk)
    if command.kind == "read":
        reader = reader_of(actor)
        view = view_at(actor, place, reader)
        cursors.read_one(row, reader, entry.seq, view.floor if view else 0)
        stages.read(actor.user_id, actor.device, actor.app.id, row.key, entry.seq, only=True)
    _tell_peer(actor, place, command.kind, command.message_id, single=True)


def note_received(actor: Actor, command: MarkReceived) -> None:
    """A device acknowledged a log up to a seq. No query; any thread."""
    key = command.conversation.key
    cursors.note(actor.user_id, actor.device, actor.app.id, key, command.seq)
    stages.confirmed(actor.user_id, actor.device, actor.app.id, key, command.seq)


def _tell_peer(
    actor: Actor,
    place: ToUser,
    kind: Literal["delivered", "read"],
    up_to: int,
    *,
    whole: bool = False,
    single: bool = False,
) -> None:
    peer = place.username.lower()
    recipient = pair_rights(actor.app.id, actor.username, peer).recipient_id
    echo = (actor.user_id, actor.device) if actor.device else None
    direct.append_on_commit(
        actor.app.id,
        conversation_at(actor, place),
        ReceiptGiven(kind, up_to, whole, single),
        sender=actor.username,
        sender_id=actor.user_id,
        sender_device=actor.device,
        audience=Audience.users(actor.user_id, recipient, skip_device=echo),
    )
