"""Threads: an area below one message of a group, with members of its own.

A thread is a room (`chat.domain.targets.ToThread`): its messages lie in a log of its own. What all
of the group may know of it, that it is there, its name, that it ended, lies in the group's log.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chat.domain.affiliations import Affiliation, RoomRights
from chat.domain.command_base import Command
from chat.domain.entries import Entry, EntryKind
from chat.domain.errors import NotPermitted
from chat.domain.targets import ThreadPlace


class CreateThread(Command, frozen=True):
    """`owner` is used when the app acts; a client owns what it creates."""

    group_id: str
    message_id: int
    name: str
    owner: str = ""


class RenameThread(Command, frozen=True):
    thread_id: str
    name: str


class DestroyThread(Command, frozen=True):
    thread_id: str


class JoinThread(Command, frozen=True):
    """By oneself; twice is success."""

    thread_id: str


class LeaveThread(Command, frozen=True):
    thread_id: str


class AddToThread(Command, frozen=True):
    """By the app. Who is a member already stays one."""

    thread_id: str
    usernames: tuple[str, ...]


class RemoveFromThread(Command, frozen=True):
    thread_id: str
    usernames: tuple[str, ...]


class ThreadChange(StrEnum):
    CREATED = "create"
    RENAMED = "update"
    DELETED = "delete"


@dataclass(frozen=True, slots=True)
class ThreadChanged:
    """In the group's log: `entry.sender` made, renamed or ended a thread below a message.
    `messages`: how many the thread has had."""

    change: ThreadChange
    thread_id: str
    name: str
    message_id: int
    messages: int = 0

    def to_entry_parts(self) -> tuple[EntryKind, str, dict[str, Any]]:
        stored = {"thread": self.thread_id, "name": self.name, "id": str(self.message_id)}
        return EntryKind.THREAD, self.change.value, {**stored, "n": self.messages}

    @classmethod
    def from_entry(cls, change: str, stored: dict[str, Any]) -> "ThreadChanged":
        message_id = int(stored["id"])
        return cls(ThreadChange(change), stored["thread"], stored["name"], message_id, stored["n"])


@dataclass(frozen=True, slots=True)
class ThreadMoved:
    """For the group, while connected: a thread got a message, or lost its last one. `last` is the
    last one now, `messages` how many it has had."""

    thread_id: str
    place: ThreadPlace
    by: str
    at_ms: int
    messages: int
    last: Entry | None


def managing_refusal(group: RoomRights, username: str, *, creator: str = "") -> NotPermitted | None:
    """Why a user (the app when empty) may not manage a thread of the group: its owner and admins
    do, and for some acts the thread's `creator`."""
    if not username or group.rank_of(username) >= Affiliation.ADMIN:
        return None
    if creator and username == creator and username in group.affiliations:
        return None
    return NotPermitted(detail=f"user: {username} may not manage threads of: {group.room_id}")
