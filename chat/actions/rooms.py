"""Creates, changes, hands over and destroys groups and chatrooms; names super admins."""

import secrets
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.actions.room_access import (
    OpenRoom,
    open_new_room,
    open_room,
    shortened,
    users_named,
)
from chat.actions.room_admission import admit
from chat.actions.thread_ends import end_threads
from chat.domain.affiliations import Affiliation, RoomAct
from chat.domain.answers import RoomInfo
from chat.domain.commands import (
    CreateRoom,
    DestroyRoom,
    SetSuperAdmin,
    TransferRoom,
    UpdateRoom,
)
from chat.domain.errors import (
    IllegalArgument,
    LimitExceeded,
    NewOwnerNotMember,
    NotPermitted,
    NotSuperAdmin,
    RoomFull,
    RoomIdTaken,
    SameOwner,
)
from chat.domain.events import RoomChange
from chat.domain.ids import is_legal_room_id
from chat.domain.targets import Conversation, RoomKind
from chat.models import Room, RoomMember, RoomRequest, SuperAdmin
from chat.queries import rights as rights_queries
from chat.store import direct

_TEXTS = ("name", "description", "custom", "avatar")
_FLAGS = ("public", "members_only", "allow_invites", "invite_need_confirm")
_CHANGEABLE = {
    "group": frozenset({*_TEXTS, *_FLAGS, "max_members"}),
    "chatroom": frozenset({*_TEXTS, "max_members"}),
}


@transaction.atomic
def create_room(actor: Actor, command: CreateRoom) -> RoomInfo:
    """Make a group or chatroom with its first members, who come in without being asked.

    Raises:
        NotSuperAdmin: a client wants a chatroom and may not.
        IllegalArgument, LimitExceeded: a value, named in the vendor's words.
        RoomIdTaken, PeerNotFound, RoomFull, TooManyJoined.
    """
    kind = command.kind
    if not actor.is_app and kind == "chatroom":
        app_super_admins = rights_queries.super_admin_names(actor.app.id)
        if actor.username not in app_super_admins:
            raise NotSuperAdmin(username=actor.username)
    owner_name = (command.owner if actor.is_app else actor.username).lower()
    if not owner_name:
        raise IllegalArgument(detail="owner must be provided")
    fields = {name: getattr(command, name) for name in (*_TEXTS, *_FLAGS)}
    fields["max_members"] = command.max_members or _default_members(actor, kind)
    _check_fields(actor, kind, fields)
    room_id = new_room_id(actor.app.id, command.room_id, kind)
    names = [owner_name, *map(str.lower, command.admins), *map(str.lower, command.members)]
    users = users_named(actor.app.id, dict.fromkeys(names))
    if len(users) > fields["max_members"]:
        raise RoomFull(room_id=room_id, kind=kind)

    room = _insert(actor, kind, room_id, users[owner_name], fields)
    admins = {name.lower() for name in command.admins} - {owner_name}
    admit(
        room,
        list(users.values()),
        RoomChange.MEMBERS_ADDED,
        ranks={**dict.fromkeys(admins, Affiliation.ADMIN), owner_name: Affiliation.OWNER},
        never_present=kind == "chatroom",
        created=True,
        owner=owner_name,
        admins=sorted(admins),
    )
    people = [name for name in users if name != owner_name and name not in admins]
    given = {"name": room.row.name, "owner": owner_name, "admins": sorted(admins),
             "members": shortened(people)}  # fmt: skip
    room.note("create", **{name: [None, value] for name, value in given.items() if value})
    return room.info()


def _setting(actor: Actor, kind: RoomKind, name: str) -> int:
    """One that groups and chatrooms have apart: `group_…` and `room_…`."""
    family = "room" if kind == "chatroom" else "group"
    value: int = getattr(actor.app.settings, f"{family}_{name}")
    return value


