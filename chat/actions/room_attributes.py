"""Attributes: of the members of a group, and the key-value store of a chatroom."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from accounts.domain.actor import Actor
from chat.actions.room_access import OpenRoom, open_room
from chat.domain.affiliations import Affiliation, RoomAct
from chat.domain.attributes import (
    RemoveRoomAttributes,
    SetMemberAttributes,
    SetRoomAttributes,
    changed_member_attributes,
    room_attribute_fault,
)
from chat.domain.errors import (
    IllegalArgument,
    MemberAttributesRefused,
    NotInChatroom,
    NotInGroup,
    NotPermitted,
)
from chat.domain.events import RoomChange
from chat.domain.targets import ToChatroom
from chat.models import RoomAttribute, RoomMember

MAX_MEMBERS = 20  # in one call
THE_APP = "admin"  # COMPAT official Java SDK: removes with /user/admin/forced (rest.md 4.1)
NOT_YOURS = "error operation: permission"  # unverified wording


@dataclass(frozen=True, slots=True)
class AttributeOutcome:
    """The keys that were changed, and why each of the others was not."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def set_member_attributes(actor: Actor, command: SetMemberAttributes) -> None:
    """Change what members say of themselves; owner and admins may do it for anybody.

    One of several that is not in the group, or too large, refuses the whole call.

    Raises:
        GroupNotFound, NotPermitted, GroupDisabled.
        NotInGroup: the only one named is no member. MemberAttributesRefused, MemberValueTooLong.
    """
    changes = {name.lower(): change for name, change in command.changes.items()}
    if len(changes) > MAX_MEMBERS:
        raise MemberAttributesRefused(detail="exceeds chatgroup metadata batch put users limit")
    room = open_room(actor, command.target, RoomAct.SET_ATTRIBUTES)
    if room.rank < Affiliation.ADMIN and set(changes) != {actor.username}:
        detail = f"user: {actor.username} may set only the own attributes"
        raise NotPermitted(detail=detail, **room.names)
    strangers = [name for name in changes if name not in room.rights.affiliations]
    if strangers:
        if len(changes) == 1:
            raise NotInGroup()
        detail = "Some users are not in the group: " + ", ".join(strangers)
        raise MemberAttributesRefused(detail=detail)
    stays = RoomMember.objects.filter(room=room.row, left_seq=None, user__username__in=changes)
    for stay in stays.select_related("user").order_by("pk"):
        name = stay.user.username
        made = changed_member_attributes(stay.attributes, changes[name], actor.app.settings)
        if made != stay.attributes:
            stay.attributes = made
            stay.save(update_fields=["attributes"])
            room.tell(RoomChange.MEMBER_ATTRIBUTES, [name], properties=changes[name])
            room.note("member.attributes", user=[None, name], keys=[None, sorted(changes[name])])


@transaction.atomic
def set_room_attributes(actor: Actor, command: SetRoomAttributes) -> AttributeOutcome:
    """Set keys of a chatroom. A key of somebody else's is taken over only when `forced`.

    Raises:
        ChatroomNotFound, NotPermitted. NotInChatroom: the user is not there.
        IllegalArgument: too many keys, none, or a client sets for somebody else.
    """
    if not command.values:
        raise IllegalArgument(detail="metaData must be provided")
    _check_size(actor, command.values)
    room, owner = _open(actor, command.target, command.username, forced=command.forced)
    current = {row.key: row for row in room.row.attributes.all()}
    outcome = AttributeOutcome()
    known = set(current)
    rows = []
    for key, value in command.values.items():
        row = current.get(key)
        fault = room_attribute_fault(key, value, known, actor.app.settings)
        if not fault and row is not None and row.owner != owner and not command.forced:
            fault = NOT_YOURS
        if fault:
            outcome.failed[key] = fault
            continue
        known.add(key)
        outcome.done.append(key)
        rows.append(RoomAttribute(room=room.row, key=key, value=value, owner=owner,
                                  auto_delete=command.auto_delete))  # fmt: skip
    if rows:
        RoomAttribute.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["room", "key"],
            update_fields=["value", "owner", "auto_delete"],
        )
        properties = {row.key: row.value for row in rows}
        users = [owner] if owner != THE_APP else []
        room.tell(RoomChange.ATTRIBUTES_SET, users, properties=properties, failed=outcome.failed)
        room.note("attributes.set", user=[None, owner], keys=[None, sorted(properties)])
    return outcome


@transaction.atomic
def remove_room_attributes(actor: Actor, command: RemoveRoomAttributes) -> AttributeOutcome:
    """Remove keys of a chatroom, others' only when `forced`; a key that is not there is no error.

    Raises:
        As set_room_attributes.
    """
    _check_size(actor, command.keys)
    room, owner = _open(actor, command.target, command.username, forced=command.forced)
    current = {row.key: row for row in room.row.attributes.all()}
    mine = [key for key, row in current.items() if command.forced or row.owner == owner]
    outcome = AttributeOutcome()
    for key in command.keys or mine:
        row = current.get(key)
        if row is not None and row.owner != owner and not command.forced:
            outcome.failed[key] = NOT_YOURS
        else:
            outcome.done.append(key)
    gone = [key for key in outcome.done if key in current]
    _remove(room, [current[key] for key in gone], outcome.failed)
    if gone:
        room.note("attributes.remove", user=[None, owner], keys=[sorted(gone), None])
    return outcome


def drop_attributes_of(room: OpenRoom, usernames: Iterable[str]) -> None:
    """Remove what users who leave the chatroom said should go with them."""
    rows = room.row.attributes.filter(owner__in=list(usernames), auto_delete=True)
    _remove(room, list(rows.order_by("pk")))


def _remove(
    room: OpenRoom, rows: list[RoomAttribute], failed: dict[str, str] | None = None
) -> None:
    if not rows:
        return
    RoomAttribute.objects.filter(pk__in=[row.pk for row in rows]).delete()
    properties = {row.key: row.value for row in rows}
    told = room.tell(RoomChange.ATTRIBUTES_REMOVED, properties=properties, failed=failed or {})
    room.last_seq = told.seq


def _check_size(actor: Actor, keys: Iterable[str]) -> None:
    most = actor.app.settings.max_room_attribute_batch
    if len(set(keys)) > most:
        raise IllegalArgument(detail=f"exceed allowed batch size {most}")


def _open(actor: Actor, target: ToChatroom, username: str, *, forced: bool) -> tuple[OpenRoom, str]:
    """The room, locked, and whose attributes they are."""
    owner = username.lower()
    if not actor.is_app and owner != actor.username:
        raise IllegalArgument(detail="others are not allowed to be set")
    room = open_room(actor, target, None)
    by_the_app = actor.is_app and forced and owner == THE_APP
    if owner not in room.rights.affiliations and not by_the_app:
        raise NotInChatroom(**room.names)
    return room, owner
