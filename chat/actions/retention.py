"""Removes what is kept no longer (design.md §4): one process at a time, in short transactions.

Kept for the app's `retention_days` (0: for ever): entries, destroyed rooms, ended stays, hidden
marks, bytes of files. Kept for an hour: what was online only, and chatroom entries if the app has
no room history. Kept for 7 days: cursors of devices that moved none, calls of webhooks. Receipts in
groups have a number of days of their own (`group_receipt_days`), the audit IM_AUDIT_DAYS.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import takewhile
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.actions.audit import drop_old_entries
from accounts.actions.im_users import lift_expired_bans
from accounts.actions.operators import drop_old_failures
from accounts.domain.actor import AppRef
from accounts.models import ImApp
from accounts.queries.im_apps import ref_of
from chat.actions.background import BackgroundLoop
from chat.actions.files import drop_expired_files
from chat.domain.targets import Conversation
from chat.models import (
    Attempt,
    ConversationState,
    DeliveryMoment,
    DeviceCursor,
    EndedConnection,
    GroupReceipt,
    HiddenEntry,
    ImportedEntry,
    LogInRefusal,
    PinnedMessage,
    Reaction,
    Room,
    RoomMember,
    SweepLease,
    UserMute,
    WatchedUser,
    WebhookDelivery,
)
from chat.queries.rights import kind_of_room
from chat.store.clock import now_ms
from chat.store.expiry import BATCH, remove_empty_log, remove_older, remove_passing
from chat.store.rows import id_at

logger = logging.getLogger(__name__)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
KEPT_DAYS = 7  # cursors of devices, calls of webhooks
ATTEMPTS_KEPT_MS = 3_600_000
EVERY_S = 60.0
BREATH_S = 0.05  # between batches: who waits to write goes first
LEASE_MS = 120_000
DEVICES = 50  # in one statement

_LEASE = "retention"

# What layers above keep for a time: each drops what it kept too long, and says how much.
also_swept: list[Callable[[], int]] = []


def sweep() -> Iterator[int]:
    """One round over everything; yields after each batch how much it removed.

    Each batch is a transaction of its own. Nothing is removed twice when two processes do it.
    """
    apps = [ref_of(row) for row in ImApp.objects.order_by("pk")]
    yield from _sweep_passing(apps)
    for app in apps:
        yield drop_expired_files(app, BATCH)
        if app.settings.retention_days > 0:
            yield from _sweep_app(app)
        yield _drop_receipts(app)
    yield from _sweep_deliveries()
    yield from _sweep_ended()
    while removed := _drop_idle_devices():
        yield removed
    yield drop_old_failures()
    yield lift_expired_bans()
    while removed := drop_old_entries(BATCH):
        yield removed
    for drop in also_swept:
        yield drop()


def _sweep_passing(apps: list[AppRef]) -> Iterator[int]:
    """Each entry is looked at once, when it is an hour old: no index is needed for what passes."""
    without = {app.id for app in apps if not app.settings.room_history}
    lease, _ = SweepLease.objects.get_or_create(name=_LEASE)
    before, mark, more = id_at(now_ms() - HOUR_MS), lease.mark, True
    while more:
        mark, more = remove_passing(mark, before, without)
        SweepLease.objects.filter(name=_LEASE, mark__lt=mark).update(mark=mark)
        yield 0


def clear_messages(app: AppRef, before_ms: int) -> int:
    """Remove everything said before a moment, whatever the app's days; how many entries went.

    Its batches are transactions of their own; what a client has it keeps.
    """
    gone = 0
    for removed in _sweep_entries(app, id_at(before_ms)):
        gone += removed
        time.sleep(BREATH_S)
    return gone


def _sweep_entries(app: AppRef, oldest_id: int) -> Iterator[int]:
    while removed := remove_older(app.id, oldest_id):
        yield removed
    hidden = HiddenEntry.objects.filter(user__app_id=app.id, entry_id__lt=oldest_id)
    yield _delete_some(hidden)
    yield _delete_some(GroupReceipt.objects.filter(user__app_id=app.id, entry_id__lt=oldest_id))
    yield _delete_some(ImportedEntry.objects.filter(app_id=app.id, entry_id__lt=oldest_id))
    pins = PinnedMessage.objects.filter(conversation__app_id=app.id, entry_id__lt=oldest_id)
    yield _delete_some(pins)
    yield _delete_some(Reaction.objects.filter(app_id=app.id, entry_id__lt=oldest_id))


def _sweep_app(app: AppRef) -> Iterator[int]:
    days = app.settings.retention_days
    yield from _sweep_entries(app, id_at(now_ms() - days * DAY_MS))
    yield _delete_some(UserMute.objects.filter(app_id=app.id, until_ms__lt=now_ms()))
    before = timezone.now() - timedelta(days=days)
    for room in Room.objects.filter(app_id=app.id, destroyed_at__lt=before).order_by("pk")[:BATCH]:
        yield int(_remove_room(room))
    ended = RoomMember.objects.filter(room__app_id=app.id, left_at__lt=before)
    while removed := _delete_some(ended):
        yield removed
    while removed := _delete_some(_orphans(app)):
        yield removed


@transaction.atomic
def _remove_room(room: Room) -> bool:
    """With its log, which retention has emptied before."""
    log = Conversation.room(kind_of_room(room), room.room_id, room.pk)
    if not remove_empty_log(room.app_id, log.key):
        return False
    room.delete()
    return True


def _orphans(app: AppRef) -> QuerySet[ConversationState]:
    """States of rooms in which the user has no stay any more and nothing of theirs is kept."""
    stays = RoomMember.objects.filter(
        user_id=OuterRef("user_id"), room_id=OuterRef("conversation__row_id")
    )
    return ConversationState.objects.filter(
        ~Exists(stays),
        conversation__app_id=app.id,
        conversation__kind__in=("group", "chatroom", "thread"),
        own_sent__lte=F("own_gone"),
    )


def _drop_receipts(app: AppRef) -> int:
    before = timezone.now() - timedelta(days=app.settings.group_receipt_days)
    return _delete_some(GroupReceipt.objects.filter(user__app_id=app.id, created_at__lt=before))


def _sweep_deliveries() -> Iterator[int]:
    """Their ids rise with time, so the look stops at the first one that is young enough."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    removed = True
    while removed:
        oldest = WebhookDelivery.objects.order_by("pk").values_list("pk", "created_at")[:BATCH]
        ids = [pk for pk, _ in takewhile(lambda row: row[1] < before, oldest)]
        WebhookDelivery.objects.filter(pk__in=ids).delete()
        removed = bool(ids)
        yield len(ids)


