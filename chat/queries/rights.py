"""Who may speak in a room and between two users: snapshots with their epoch, remembered a while.

A snapshot may be old. That is harmless where it allows: the store checks its epoch when it commits
(design.md §4). Where it refuses, ask again with `fresh=True` before telling the sender.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import ImUser
from accounts.queries.im_apps import settings_of
from chat.domain.affiliations import FOREVER_MS, Affiliation, RoomRights
from chat.domain.errors import ChatroomNotFound, GroupNotFound
from chat.domain.targets import (
    Conversation,
    RoomKind,
    RoomTarget,
    ThreadPlace,
    ToGroup,
    ToThread,
    kind_and_id,
)
from chat.domain.thread_errors import ThreadNotFound
from chat.models import (
    BlockEntry,
    ConversationRow,
    Room,
    RoomBlock,
    RoomMember,
    RoomMute,
    RosterEntry,
    SuperAdmin,
)
from chat.queries.snapshots import Snapshots

# They hold row ids: a deletion is told to all processes, and should that get lost they end.
PAIR_SECONDS = 60.0
_PAIRS_AT_ONCE = 500  # SQLite binds a thousand parameters where it was built so

_rooms: Snapshots[int, RoomRights] = Snapshots(2000)
_row_ids: Snapshots[tuple[int, RoomKind, str], int] = Snapshots(2000)
_pairs: Snapshots[tuple[int, str, str], "PairRights"] = Snapshots(20_000, PAIR_SECONDS)


@dataclass(frozen=True, slots=True)
class PairRights:
    """What decides whether `sender` may write to `recipient`. `blocked`: the recipient refuses
    them. The epoch is the pair conversation's; ids are 0 for names without a user."""

    epoch: int
    sender_id: int
    recipient_id: int
    blocked: bool
    friends: bool
    recipient_exists: bool


_NOT_FOUND: dict[RoomKind, type[GroupNotFound | ChatroomNotFound]] = {
    "group": GroupNotFound,
    "chatroom": ChatroomNotFound,
    "thread": ThreadNotFound,
}


def room_not_found(target: RoomTarget) -> GroupNotFound | ChatroomNotFound:
    kind, room_id = kind_and_id(target)
    return _NOT_FOUND[kind](kind=kind, room_id=room_id)


def kind_of_room(room: Room) -> RoomKind:
    kind: RoomKind = room.kind  # type: ignore[assignment]  # Room.Kind's values are these
    return kind


def live_room(app_id: int, target: RoomTarget) -> Room:
    """The room's row with its owner and, of a thread, its group.

    Raises:
        GroupNotFound, ChatroomNotFound: never made, destroyed, or of the other kind.
    """
    kind, room_id = kind_and_id(target)
    room = (
        Room.objects.select_related("owner", "parent")
        .filter(app_id=app_id, kind=kind, room_id=room_id, destroyed_at=None)
        .first()
    )
    if room is None:
        raise room_not_found(target)
    return room


def rights_of(app_id: int, target: RoomTarget, *, fresh: bool = False) -> RoomRights:
    """The room's rights, remembered ones unless `fresh`.

    Raises:
        GroupNotFound, ChatroomNotFound.
    """
    known = None if fresh else peek_rights(app_id, target)
    if known is not None:
        return known
    kind, room_id = kind_and_id(target)
    try:
        room = live_room(app_id, target)
    except (GroupNotFound, ChatroomNotFound):
        _row_ids.forget((app_id, kind, room_id))
        raise
    # The epoch is read first: data newer than its epoch is found stale, the reverse would not be.
    rights = load_rights(room, room_epoch(app_id, room.pk))
    remember_rights(rights)
    return rights


def group_or_thread(app_id: int, group_id: str, *, fresh: bool = False) -> RoomRights:
    """The rights of a group or, as backends and some clients name it so, of a thread.

    Raises:
        GroupNotFound.
    """
    try:
        return rights_of(app_id, ToGroup(group_id), fresh=fresh)
    except GroupNotFound as refusal:
        try:
            return rights_of(app_id, ToThread(group_id), fresh=fresh)
        except ThreadNotFound:
            raise refusal from None


