"""Log entries: what is asked to be stored (Draft) and what is stored (Entry)."""

from enum import IntEnum
from typing import Any

from msgspec import Struct

from chat.domain.targets import Conversation

# The `sender_device` of a room's event that a user made by a REST call without a device: what goes
# to all but the actor then goes to none of the user's devices (msync.md 6.1).
UNNAMED_DEVICE = "(rest)"

Json = dict[str, Any]


class EntryKind(IntEnum):
    """Which kind of fact an entry states; chat.domain.events has the class of each."""

    MESSAGE = 1
    RECEIPT = 2
    RECALL = 3
    EDIT = 4
    REACTION = 5
    ROSTER = 6
    ROOM = 7
    OWN = 8
    THREAD = 9
    PIN = 10


class EntryFlag:
    """Bits of an entry's `flags`. Plain numbers: on an IntFlag each `&` costs half a microsecond,
    and every message has several."""

    NONE = 0
    NOT_FOR_SENDER = 1  # REST without sync_device: the sender's own devices do not get it
    ONLINE_ONLY = 2  # never synced to a device that was away
    HISTORY_ONLY = 4  # an import: no sync delivers it
    NOT_IN_HISTORY = 8  # a directed message
    COUNTS = 16  # a message that makes a conversation unread and its last message
    RECORDED = 32  # the console watches how far it comes
    UNLISTED = 64  # it makes and moves no line of conversation lists


class EntryState(IntEnum):
    NORMAL = 0
    RECALLED = 1
    EDITED = 2


class Draft(Struct, frozen=True):
    """An entry that is asked for: everything but its id, seq and time of commit.

    Idempotent per (sender, sender_device, client_id) and conversation within a day when
    `client_id` is not empty. `rights_epoch` is the epoch that the sender's rights were checked
    against; None needs no check (the app, the server itself). `created_ms` 0 means the commit's.
    """

    app_id: int
    conversation: Conversation
    kind: EntryKind
    type: str
    sender: str
    payload: Json
    sender_id: int = 0
    sender_device: str = ""
    client_id: str = ""
    about: str = ""
    only: tuple[str, ...] = ()
    flags: int = EntryFlag.NONE
    raw: bytes | None = None
    created_ms: int = 0
    rights_epoch: int | None = None


class Entry(Struct, frozen=True):
    """A stored entry. `seq` is dense per conversation, `id` rises with it.

    `seen_a`, `seen_b` are the conversation's running numbers of counting messages after this
    entry: in a pair those of each name, in a room all of them in `seen_a`.
    """

    id: int
    app_id: int
    conversation: Conversation
    seq: int
    kind: EntryKind
    type: str
    sender: str
    payload: Json
    created_ms: int
    sender_device: str = ""
    client_id: str = ""
    about: str = ""
    only: tuple[str, ...] = ()
    flags: int = EntryFlag.NONE
    raw: bytes | None = None
    state: EntryState = EntryState.NORMAL
    seen_a: int = 0
    seen_b: int = 0

    @property
    def is_recorded(self) -> bool:
        """Whether it is kept when the entry came how far."""
        return bool(self.flags & EntryFlag.RECORDED)

    def may_see(self, username: str) -> bool:
        return not self.only or username in self.only or username == self.sender


class Stored(Struct, frozen=True):
    """What became of a draft: its entry, or the one that an earlier try stored."""

    entry: Entry
    duplicate: bool = False


class StaleRights(Struct, frozen=True):
    """The rights changed since the check: look again and append anew. `epoch` is the new one."""

    epoch: int
