"""Logging in to the gateway: proof, then, once the connection hears its user's topic, the rest.

Two steps, because what is read before the connection listens may be out of date when it does: a
ban in between would be missed. `settle_log_in` reads everything again that must hold.
"""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from accounts.actions.im_users import touch_last_seen
from accounts.actions.tokens import authenticate, token_expiry_ms, user_token_by_password
from accounts.domain.actor import Actor, AppRef, Via
from accounts.domain.errors import Unauthenticated, UnknownLogin, UserDisabled
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.queries.im_users import find_user, seen_since, user_by_id
from chat.actions.presence import tell_presence
from chat.domain.audience import Audience, user_topic
from chat.domain.commands import VIRTUAL_DEVICES, CheckLogIn, LogIn
from chat.domain.errors import (
    DailyLimit,
    DeviceReplaced,
    ImError,
    MonthlyLimit,
    OnlineLimit,
    TooManyDevices,
)
from chat.domain.events import Kicked
from chat.live import online
from chat.live.fanout import publish
from chat.live.online import DeviceOnline
from chat.queries.conversations import unread_total
from chat.queries.faults import is_refused as is_refused_now
from chat.queries.rooms import rooms_of_user
from chat.store import cursors, observed


@dataclass(frozen=True, slots=True)
class Proven:
    """Who logs in. `token_epoch` is that of a log-in by password, -1 with a token. `note` is
    told to the devices that this one displaces. `is_refused`: somebody lets this user's log-ins
    fail for a time; the connection is to be closed without an answer."""

    actor: Actor
    token: str
    token_epoch: int
    expires_ms: int
    note: str = ""
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows of the rooms that the user is in, and the unread total where the wire tells it."""

    rooms: tuple[int, ...]
    unread: int


def check_log_in(command: LogIn, via: Via) -> Proven:
    """Tell who is logging in; about 20 ms with a password.

    Raises:
        AppNotFound, WrongPassword, UserDisabled.
        UnknownLogin: no such user, whatever the token or password.
        Unauthenticated, TokenExpired: also for an app token, or the token of another user.
        OnlineLimit, DailyLimit, MonthlyLimit, TooManyDevices: more than the app allows.
    """
    app_id = 0  # no app
    try:
        app = get_app(Appkey.parse(command.appkey))
        app_id = app.id
        return _let_in(_prove(app, command), command, via)
    except ImError as refusal:
        client = command.client
        observed.attempted(
            app_id=app_id,
            kind="login",
            username=command.username.lower(),
            what=f"{via} {client.type} {client.sdk} {client.version}".strip(),
            refusal=refusal.code,
            said=str(refusal),
        )
        raise


def _prove(app: AppRef, command: LogIn) -> Proven:
    if command.token:
        wanted = command.username.lower()
        actor = _bearer(app, command.token, wanted)
        if actor.is_app or (wanted and wanted != actor.username):
            raise Unauthenticated
        return Proven(actor, command.token, -1, token_expiry_ms(command.token))
    if not command.username:
        raise Unauthenticated
    user = user_token_by_password(app, command.username, command.password).user
    if user is None:
        raise Unauthenticated
    return Proven(Actor(app, user.username, user.id), "", user.token_epoch, 0)


def _let_in(proof: Proven, command: LogIn, via: Via) -> Proven:
    """The proof with its device, when the app has room for it."""
    device = command.device or f"{via}-{secrets.token_hex(8)}"
    actor = replace(proof.actor, device=device, via=via)
    if not isinstance(command, CheckLogIn) and not device.startswith(VIRTUAL_DEVICES):
        _check_quotas(actor)
    is_refused = is_refused_now(actor.user_id) and not device.startswith(VIRTUAL_DEVICES)
    return replace(proof, actor=actor, note=command.note, is_refused=is_refused)


def _bearer(app: AppRef, token: str, wanted: str) -> Actor:
    """Who bears the token; says so if the user that the client names is gone."""
    try:
        return authenticate(app, token)
    except Unauthenticated:
        if wanted and find_user(app, wanted) is None:
            raise UnknownLogin(username=wanted) from None
        raise


def _check_quotas(actor: Actor) -> None:
    """Whether the app has room for one more. Who is counted already comes in."""
    limits, app_id = actor.app.settings, actor.app.id
    seen_limits = limits.max_daily_users, limits.max_monthly_users
    if not any((limits.refuse_devices, limits.max_online_users, *seen_limits)):
        return
    mine = online.devices_of(app_id, actor.user_id)
    if limits.refuse_devices:
        others = [one for one in _counted(mine) if one.device != actor.device]
        if len(others) >= limits.max_devices:
            raise TooManyDevices()
    if mine:
        return
    if limits.max_online_users:
        here = {one.user_id for one in _counted(online.connections(app_id))}
        if len(here) >= limits.max_online_users:
            raise OnlineLimit()
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if _is_used_up(actor, limits.max_daily_users, today):
        raise DailyLimit()
    if _is_used_up(actor, limits.max_monthly_users, today.replace(day=1)):
        raise MonthlyLimit()
    if any(seen_limits):
        touch_last_seen([actor.user_id])  # the next one is counted right


def _is_used_up(actor: Actor, limit: int, since: datetime) -> bool:
    if not limit:
        return False
    seen = seen_since(actor.app, since, limit + 1)
    return actor.user_id not in seen and len(seen) >= limit


def _counted(devices: list[DeviceOnline]) -> list[DeviceOnline]:
    return [one for one in devices if not one.device.startswith(VIRTUAL_DEVICES)]


def displace_same_device(proven: Proven, since_ms: int) -> None:
    """End the log-ins of the same device before this one, in every process."""
    actor = proven.actor
    kicked = Kicked(DeviceReplaced(before_ms=since_ms, note=proven.note))
    publish(kicked, Audience((user_topic(actor.user_id),), device=actor.device))


def settle_log_in(proven: Proven, record: DeviceOnline) -> Settled:
    """Confirm that the proof still holds, make room among the user's devices, become present.

    Raises:
        Unauthenticated, TokenExpired, UserDisabled: revoked since the proof.
    """
    actor = proven.actor
    _confirm(proven)
    others = online.devices_of(actor.app.id, actor.user_id)
    _displace_oldest(proven, others)
    online.records().put([record])
    tell_presence(actor.app, actor.user_id, actor.username)
    # Only the native wire says how much is unread; it takes half of a log-in's queries.
    unread = unread_total(actor.user_id) if actor.via == "native" else 0
    return Settled(rooms_of_user(actor.user_id), unread)


def log_out(actor: Actor, record: DeviceOnline) -> None:
    """The connection is gone: its device is offline, unless a newer connection has it."""
    cursors.flush_soon()
    online.records().drop(record)
    tell_presence(actor.app, actor.user_id, actor.username)


def _confirm(proven: Proven) -> None:
    actor = proven.actor
    if proven.token:
        authenticate(actor.app, proven.token)
        return
    user = user_by_id(actor.app, actor.user_id)
    if user is None or user.token_epoch != proven.token_epoch:
        raise Unauthenticated
    if not user.is_activated:
        raise UserDisabled(username=user.username)


def _displace_oldest(proven: Proven, others: list[DeviceOnline]) -> None:
    actor = proven.actor
    if actor.device.startswith(VIRTUAL_DEVICES):
        return
    counted = [other for other in _counted(others) if other.device != actor.device]
    too_many = len(counted) + 1 - actor.app.settings.max_devices
    for oldest in counted[: max(too_many, 0)]:
        kicked = Kicked(DeviceReplaced(before_ms=oldest.since_ms + 1, note=proven.note))
        publish(kicked, Audience((user_topic(actor.user_id),), device=oldest.device))
        online.records().drop(oldest)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
