"""Add a reaction to a message, or take it back; everyone who has the message is told."""

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.models import ImUser
from accounts.queries.im_apps import settings_of
from chat.actions.message_changes import tell_of
from chat.domain.entries import Entry
from chat.domain.errors import ReactionRefused
from chat.domain.events import ReactionChanged
from chat.models import Reaction, ReactionHolder
from chat.queries.reactions import DISABLED, ILLEGAL, SHOWN_USERS, readable_message
from chat.store import direct

TOO_MANY = "The quantity has exceeded the limit!"
ALREADY = "the user is already operation this message"


@transaction.atomic
def add_reaction(
    actor: Actor, message_id: int, reaction: str, username: str
) -> tuple[Reaction, Entry]:
    """Let a user who has the message react to it. Answers the reaction and the message.

    Raises:
        ReactionRefused: switched off, not the user's message, too long, one too many, or the
            user has reacted so before.
    """
    if not reaction or len(reaction) > settings_of(actor.app.id).max_reaction:
        raise ReactionRefused(detail=TOO_MANY)
    message, user = _locked(actor, message_id, username)
    rows = Reaction.objects.filter(app_id=actor.app.id, entry_id=message.id)
    row = rows.filter(reaction=reaction).first()
    if row is None:
        if rows.filter(holders__isnull=False).distinct().count() >= (
            settings_of(actor.app.id).max_reactions
        ):
            raise ReactionRefused(detail=TOO_MANY)
        row = Reaction.objects.create(app_id=actor.app.id, entry_id=message.id, reaction=reaction)
    elif row.holders.filter(user=user).exists():
        raise ReactionRefused(detail=ALREADY)
    ReactionHolder.objects.create(reaction=row, user=user)
    row.save()
    _tell(actor, message, row, user.username, added=True)
    return row, message


@transaction.atomic
def remove_reaction(actor: Actor, message_id: int, reaction: str, username: str) -> None:
    """Take a user's reaction back.

    Raises:
        ReactionRefused: switched off, not the user's message, or there is no such reaction.
    """
    message, user = _locked(actor, message_id, username)
    rows = Reaction.objects.filter(app_id=actor.app.id, entry_id=message.id, reaction=reaction)
    row = rows.filter(holders__user=user).first()
    if row is None:
        raise ReactionRefused(detail=ILLEGAL)
    row.holders.filter(user=user).delete()
    row.save()
    _tell(actor, message, row, user.username, added=False)
    if not row.holders.exists():
        row.delete()


def _locked(actor: Actor, message_id: int, username: str) -> tuple[Entry, ImUser]:
    """The message, under its log's lock, and the user who reacts."""
    if not settings_of(actor.app.id).reactions_enabled:
        raise ReactionRefused(detail=DISABLED)
    user = ImUser.objects.filter(app_id=actor.app.id, username=username.lower()).first()
    if user is None:
        raise ReactionRefused(detail=ILLEGAL)
    message = readable_message(actor.app, message_id, user.username)
    direct.lock_conversation(actor.app.id, message.conversation)
    return readable_message(actor.app, message_id, user.username), user


def _tell(actor: Actor, message: Entry, row: Reaction, username: str, *, added: bool) -> None:
    holders = row.holders.order_by("pk").values_list("user__username", flat=True)
    users = tuple(holders[:SHOWN_USERS])
    fact = ReactionChanged(message.id, row.reaction, added, holders.count(), users)
    tell_of(actor, message, fact, sender=username)
