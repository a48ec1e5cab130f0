"""What a user changed of their own view by one device: a fact for the user's other devices."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chat.domain import targets
from chat.domain.entries import EntryKind
from chat.domain.targets import Target, ToUser

Json = dict[str, Any]


class OwnChange(StrEnum):
    HISTORY_REMOVED = "history_removed"
    CONVERSATION_REMOVED = "conversation_removed"
    CONVERSATION_PINNED = "conversation_pinned"
    CONVERSATION_UNPINNED = "conversation_unpinned"
    CONVERSATION_MARKED = "conversation_marked"
    CONVERSATION_UNMARKED = "conversation_unmarked"
    SILENCED = "silenced"  # when messages may disturb; `detail` has all that is set now


@dataclass(frozen=True, slots=True)
class OwnChanged:
    """In the personal log. `target` None: of all conversations. `detail`: `mark` (marked,
    unmarked); `type`, `interval`, `until_ms` (silenced)."""

    change: OwnChange
    target: Target | None = None
    detail: Json = field(default_factory=dict)

    def to_entry_parts(self) -> tuple[EntryKind, str, Json]:
        kind, ident = kind_and_id(self.target)
        stored = {"kind": kind, "of": ident, "detail": self.detail}
        return EntryKind.OWN, self.change.value, stored

    @classmethod
    def from_entry(cls, change: str, stored: Json) -> "OwnChanged":
        target = _target(stored["kind"], stored["of"])
        return cls(OwnChange(change), target, stored.get("detail", {}))


def kind_and_id(target: Target | None) -> tuple[str, str]:
    """How a target is named in JSON; both empty for none."""
    match target:
        case None:
            return "", ""
        case ToUser(username):
            return "user", username
        case room:
            return targets.kind_and_id(room)


def _target(kind: str, ident: str) -> Target | None:
    match kind:
        case "user":
            return ToUser(ident)
        case "group" | "chatroom" | "thread":
            return targets.room_target(kind, ident)
        case _:
            return None
