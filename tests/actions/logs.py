"""Reads what the log of a room or a user says, for tests of actions."""

from chat.domain.answers import RoomInfo
from chat.domain.entries import Entry
from chat.domain.events import RoomChanged, RosterChanged, fact_of
from chat.domain.targets import Conversation
from chat.models import EntryRow
from chat.store.reading import entries_after


def entries_of(app_id: int, conversation: Conversation) -> list[Entry]:
    return list(entries_after(app_id, conversation, 0, 10_000))


def room_entries(app_id: int, room: RoomInfo) -> list[Entry]:
    return entries_of(app_id, Conversation.room(room.kind, room.room_id, room.row_id))


def room_facts(app_id: int, room: RoomInfo) -> list[RoomChanged]:
    """What happened in the room after its creation."""
    facts = [fact_of(entry) for entry in room_entries(app_id, room)]
    return [fact for fact in facts[1:] if isinstance(fact, RoomChanged)]


def personal_facts(app_id: int, username: str, user_id: int) -> list[RoomChanged | RosterChanged]:
    entries = entries_of(app_id, Conversation.personal(username, user_id))
    facts = [fact_of(entry) for entry in entries]
    return [fact for fact in facts if isinstance(fact, RoomChanged | RosterChanged)]


def count_entries() -> int:
    return EntryRow.objects.count()