def peek_rights(app_id: int, target: RoomTarget) -> RoomRights | None:
    """What this process remembers of the room; no I/O."""
    kind, room_id = kind_and_id(target)
    row_id = _row_ids.get((app_id, kind, room_id))
    return None if row_id is None else _rooms.get(row_id)


def remembered(row_id: int) -> RoomRights | None:
    return _rooms.get(row_id)


def remember_rights(rights: RoomRights) -> None:
    known = _rooms.get(rights.row_id)
    if known is not None and known.epoch > rights.epoch:
        return  # two commits told us in the wrong order
    _rooms.put(rights.row_id, rights)
    _row_ids.put((rights.app_id, rights.kind, rights.room_id), rights.row_id)


def forget_rights(app_id: int, row_id: int) -> None:
    """Called for every relayed change of a room."""
    _rooms.forget(row_id)


def forget_super_admins(app_id: int) -> None:
    """Super admins are part of every chatroom's snapshot."""
    _rooms.forget_where(lambda _, held: held.app_id == app_id and held.kind == "chatroom")


def forget_everything() -> None:
    _rooms.clear()
    _row_ids.clear()
    _pairs.clear()


def room_epoch(app_id: int, row_id: int) -> int:
    return _epoch_of(app_id, Conversation.room("group", "", row_id))


def _epoch_of(app_id: int, conversation: Conversation) -> int:
    found = ConversationRow.objects.filter(app_id=app_id, key=conversation.key)
    return found.values_list("rights_epoch", flat=True).first() or 0


def load_rights(room: Room, epoch: int) -> RoomRights:
    """Read a room's rights; four or five queries, whatever its size."""
    kind = kind_of_room(room)
    if kind == "thread":
        return _load_thread(room, epoch)
    stays = RoomMember.objects.filter(room=room, left_seq=None).values_list(
        "user__username", "affiliation", "allow_listed"
    )
    affiliations: dict[str, Affiliation] = {}
    allowed = []
    for name, rank, allow_listed in stays.iterator(chunk_size=5000):
        affiliations[name] = Affiliation(rank)
        if allow_listed:
            allowed.append(name)
    mutes = RoomMute.objects.filter(room=room).values_list("user__username", "expires_at")
    blocks = RoomBlock.objects.filter(room=room).values_list("user__username", flat=True)
    return RoomRights(
        app_id=room.app_id,
        row_id=room.pk,
        room_id=room.room_id,
        kind=kind,
        epoch=epoch,
        public=room.public,
        members_may_invite=room.allow_invites,
        muted_all=room.muted_all,
        disabled=room.disabled,
        affiliations=affiliations,
        mutes={name: until_ms(until) for name, until in mutes},
        allow_listed=frozenset(allowed),
        blocked=frozenset(blocks),
        super_admins=super_admin_names(room.app_id) if kind == "chatroom" else frozenset(),
    )


def _load_thread(room: Room, epoch: int) -> RoomRights:
    """A thread's members with what they are in the group. A change of the group that decides who
    may speak moves the epochs of its threads, too."""
    names = RoomMember.objects.filter(room=room, left_seq=None)
    members = names.values_list("user__username", flat=True)
    rights = RoomRights(room.app_id, room.pk, room.room_id, "thread", epoch, public=False)
    if room.parent is None:
        return rights
    group = current_rights(room.parent)
    return replace(
        rights,
        muted_all=group.muted_all,
        disabled=group.disabled,
        affiliations={name: group.affiliations.get(name, Affiliation.MEMBER) for name in members},
        mutes=group.mutes,
        allow_listed=group.allow_listed,
        place=ThreadPlace(group.room_id, room.parent_message or 0, room.name),
        parent_row=group.row_id,
    )


