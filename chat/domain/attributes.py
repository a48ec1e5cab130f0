"""Attributes of group members and chatrooms: what is asked, and what they may look like."""

import re
from collections.abc import Collection, Mapping

from accounts.domain.app_settings import AppSettings
from chat.domain.command_base import Command
from chat.domain.errors import MemberAttributesRefused, MemberValueTooLong
from chat.domain.targets import ToChatroom, ToGroup

_ROOM_KEY = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


class SetMemberAttributes(Command, frozen=True):
    """Change attributes of members of a group. An empty value takes the attribute away."""

    target: ToGroup
    changes: dict[str, dict[str, str]]  # by username


class SetRoomAttributes(Command, frozen=True):
    """Set attributes of a chatroom for `username`. `forced` takes over those of others.

    `auto_delete`: they go when `username` leaves.
    """

    target: ToChatroom
    username: str
    values: dict[str, str]
    auto_delete: bool = True
    forced: bool = False


class RemoveRoomAttributes(Command, frozen=True):
    """No keys: all of that user's, or all there are when `forced`."""

    target: ToChatroom
    username: str
    keys: tuple[str, ...] = ()
    forced: bool = False


def changed_member_attributes(
    current: Mapping[str, str], changes: Mapping[str, str], settings: AppSettings
) -> dict[str, str]:
    """The attributes of a member after the changes; an empty value takes one away.

    Raises:
        MemberAttributesRefused, MemberValueTooLong.
    """
    for key, value in changes.items():
        if not key or len(key.encode()) > settings.max_member_key_bytes:
            raise MemberAttributesRefused(detail="exceeds chatgroup user metadata single key limit")
        if len(value.encode()) > settings.max_member_value_bytes:
            raise MemberValueTooLong()
    made = {key: value for key, value in {**current, **changes}.items() if value}
    size = sum(len(key.encode()) + len(value.encode()) for key, value in made.items())
    if size > settings.max_member_bytes:
        # Unverified wording.
        raise MemberAttributesRefused(detail="exceeds chatgroup user metadata total limit")
    return made


def room_attribute_fault(
    key: str, value: str, others: Collection[str], settings: AppSettings
) -> str:
    """Why a chatroom cannot keep this pair beside the keys it has; "" when it can.

    Source: rest.md 3.9.12 (the sentence about a key; the others are unverified).
    """
    limit = "is exceeding maximum limit"
    if len(key) > settings.max_room_key:
        return f"properties key '{key}' {limit} {settings.max_room_key}"
    if not _ROOM_KEY.fullmatch(key):
        return f"properties key '{key}' is not legal"
    if len(value) > settings.max_room_value:
        return f"properties value of key '{key}' {limit} {settings.max_room_value}"
    if key not in others and len(others) >= settings.max_room_attributes:
        return f"properties are exceeding maximum limit {settings.max_room_attributes}"
    return ""
