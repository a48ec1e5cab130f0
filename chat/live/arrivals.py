"""Who came into a room while nobody in this process heard it, and was not told.

A room's log is compared with what was delivered only where somebody hears the room. The word that
brings the first member of a process in goes to that member's own topic; when the relay loses it,
or a command outside of the server wrote it, only the log of a room that is not heard here has it.
"""

from collections.abc import Iterable, Sequence

from chat.domain.entries import Entry
from chat.domain.events import RoomChanged, logged
from chat.domain.targets import Conversation
from chat.live.ordering import Sequencer
from chat.live.registry import Registry

Moved = tuple[int, Conversation, int]  # app id, conversation, last seq
_NO_ROOMS = frozenset({"pair", "personal"})


def unheard(moved: Iterable[Moved], sequencer: Sequencer) -> list[tuple[int, Conversation]]:
    """The logs of rooms that went on, and nobody here heard it."""
    return [
        (app_id, conversation)
        for app_id, conversation, last_seq in moved
        if conversation.kind not in _NO_ROOMS
        and sequencer.is_missed(app_id, conversation, last_seq)
    ]


def missed(entries: Sequence[Entry], registry: Registry, sequencer: Sequencer) -> list[Entry]:
    """Of the entries that brought somebody in, the first of each log of which somebody here should
    have been told."""
    first: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        if sequencer.is_missed(entry.app_id, entry.conversation, entry.seq) and _is_of(
            entry, registry
        ):
            first.setdefault((entry.app_id, entry.conversation.key), entry)
    return list(first.values())


def _is_of(entry: Entry, registry: Registry) -> bool:
    """Whether one of those who came in was connected here then: a later log-in read its rooms."""
    fact = logged(entry).fact
    names = fact.users if isinstance(fact, RoomChanged) else ()
    return any(
        one.since_ms <= entry.created_ms
        for name in names
        for one in registry.connections_of(registry.user_id_of(entry.app_id, name))
    )
