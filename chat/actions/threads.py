"""Threads of a group: made below a message, joined, renamed, ended.

Every action locks the group's log first and then the thread's, as a change of the group does. It
does not move the group's rights: what is sent to the group meanwhile is not checked again.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.actions.room_access import OpenRoom, open_new_room, open_room, users_named
from chat.actions.room_admission import admit, dismiss
from chat.actions.rooms import new_room_id
from chat.actions.thread_ends import end_thread
from chat.domain.affiliations import RoomRights, speaking_refusal
from chat.domain.answers import MemberOutcome, ThreadInfo
from chat.domain.audience import Audience
from chat.domain.entries import UNNAMED_DEVICE, Entry, EntryKind, EntryState
from chat.domain.errors import GroupDisabled, GroupNotFound, IllegalArgument, NotPermitted
from chat.domain.events import RoomChange
from chat.domain.targets import Conversation, ToGroup, ToThread
from chat.domain.thread_errors import (
    NotInThreadsGroup,
    ThreadExists,
    ThreadGroupNotFound,
    ThreadLimit,
    ThreadMessageNotFound,
    ThreadNested,
    ThreadNotFound,
    ThreadRefused,
    ThreadsDisabled,
    ThreadValueTooLarge,
)
from chat.domain.threads import (
    AddToThread,
    CreateThread,
    DestroyThread,
    JoinThread,
    LeaveThread,
    RemoveFromThread,
    RenameThread,
    ThreadChange,
    ThreadChanged,
    managing_refusal,
)
from chat.models import Room, RoomMember
from chat.queries.rights import current_rights, live_room
from chat.queries.threads import info_of
from chat.store import direct
from chat.store.clock import now_ms
from chat.store.reading import entry_by_id, find_row


@dataclass(frozen=True, slots=True)
class _Open:
    """A thread and its group, both locked."""

    group: OpenRoom
    thread: OpenRoom

    @property
    def row(self) -> Room:
        return self.thread.row

    @property
    def creator(self) -> str:
        return self.thread.owner_name


@transaction.atomic
def create_thread(actor: Actor, command: CreateThread) -> ThreadInfo:
    """Make a thread below a message of a group; its owner is in it.

    Raises:
        ThreadsDisabled, ThreadValueTooLarge, ThreadGroupNotFound, ThreadMessageNotFound.
        NotInThreadsGroup: the owner. ThreadNested, ThreadRefused: not a message of that group.
        ThreadExists, ThreadLimit, GroupDisabled, Muted.
    """
    _demand_open(actor)
    _check_name(actor, command.name)
    group = _open_group(actor, command.group_id)
    owner = _member(group, (command.owner if actor.is_app else actor.username).lower())
    _check_speaking(actor, group.rights)
    message = _message(actor, group, command.message_id)
    settings = actor.app.settings
    threads = Room.objects.filter(app_id=actor.app.id, kind=Room.Kind.THREAD, destroyed_at=None)
    if threads.count() >= settings.max_threads:
        raise ThreadLimit(detail="thread number has reached limit.")
    _check_places(actor, [owner])
    row = Room(
        app_id=actor.app.id, kind=Room.Kind.THREAD, name=command.name, owner=owner, public=False,
        room_id=new_room_id(actor.app.id, "", "thread"), parent=group.row,
        parent_message=message.id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as exc:
        raise ThreadExists from exc
    thread = open_new_room(actor, row)
    _admit(group, thread, [owner], RoomChange.MEMBER_JOINED, created=True)
    _tell_group(group, thread, ThreadChange.CREATED)
    thread.note("create", name=[None, row.name], group=[None, group.rights.room_id])
    return info_of(row)


@transaction.atomic
def rename_thread(actor: Actor, command: RenameThread) -> ThreadInfo:
    """By the group's owner and admins, the thread's creator, or the app.

    Raises:
        ThreadsDisabled, ThreadValueTooLarge, ThreadNotFound, NotPermitted, GroupDisabled, Muted.
    """
    _check_name(actor, command.name)
    found = _open_thread(actor, command.thread_id)
    _check_managing(actor, found, creator=found.creator)
    _check_speaking(actor, found.group.rights)
    before, found.row.name = found.row.name, command.name
    found.row.save(update_fields=["name", "modified_at"])
    place = found.thread.rights.place
    if place is not None:
        found.thread.change(place=type(place)(place.group_id, place.message_id, command.name))
    also = [actor.user_id] if actor.user_id else []
    found.thread.tell(RoomChange.UPDATED, also=also, name=command.name)
    _tell_group(found.group, found.thread, ThreadChange.RENAMED)
    found.thread.note("edit", name=[before, command.name])
    return info_of(found.row)


@transaction.atomic
def destroy_thread(actor: Actor, command: DestroyThread) -> None:
    """By the group's owner and admins, or the app.

    Raises:
        ThreadsDisabled, ThreadNotFound, NotPermitted.
    """
    found = _open_thread(actor, command.thread_id, disabled_too=True)
    _check_managing(actor, found)
    end_thread(found.group, found.row)
    _tell_group(found.group, found.thread, ThreadChange.DELETED)
    found.thread.note("delete", name=[found.row.name, None])


@transaction.atomic
def join_thread(actor: Actor, command: JoinThread) -> ThreadInfo:
    """By any member of the group. Again, it tells nobody.

    Raises:
        ThreadsDisabled, ThreadNotFound, NotInThreadsGroup, ThreadLimit, GroupDisabled.
    """
    if actor.is_app:
        raise IllegalArgument(detail="The app itself joins nothing.")
    found = _open_thread(actor, command.thread_id)
    user = _member(found.group, actor.username)
    if actor.username not in found.thread.rights.affiliations:
        _check_places(actor, [user])
        _admit(found.group, found.thread, [user], RoomChange.MEMBER_JOINED)
    return info_of(found.row)


@transaction.atomic
def leave_thread(actor: Actor, command: LeaveThread) -> None:
    """Its creator may leave, too; the thread stays. Who is not in it has left it.

    Raises:
        ThreadsDisabled, ThreadNotFound.
    """
    found = _open_thread(actor, command.thread_id, disabled_too=True)
    if actor.username in found.thread.rights.affiliations:
        user = users_named(actor.app.id, [actor.username])[actor.username]
        dismiss(found.thread, [user], RoomChange.MEMBER_LEFT, by=user)


@transaction.atomic
def add_to_thread(actor: Actor, command: AddToThread) -> list[str]:
    """Put members of the group into a thread; answers those who were not in it.

    Raises:
        NotPermitted: a client asks; clients join by themselves.
        ThreadsDisabled, ThreadNotFound, NotInThreadsGroup, ThreadValueTooLarge, ThreadLimit.
    """
    if not actor.is_app:
        raise NotPermitted(detail="Only the app puts somebody into a thread.")
    names = _names(actor, command.usernames)
    found = _open_thread(actor, command.thread_id)
    members = [_member(found.group, name) for name in names]
    inside = found.thread.rights.affiliations
    new = [user for user in members if user.username not in inside]
    _check_places(actor, new)
    if new:
        _admit(found.group, found.thread, new, RoomChange.MEMBERS_ADDED)
        found.thread.note_members("member.add", [user.username for user in new])
    return [user.username for user in new]


@transaction.atomic
def remove_from_thread(actor: Actor, command: RemoveFromThread) -> list[MemberOutcome]:
    """By the group's owner and admins, or the app. Who is not in it is told apart, not refused.

    Raises:
        ThreadsDisabled, ThreadNotFound, NotPermitted, ThreadValueTooLarge.
    """
    names = _names(actor, command.usernames)
    found = _open_thread(actor, command.thread_id)
    _check_managing(actor, found)
    inside = [name for name in names if name in found.thread.rights.affiliations]
    users = users_named(actor.app.id, inside)
    if users:
        # Its creator may not, and may be who is removed: for the app acts the group's owner.
        by = found.group.row.owner if actor.is_app else None
        dismiss(found.thread, list(users.values()), RoomChange.MEMBERS_REMOVED, by=by)
        found.thread.note_members("member.remove", users)
    return [MemberOutcome(name, name in users) for name in names]


def _demand_open(actor: Actor) -> None:
    if not actor.app.settings.threads_enabled:
        raise ThreadsDisabled


def _check_name(actor: Actor, name: str) -> None:
    if not name or len(name) > actor.app.settings.max_thread_name:
        raise ThreadValueTooLarge(detail="thread name limit reached.")


def _names(actor: Actor, usernames: tuple[str, ...]) -> list[str]:
    names = list(dict.fromkeys(name.lower() for name in usernames))
    if not names or len(names) > actor.app.settings.max_thread_batch:
        raise ThreadValueTooLarge(detail="request body reaches limit.")
    return names


def _open_group(actor: Actor, group_id: str) -> OpenRoom:
    try:
        row = live_room(actor.app.id, ToGroup(group_id))
    except GroupNotFound as refusal:
        if Room.objects.filter(
            app_id=actor.app.id, kind=Room.Kind.THREAD, room_id=group_id, destroyed_at=None
        ).exists():
            raise ThreadNested from refusal
        raise ThreadGroupNotFound from refusal
    return _lock_group(actor, row)


def _lock_group(actor: Actor, row: Room) -> OpenRoom:
    """The group under its lock; its rights stay as they are."""
    log = Conversation.room("group", row.room_id, row.pk)
    locked = direct.lock_conversation(actor.app.id, log)
    return OpenRoom(actor, row, log, current_rights(row), locked.last_seq)


def _open_thread(actor: Actor, thread_id: str, *, disabled_too: bool = False) -> _Open:
    _demand_open(actor)
    row = live_room(actor.app.id, ToThread(thread_id))
    if row.parent is None:
        raise ThreadNotFound
    group = _lock_group(actor, row.parent)
    if group.rights.disabled and not disabled_too:
        raise GroupDisabled(room_id=group.rights.room_id)
    return _Open(group, open_room(actor, ToThread(thread_id), None))


def _member(group: OpenRoom, username: str) -> ImUser:
    """A user who is in the group. Raises NotInThreadsGroup."""
    if not username or username not in group.rights.affiliations:
        raise NotInThreadsGroup
    return users_named(group.app_id, [username])[username]


def _check_managing(actor: Actor, found: _Open, *, creator: str = "") -> None:
    refusal = managing_refusal(found.group.rights, actor.username, creator=creator)
    if refusal is not None:
        raise refusal


def _check_speaking(actor: Actor, group: RoomRights) -> None:
    """A thread's name is read by all of the group: who may not speak there gives none."""
    if group.disabled:
        raise GroupDisabled(room_id=group.room_id)
    if not actor.is_app and (refusal := speaking_refusal(group, actor.username, now_ms())):
        raise refusal


