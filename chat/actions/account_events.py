"""Receivers of accounts.signals: what a change of an account does to its chats."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.dispatch import receiver

from accounts import signals
from accounts.actions.im_users import username_guards
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import IllegalUsername, UserDisabled
from accounts.domain.push import Silent, SilentKind
from accounts.models import ImUser
from accounts.queries.im_apps import app_by_id
from chat.actions.own_notices import tell_own_devices
from chat.actions.pair_access import OpenPair, open_pair
from chat.actions.room_access import OpenRoom, open_room
from chat.actions.room_admission import dismiss
from chat.actions.rooms import destroy, forget_super_admin
from chat.domain.affiliations import Affiliation
from chat.domain.audience import Audience, user_topic
from chat.domain.errors import AccountRemoved, ForcedOffline, ImError, PasswordChanged
from chat.domain.events import Kicked, RoomChange, RosterChange
from chat.domain.ids import looks_like_room_id
from chat.domain.own_changes import OwnChange
from chat.domain.targets import Conversation, Target, ToGroup, ToUser, room_target
from chat.live import fanout
from chat.models import (
    BlockEntry,
    ConversationRow,
    HiddenEntry,
    Room,
    RoomMember,
    RosterEntry,
)
from chat.queries.rights import kind_of_room
from chat.queries.rooms import room_ids_taken
from chat.store.expiry import lock_logs_of, remove_log


def refuse_room_ids(app: AppRef, username: str) -> None:
    """Clients tell queues apart by name alone: a username is never the id of a room.

    Raises:
        IllegalUsername.
    """
    if looks_like_room_id(username) or room_ids_taken(app.id, [username]):
        raise IllegalUsername(username=username)


username_guards.append(refuse_room_ids)


@receiver(signals.im_user_deleted)
def on_user_deleted(*, app_id: int, user_id: int, username: str, **_: Any) -> None:
    """Take a user out of everything, and tell the others, before its row goes."""
    user = ImUser.objects.get(pk=user_id)
    actor = Actor(app_by_id(app_id), via="system")
    _leave_rooms(actor, user)
    _end_relations(actor, user)
    forget_super_admin(actor, username)
    _forget_logs(app_id, user)
    transaction.on_commit(partial(fanout.tell_user_gone, app_id, username))
    _close(user_id, AccountRemoved())


@receiver(signals.im_app_deleted)
def on_app_deleted(*, app_id: int, **_: Any) -> None:
    """Nothing is stored in the app's logs while they are removed (chat/store/README.md)."""
    lock_logs_of(ConversationRow.objects.filter(app_id=app_id))


@receiver(signals.im_user_disabled)
def on_user_disabled(*, user_id: int, **_: Any) -> None:
    _close(user_id, UserDisabled())


@receiver(signals.tokens_revoked)
def on_tokens_revoked(*, user_id: int, reason: str, device: str = "", **_: Any) -> None:
    refusal = PasswordChanged() if reason == "password_changed" else ForcedOffline()
    _close(user_id, refusal, device)


@receiver(signals.silent_changed)
def on_silent_changed(
    *, app_id: int, user_id: int, username: str, kind: SilentKind, key: str, device: str,
    silent: Silent, **_: Any,
) -> None:  # fmt: skip
    actor = Actor(app_by_id(app_id), username, user_id, device=device)
    targets: dict[SilentKind, Target] = {"user": ToUser(key), "chatgroup": ToGroup(key)}
    detail = {"type": silent.type, "interval": silent.interval, "until_ms": silent.until_ms}
    tell_own_devices(actor, OwnChange.SILENCED, targets.get(kind), **detail)


def _close(user_id: int, reason: ImError, device: str = "") -> None:
    """Close the user's connections once the change is committed; one of them if `device`."""
    audience = Audience((user_topic(user_id),), device=device)
    transaction.on_commit(partial(_publish, Kicked(reason), audience))


def _publish(event: Kicked, audience: Audience) -> None:
    fanout.publish(event, audience)


def _leave_rooms(actor: Actor, user: ImUser) -> None:
    """Destroy what the user owns, leave the rest; mutes and blocks of the name go too."""
    rooms = Room.objects.filter(destroyed_at=None).filter(
        Q(owner=user)
        | Q(stays__user=user, stays__left_seq=None)
        | Q(mutes__user=user)
        | Q(blocks__user=user)
    )
    # Threads go with their group, or are left with it.
    own = rooms.exclude(kind=Room.Kind.THREAD).select_related("owner").distinct()
    for row in own.order_by("pk"):
        room = open_room(actor, room_target(kind_of_room(row), row.room_id), None)
        if room.row.owner_id == user.pk:
            destroy(room)
        else:
            _leave_room(room, user)
    RoomMember.objects.filter(user=user).delete()


def _leave_room(room: OpenRoom, user: ImUser) -> None:
    name = user.username
    if room.rights.affiliations.get(name, Affiliation.NONE) > Affiliation.NONE:
        dismiss(room, [user], RoomChange.MEMBER_LEFT, by=user, reason="deleted")
    room.row.mutes.filter(user=user).delete()
    room.row.blocks.filter(user=user).delete()
    mutes = {other: until for other, until in room.rights.mutes.items() if other != name}
    room.change(mutes=mutes, blocked=room.rights.blocked - {name})


def _end_relations(actor: Actor, user: ImUser) -> None:
    """Contacts, requests and blocks, on both sides; friends and askers are told."""
    mine = RosterEntry.objects.filter(Q(owner=user) | Q(contact=user))
    blocks = BlockEntry.objects.filter(Q(owner=user) | Q(blocked=user))
    told = set(mine.filter(contact=user).values_list("owner__username", flat=True))
    tellings = []
    for name in sorted(told):
        pair: OpenPair = open_pair(actor, user.username, name)
        tellings.append(pair.to_peer(RosterChange.REMOVED, by_me=False))
    if tellings:
        pair.tell(*tellings)
    mine.delete()
    blocks.delete()


def _forget_logs(app_id: int, user: ImUser) -> None:
    """Whoever may write to the name must be looked up again; the personal log and hidden entries
    belong to the row (cursors and states go with it)."""
    pairs = ConversationRow.objects.filter(app_id=app_id, kind="pair").filter(
        Q(name_a=user.username) | Q(name_b=user.username)
    )
    ConversationRow.objects.filter(pk__in=lock_logs_of(pairs)).update(
        rights_epoch=F("rights_epoch") + 1
    )
    personal = Conversation.personal(user.username, user.pk)
    remove_log(app_id, personal.key)
    HiddenEntry.objects.filter(user=user).delete()
