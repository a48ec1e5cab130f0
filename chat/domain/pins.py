"""A message pinned for everyone of its conversation: the fact, and what is shown of a pin."""

from dataclasses import dataclass
from typing import Any

from chat.domain.entries import Entry, EntryKind

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MessagePinned:
    """`entry.sender` pinned a message, or took the pin away, for all who have the message."""

    message_id: int
    pinned: bool

    def to_entry_parts(self) -> tuple[EntryKind, str, Json]:
        return EntryKind.PIN, "pin" if self.pinned else "unpin", {"id": str(self.message_id)}

    @classmethod
    def from_entry(cls, change: str, stored: Json) -> "MessagePinned":
        return cls(int(stored["id"]), change == "pin")


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned message, by whom and when (ms)."""

    message: Entry
    by: str
    at_ms: int