def _message(actor: Actor, group: OpenRoom, message_id: int) -> Entry:
    """The message of the group, which has no thread yet."""
    entry = entry_by_id(actor.app.id, message_id)
    if entry is None or entry.kind is not EntryKind.MESSAGE or entry.state is EntryState.RECALLED:
        raise ThreadMessageNotFound
    match entry.conversation.kind:
        case "thread":
            raise ThreadNested
        case "group" if entry.conversation.row_id == group.row.pk:
            pass
        case "group":
            raise ThreadRefused(detail="msg not belong to group .")
        case _:
            raise ThreadRefused(detail="thread must on group message to create.")
    if Room.objects.filter(parent_message=entry.id, destroyed_at=None).exists():
        raise ThreadExists
    return entry


def _check_places(actor: Actor, users: list[ImUser]) -> None:
    """Raises ThreadLimit: one of them is in too many threads."""
    most = actor.app.settings.max_joined_threads
    for user in users:
        stays = RoomMember.objects.filter(user=user, left_seq=None)
        if stays.filter(room__kind=Room.Kind.THREAD, room__destroyed_at=None).count() >= most:
            raise ThreadLimit(detail="user join thread reach limit.")


def _admit(
    group: OpenRoom,
    thread: OpenRoom,
    users: list[ImUser],
    change: RoomChange,
    *,
    created: bool = False,
) -> None:
    """A thread's members have the ranks that they have in the group."""
    ranks = {user.username: group.rights.affiliations[user.username] for user in users}
    by = users[0] if change is RoomChange.MEMBER_JOINED else None
    admit(thread, users, change, by=by, ranks=ranks, **({"created": True} if created else {}))


def _tell_group(group: OpenRoom, thread: OpenRoom, change: ThreadChange) -> None:
    actor, row = group.actor, thread.row
    by = actor.username or thread.owner_name or group.owner_name or "admin"
    device = actor.device or (UNNAMED_DEVICE if actor.user_id and actor.via == "rest" else "")
    log = find_row(row.app_id, thread.conversation)
    direct.append_on_commit(
        row.app_id,
        group.conversation,
        ThreadChanged(
            change, row.room_id, row.name, row.parent_message or 0, log.count_a if log else 0
        ),
        sender=by,
        sender_id=actor.user_id,
        sender_device=device,
        audience=Audience.room(
            group.row.pk, skip_device=(actor.user_id, device) if device else None
        ),
    )
