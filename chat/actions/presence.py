"""Presence: set a device's status, watch others, tell the watchers."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo, find_users, user_by_id
from chat.domain.answers import PresenceInfo
from chat.domain.audience import Audience
from chat.domain.commands import SetPresence, SubscribePresence, UnsubscribePresence
from chat.domain.errors import (
    BatchTooLarge,
    IllegalArgument,
    ImError,
    OneselfRefused,
    PeerNotFound,
    PresenceDisabled,
)
from chat.domain.events import PresenceChanged
from chat.live import online
from chat.live.fanout import publish
from chat.models import PresenceSubscription
from chat.queries.presence import (
    KEPT_S,
    presence_info,
    presence_key,
    set_statuses,
    watchers_of,
)

logger = logging.getLogger(__name__)


def set_presence(actor: Actor, command: SetPresence) -> None:
    """Show a status on the actor's device and tell those who watch, and the actor's own devices.

    A device that is not connected (REST names any) keeps what was set until it logs out.

    Raises:
        PresenceDisabled.
        IllegalArgument: the ext is too big.
    """
    _check_enabled(actor)
    if len(command.ext.encode()) > actor.app.settings.max_presence_ext_bytes:
        raise IllegalArgument(detail="ext is too big")
    devices = online.devices_of(actor.app.id, actor.user_id)
    own = next((device for device in devices if device.device == actor.device), None)
    if own is not None:
        online.records().put([replace(own, status=command.status, ext=command.ext)])
    else:
        kept = set_statuses(actor.app.id, actor.user_id)
        kept[actor.device] = command.status, command.ext
        cache.set(presence_key(actor.app.id, actor.user_id), kept, KEPT_S)
    # Source: msync.md 6.4: "the publisher gets one too".
    tell_presence(actor.app, actor.user_id, actor.username, publisher=actor.user_id)


def subscribe_presence(actor: Actor, command: SubscribePresence) -> list[PresenceInfo]:
    """Watch users for a time; again replaces the expiry. Names nobody has are left out.

    Raises:
        PresenceDisabled, BatchTooLarge, OneselfRefused, IllegalArgument (too many in all).
    """
    _check_enabled(actor)
    names = command.usernames
    if len(names) > actor.app.settings.max_batch_names:
        raise BatchTooLarge(detail="too many sub presence")
    if actor.username in names:
        raise OneselfRefused
    users = find_users(actor.app, names)
    expires_at = timezone.now() + timedelta(seconds=command.ttl_s)
    _store(actor, list(users.values()), expires_at)
    expires_ms = int(expires_at.timestamp() * 1000)
    return [replace(seen, expires_ms=expires_ms) for seen in presence_of(actor.app, [*users])]


@transaction.atomic
def _store(actor: Actor, users: list[UserInfo], expires_at: datetime) -> None:
    held = PresenceSubscription.objects.filter(
        subscriber_id=actor.user_id, expires_at__gt=timezone.now()
    ).exclude(subject_id__in=[user.id for user in users])
    if held.count() + len(users) > actor.app.settings.max_presence_subscriptions:
        raise IllegalArgument(detail="too many sub presence")
    PresenceSubscription.objects.bulk_create(
        [
            PresenceSubscription(
                subscriber_id=actor.user_id, subject_id=user.id, expires_at=expires_at
            )
            for user in users
        ],
        update_conflicts=True,
        unique_fields=["subscriber", "subject"],
        update_fields=["expires_at"],
    )


def unsubscribe_presence(actor: Actor, command: UnsubscribePresence) -> None:
    """Raises PresenceDisabled, BatchTooLarge."""
    _check_enabled(actor)
    if len(command.usernames) > actor.app.settings.max_batch_names:
        raise BatchTooLarge(detail="too many unsub presences")
    PresenceSubscription.objects.filter(
        subscriber_id=actor.user_id, subject__username__in=command.usernames
    ).delete()


def _check_enabled(actor: Actor) -> None:
    if not actor.app.settings.presence_enabled:
        raise PresenceDisabled


def presence_of(app: AppRef, usernames: list[str]) -> list[PresenceInfo]:
    """What users show now, in the order asked; a name nobody has shows nothing."""
    users = find_users(app, usernames)
    devices = online.devices_of_users(app.id, [user.id for user in users.values()])
    seen = []
    for name in dict.fromkeys(name.lower() for name in usernames):
        user = users.get(name)
        if user is None:
            seen.append(PresenceInfo(name, online=False))
        else:
            seen.append(presence_info(user, _shown(devices.get(user.id, []))))
    return seen


def tell_presence(app: AppRef, user_id: int, username: str, *, publisher: int = 0) -> None:
    """Tell those who watch a user, and who published, what the user's devices show now."""
    watchers = watchers_of([user_id]).get(user_id, [])
    if publisher:
        watchers.append(publisher)
    _tell(app, user_id, username, watchers)


def tell_presences(actors: Sequence[Actor]) -> None:
    """The same for many users; what fails for one does not concern the others."""
    watchers = watchers_of({actor.user_id for actor in actors})
    for actor in {actor.user_id: actor for actor in actors}.values():
        try:
            _tell(actor.app, actor.user_id, actor.username, watchers.get(actor.user_id, []))
        except ImError as refusal:
            logger.info("%s: the presence is not told: %s", actor.username, refusal.code)


def _tell(app: AppRef, user_id: int, username: str, watchers: list[int]) -> None:
    if not watchers:
        return
    user = user_by_id(app, user_id)
    if user is None:
        raise PeerNotFound(username=username)
    shown = presence_info(user, _shown(online.devices_of(app.id, user_id)))
    changed = PresenceChanged(username, shown.online, shown.status, shown.ext, dict(shown.devices))
    publish(changed, Audience.users(*watchers))


def _shown(devices: list[online.DeviceOnline]) -> list[tuple[str, str, str]]:
    return [(device.device, device.status, device.ext) for device in devices]