def _default_members(actor: Actor, kind: RoomKind) -> int:
    most = _setting(actor, kind, "max_members")
    return min(_setting(actor, kind, "default_members"), most)


def _check_fields(actor: Actor, kind: RoomKind, fields: dict[str, Any]) -> None:
    """Sizes, in the vendor's words (rest.md 3.8.1, 3.9.1)."""
    if len(fields.get("avatar", "")) > actor.app.settings.max_avatar:
        raise IllegalArgument(detail="avatar length is too big")
    for name, said in (("name", "title"), ("description", "desc"), ("custom", "custom")):
        limit = _setting(actor, kind, f"max_{name}")
        if len(fields.get(name, "")) > limit:
            raise LimitExceeded(detail=f"{said} cannot exceed to {limit}")
    most = _setting(actor, kind, "max_members")
    if "max_members" in fields and fields["max_members"] > most:
        raise LimitExceeded(detail=f"maxUsers cannot exceed {most}")
    if "max_members" in fields and fields["max_members"] < 1:
        raise IllegalArgument(detail="maxUsers must be at least 1")


def new_room_id(app_id: int, chosen: str, kind: RoomKind) -> str:
    """The chosen id if it is free, else a new one of 15 digits.

    Clients tell queues apart by name alone, so an id is never a username either (rest.md 1.3).
    """
    if chosen:
        if not is_legal_room_id(chosen):
            raise IllegalArgument(detail=f"group ID {chosen} is illegal")
        if _is_taken(app_id, chosen):
            raise RoomIdTaken(room_id=chosen, kind=kind)
        return chosen
    while True:
        made = str(10**14 + secrets.randbelow(9 * 10**14))
        if not _is_taken(app_id, made):
            return made


def _is_taken(app_id: int, room_id: str) -> bool:
    """Ids of destroyed rooms count while they are kept: their members still sync them."""
    return (
        Room.objects.filter(app_id=app_id, room_id=room_id).exists()
        or ImUser.objects.filter(app_id=app_id, username=room_id.lower()).exists()
    )


def _insert(
    actor: Actor, kind: RoomKind, room_id: str, owner: ImUser, fields: dict[str, Any]
) -> OpenRoom:
    row = Room(app_id=actor.app.id, kind=kind, room_id=room_id, owner=owner, **fields)
    if kind == "chatroom":
        row.public, row.members_only, row.allow_invites = True, False, False
    elif row.public:
        row.allow_invites = False  # may be set by an update (rest.md 3.8.1)
    else:
        row.members_only = True
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as exc:
        raise RoomIdTaken(room_id=room_id, kind=kind) from exc
    return open_new_room(actor, row)


@transaction.atomic
def update_room(actor: Actor, command: UpdateRoom) -> RoomInfo:
    """Change what a room says of itself; nothing changes unless all of it may.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
        IllegalArgument: a field that this kind has not, or an illegal value.
        LimitExceeded: too long, or less places than members.
    """
    room = open_room(actor, command.target, RoomAct.EDIT)
    kind, changes = room.rights.kind, command.changes
    unknown = [name for name in changes if name not in _CHANGEABLE[kind]]
    if unknown:
        raise IllegalArgument(detail=f"some of [{', '.join(unknown)}] are not valid fields")
    if not changes:
        raise IllegalArgument(detail="there is nothing to change")
    _check_fields(actor, kind, changes)
    if changes.get("max_members", room.row.member_count) < room.row.member_count:
        raise LimitExceeded(detail="maxUsers is less than the number of members")
    row = room.row
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    if kind == "group" and not row.public:
        row.members_only = True
    row.save(update_fields=[*_CHANGEABLE["group"], "modified_at"])
    room.reload_flags()
    values = {name: getattr(row, name) for name in (*_TEXTS, *_FLAGS, "max_members")}
    modified_ms = int(row.modified_at.timestamp() * 1000)
    room.tell(RoomChange.UPDATED, changed=sorted(changes), modified_ms=modified_ms, **values)
    room.note(
        "edit",
        **{name: [before[name], to] for name, to in changes.items() if to != before[name]},
    )
    return room.info()