def current_rights(room: Room) -> RoomRights:
    """A room's rights as they are now; what is remembered if it is as old as the room's epoch."""
    epoch = room_epoch(room.app_id, room.pk)
    known = remembered(room.pk)
    if known is not None and known.epoch == epoch:
        return with_super_admins(known)
    rights = load_rights(room, epoch)
    remember_rights(rights)
    return rights


def until_ms(expires_at: datetime | None) -> int:
    """When a mute ends; one without end does in a far year."""
    return FOREVER_MS if expires_at is None else int(expires_at.timestamp() * 1000)


def super_admin_names(app_id: int) -> frozenset[str]:
    return frozenset(
        SuperAdmin.objects.filter(app_id=app_id).values_list("user__username", flat=True)
    )


def with_super_admins(rights: RoomRights) -> RoomRights:
    """The same with the app's super admins of this moment: they are not the room's own."""
    if rights.kind != "chatroom":
        return rights
    return replace(rights, super_admins=super_admin_names(rights.app_id))


def pair_rights(app_id: int, sender: str, recipient: str, *, fresh: bool = False) -> PairRights:
    """What decides whether one user may write to another, remembered unless `fresh`."""
    return rights_to_each(app_id, sender, [recipient], fresh=fresh)[recipient]


def rights_to_each(
    app_id: int, sender: str, recipients: Sequence[str], *, fresh: bool = False
) -> dict[str, PairRights]:
    """The same for many recipients, by name: four queries for each 500 that are not remembered."""
    found: dict[str, PairRights] = {}
    unknown = []
    for name in recipients:
        known = None if fresh else peek_pair(app_id, sender, name)
        if known is None:
            unknown.append(name)
        else:
            found[name] = known
    for start in range(0, len(unknown), _PAIRS_AT_ONCE):
        found |= _read_pairs(app_id, sender, unknown[start : start + _PAIRS_AT_ONCE])
    return found


def _read_pairs(app_id: int, sender: str, recipients: list[str]) -> dict[str, PairRights]:
    # The epochs first, as in rights_of.
    keys = {name: Conversation.pair(sender, name).key for name in recipients}
    talks = ConversationRow.objects.filter(app_id=app_id, key__in=keys.values())
    epochs = dict(talks.values_list("key", "rights_epoch"))
    users = ImUser.objects.filter(app_id=app_id, username__in={sender, *recipients})
    ids = dict(users.values_list("username", "pk"))
    one = ids.get(sender, 0)
    others = [ids[name] for name in keys if name in ids]
    blocks = BlockEntry.objects.filter(owner__in=others, blocked=one)
    blockers = set(blocks.values_list("owner", flat=True))
    roster = RosterEntry.objects.filter(
        owner=one, contact__in=others, state=RosterEntry.State.FRIENDS
    )
    friends = set(roster.values_list("contact", flat=True))
    found = {}
    for name, key in keys.items():
        other = ids.get(name, 0)
        found[name] = rights = PairRights(
            epoch=epochs.get(key, 0),
            sender_id=one,
            recipient_id=other,
            blocked=other in blockers,
            friends=other in friends,
            recipient_exists=bool(other),
        )
        if other:  # a registration moves no epoch, so "does not exist" is not remembered
            _pairs.put((app_id, sender, name), rights)
    return found


def is_stopped(app_id: int, sender: str, recipient: str, *, fresh: bool = False) -> bool:
    """Whether the recipient's block list stops the sender: if the app lets such lists stop any."""
    is_blocked = pair_rights(app_id, sender, recipient, fresh=fresh).blocked
    return is_blocked and settings_of(app_id).blocks_enabled


def peek_pair(app_id: int, sender: str, recipient: str) -> PairRights | None:
    """What this process remembers of the two; no I/O."""
    return _pairs.get((app_id, sender, recipient))


def forget_pair(app_id: int, one: str, other: str) -> None:
    _pairs.forget((app_id, one, other))
    _pairs.forget((app_id, other, one))


def forget_user(app_id: int, username: str) -> None:
    _pairs.forget_where(lambda key, _: key[0] == app_id and username in key[1:])