def _sweep_ended() -> Iterator[int]:
    before = now_ms() - KEPT_DAYS * DAY_MS
    LogInRefusal.objects.filter(until_ms__lt=now_ms()).delete()
    WatchedUser.objects.filter(until_ms__lt=now_ms()).delete()
    Attempt.objects.filter(at_ms__lt=now_ms() - ATTEMPTS_KEPT_MS).delete()
    DeliveryMoment.objects.filter(message_id__lt=id_at(before)).delete()
    removed = True
    while removed:
        oldest = EndedConnection.objects.order_by("pk").values_list("pk", "until_ms")[:BATCH]
        ids = [pk for pk, _ in takewhile(lambda row: row[1] < before, oldest)]
        EndedConnection.objects.filter(pk__in=ids).delete()
        removed = bool(ids)
        yield len(ids)


def _drop_idle_devices() -> int:
    """All cursors of a device go together: one that had some of them would start at the beginning
    of the other logs."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    moved = DeviceCursor.objects.filter(
        user_id=OuterRef("user_id"), device=OuterRef("device"), updated_at__gte=before
    )
    idle = DeviceCursor.objects.filter(~Exists(moved), updated_at__lt=before)
    devices = list(idle.values_list("user_id", "device").distinct()[:DEVICES])
    wanted = Q()
    for user_id, device in devices:
        wanted |= Q(user_id=user_id, device=device)
    return DeviceCursor.objects.filter(wanted).delete()[0] if devices else 0


def _delete_some(rows: QuerySet[Any]) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)


class Sweeper:
    """Sweeps while it holds the lease; another process of the group takes over when it ends."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(16)

    def turn(self, stop: threading.Event) -> float:
        """One round, if the lease is this one's; the seconds to wait for the next."""
        if not self.hold():
            return EVERY_S
        removed = 0
        for count in sweep():
            removed += count
            if stop.wait(BREATH_S) or not self.hold():
                break
        if removed:
            logger.info("retention removed %d", removed)
        return EVERY_S

    def hold(self) -> bool:
        """Take or keep the lease; False when another process has it."""
        now = now_ms()
        SweepLease.objects.get_or_create(name=_LEASE)
        mine = Q(token=self._token) | Q(expires_ms__lt=now)
        rows = SweepLease.objects.filter(mine, name=_LEASE)
        return bool(rows.update(token=self._token, expires_ms=now + LEASE_MS))


sweeper = BackgroundLoop("retention", Sweeper().turn, first_s=EVERY_S)