@transaction.atomic
def transfer_room(actor: Actor, command: TransferRoom) -> RoomInfo:
    """Make another member the owner; the old one becomes a plain member.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
        SameOwner, NewOwnerNotMember, PeerNotFound.
    """
    room = open_room(actor, command.target, RoomAct.TRANSFER)
    name, old = command.new_owner.lower(), room.row.owner
    if old is not None and old.username == name:
        raise SameOwner(username=name, **room.names)
    new = users_named(actor.app.id, [name])[name]
    if name not in room.rights.affiliations:
        raise NewOwnerNotMember(username=name, **room.names)
    stays = RoomMember.objects.filter(room=room.row, left_seq=None)
    ranks = {name: Affiliation.OWNER}
    if old is not None:
        stays.filter(user=old).update(affiliation=Affiliation.MEMBER)
        ranks[old.username] = Affiliation.MEMBER
    stays.filter(user=new).update(affiliation=Affiliation.OWNER)
    room.tell(
        RoomChange.OWNER_CHANGED,
        [name],
        by=old,
        owner=name,
        old_owner=old.username if old else "",
    )
    room.row.owner = new
    room.row.save(update_fields=["owner", "modified_at"])
    room.change_ranks(ranks)
    room.note("transfer", owner=[old.username if old else None, name])
    return room.info()


@transaction.atomic
def destroy_room(actor: Actor, command: DestroyRoom) -> None:
    """End a room for everybody. Its rows stay until retention ends, so that who is away learns it.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted.
    """
    room = open_room(actor, command.target, RoomAct.DESTROY)
    destroy(room)
    room.note("delete", name=[room.row.name, None])


def destroy(room: OpenRoom) -> None:
    now = timezone.now()
    entry = room.tell(RoomChange.DESTROYED, name=room.row.name)
    RoomMember.objects.filter(room=room.row, left_seq=None).update(left_seq=entry.seq, left_at=now)
    RoomRequest.objects.filter(room=room.row).delete()
    room.row.destroyed_at = now
    room.row.save(update_fields=["destroyed_at"])
    transaction.on_commit(partial(rights_queries.forget_rights, room.app_id, room.row.pk))
    if room.rights.kind == "group":
        end_threads(room)


@transaction.atomic
def set_super_admin(actor: Actor, command: SetSuperAdmin) -> None:
    """Let a user create chatrooms and manage every chatroom of the app, or no longer.

    Raises:
        NotPermitted: a client asks.
        PeerNotFound.
    """
    if not actor.is_app:
        raise NotPermitted(detail="Only the app names super admins.")
    name = command.username.lower()
    if command.on:
        user = users_named(actor.app.id, [name])[name]
        SuperAdmin.objects.get_or_create(app_id=actor.app.id, user=user)
        _move_epochs(actor.app.id, name)
    else:
        forget_super_admin(actor, name)
    audit.note(f"room.superadmin.{'add' if command.on else 'remove'}", actor.app, "user", name)


def forget_super_admin(actor: Actor, username: str) -> None:
    SuperAdmin.objects.filter(app_id=actor.app.id, user__username=username).delete()
    _move_epochs(actor.app.id, username)


def _move_epochs(app_id: int, username: str) -> None:
    """Speaking depends on the rank only in the chatrooms that the user is in."""
    rooms = Room.objects.filter(
        app_id=app_id, kind=Room.Kind.CHATROOM, destroyed_at=None, stays__left_seq=None,
        stays__user__username=username,
    )  # fmt: skip
    for row_id, room_id in rooms.order_by("pk").values_list("pk", "room_id"):
        log = Conversation.room("chatroom", room_id, row_id)
        direct.lock_conversation(app_id, log, bump_rights=True)
    transaction.on_commit(partial(rights_queries.forget_super_admins, app_id))
