"""Reads reactions to messages, for one of those who may see the message."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.domain.errors import ChatroomNotFound, GroupNotFound, ReactionRefused
from chat.domain.targets import room_of
from chat.models import EntryRow, Reaction, ReactionHolder
from chat.queries.rights import rights_of
from chat.store.rows import entry_of

ILLEGAL = "the user operation is illegal!"
DISABLED = "this appKey is not open reaction service!"
SHOWN_USERS = 3


@dataclass(frozen=True, slots=True)
class ReactionInfo:
    """One reaction to one message. `mine`: the reader added it. `users`: some of those who did."""

    id: int
    message_id: int
    reaction: str
    count: int
    mine: bool
    users: list[str]


def readable_messages(app: AppRef, ids: Sequence[int], username: str) -> list[Entry]:
    """Those of the messages that the user is part of and that are not recalled."""
    rows = EntryRow.objects.filter(app_id=app.id, id__in=ids, kind=EntryKind.MESSAGE)
    found = [entry_of(row) for row in rows.select_related("conversation")]
    return [entry for entry in found if _is_readable(app, entry, username)]


def readable_message(app: AppRef, message_id: int, username: str) -> Entry:
    """Raises ReactionRefused: no such message, or not the user's to see."""
    for entry in readable_messages(app, [message_id], username):
        return entry
    raise ReactionRefused(detail=ILLEGAL)


def _is_readable(app: AppRef, entry: Entry, username: str) -> bool:
    if entry.state is EntryState.RECALLED or not entry.may_see(username):
        return False
    talk = entry.conversation
    if talk.kind == "pair":
        return username in talk.names
    try:
        rights = rights_of(app.id, room_of(talk), fresh=True)
    except (GroupNotFound, ChatroomNotFound):
        return False
    return username in rights.affiliations


def list_reactions(app: AppRef, message_ids: Sequence[int], username: str) -> list[ReactionInfo]:
    """The reactions to messages that the user may see, oldest first."""
    ids = [entry.id for entry in readable_messages(app, message_ids, username)]
    rows = _counted(app, username).filter(entry_id__in=ids).order_by("pk")
    made = [_info(row) for row in rows]
    holders = ReactionHolder.objects.filter(reaction__in=[info.id for info in made])
    by_id = {info.id: info for info in made}
    for reaction_id, name in holders.order_by("pk").values_list("reaction_id", "user__username"):
        if len(by_id[reaction_id].users) < SHOWN_USERS:
            by_id[reaction_id].users.append(name)
    return made


def reaction_page(
    app: AppRef, message_id: int, reaction: str, username: str, *, after: int = 0, limit: int = 50
) -> tuple[ReactionInfo, int]:
    """One reaction with a page of those who added it, and the next `after` (0 at the end).

    Raises:
        ReactionRefused: the message is not the user's to see, or has no such reaction.
    """
    readable_message(app, message_id, username)
    row = _counted(app, username).filter(entry_id=message_id, reaction=reaction).first()
    if row is None:
        raise ReactionRefused(detail=ILLEGAL)
    holders = ReactionHolder.objects.filter(reaction=row, pk__gt=after).order_by("pk")
    found = list(holders.values_list("pk", "user__username")[: limit + 1])
    info = _info(row)
    info.users.extend(name for _, name in found[:limit])
    return info, found[limit - 1][0] if len(found) > limit else 0


def _counted(app: AppRef, username: str) -> QuerySet[Reaction]:
    """Without those that nobody holds: their users were deleted."""
    mine = Count("holders", filter=Q(holders__user__username=username))
    rows = Reaction.objects.filter(app_id=app.id)
    return rows.annotate(held=Count("holders"), mine=mine).filter(held__gt=0)


def _info(row: Reaction) -> ReactionInfo:
    held, mine = vars(row)["held"], vars(row)["mine"]
    return ReactionInfo(row.pk, row.entry_id, row.reaction, held, bool(mine), [])
