"""Logging in to the gateway: proof, then, once the connection hears its user's topic, the rest.

Two steps, because what is read before the connection listens may be out of date when it does: a
ban in between would be missed. `settle_log_ins` reads everything again that must hold.

Both take as many log-ins as wait: after a restart everybody comes back at once, and what is read
for one is read for all with the same queries.
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from accounts.actions.im_users import touch_last_seen
from accounts.actions.tokens import (
    authenticate,
    bearer_of,
    claims_expiry_ms,
    token_expiry_ms,
    user_claims,
    user_token_by_password,
)
from accounts.domain.actor import Actor, AppRef, Via
from accounts.domain.errors import Unauthenticated, UnknownLogin, UserDisabled
from accounts.domain.ids import Appkey
from accounts.domain.tokens import Claims
from accounts.queries.im_apps import get_app
from accounts.queries.im_users import Standing, find_user, seen_since, standings_of
from chat.actions.presence import tell_presences
from chat.domain.audience import Audience, user_topic
from chat.domain.commands import VIRTUAL_DEVICES, CheckLogIn, LogIn
from chat.domain.devices import too_many
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
from chat.queries.conversations import unread_total_of
from chat.queries.faults import is_refused as is_refused_now
from chat.queries.rooms import rooms_of_users
from chat.store import cursors, observed
from chat.store.unread import Reader, with_unread

T = TypeVar("T")
SETTLED_MS = 5_000  # a log-in before that has its record, if Redis kept it


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
    claims: Claims | None = None  # of a token of ours


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows of the rooms that the user is in, the unread total where the wire tells it, and the
    process that the device was connected to until now, if any."""

    rooms: tuple[int, ...]
    unread: int
    held_by: str


def check_log_in(command: LogIn, via: Via) -> Proven:
    """As check_log_ins, for one."""
    [proven] = check_log_ins([(command, via)])
    return _or_raise(proven)


def check_log_ins(asked: Sequence[tuple[LogIn, Via]]) -> list[Proven | Exception]:
    """Tell who is logging in, or what is to be raised; about 20 ms for each with a password.

    Raised are:
        AppNotFound, WrongPassword, UserDisabled.
        UnknownLogin: no such user, whatever the token or password.
        Unauthenticated, TokenExpired: also for an app token, or the token of another user.
        OnlineLimit, DailyLimit, MonthlyLimit, TooManyDevices: more than the app allows.
    """
    claims = [user_claims(command.token) if command.token else None for command, _ in asked]
    read = _Read({}, standings_of({known.user_id for known in claims if known}))
    return [
        _each(partial(_check, read, command, via, known))
        for (command, via), known in zip(asked, claims, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for all log-ins of a batch: apps by what the client calls them, users."""

    apps: dict[str, AppRef]
    users: dict[int, Standing]

    def app(self, appkey: str) -> AppRef:
        if appkey not in self.apps:
            self.apps[appkey] = get_app(Appkey.parse(appkey))
        return self.apps[appkey]


def _each(work: Callable[[], T]) -> T | Exception:
    """One log-in that fails must not fail its neighbours."""
    try:
        return work()
    except Exception as exc:  # noqa: BLE001 (raised where the log-in is awaited)
        return exc


def _or_raise(outcome: T | Exception) -> T:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _check(read: _Read, command: LogIn, via: Via, claims: Claims | None) -> Proven:
    app_id = 0  # no app
    try:
        app = read.app(command.appkey)
        app_id = app.id
        return _let_in(_prove(app, command, claims, read), command, via)
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


def _prove(app: AppRef, command: LogIn, claims: Claims | None, read: _Read) -> Proven:
    if command.token:
        wanted = command.username.lower()
        actor = _bearer(app, command.token, wanted, claims, read)
        if actor.is_app or (wanted and wanted != actor.username):
            raise Unauthenticated
        expires_ms = claims_expiry_ms(claims) if claims else token_expiry_ms(command.token)
        return Proven(actor, command.token, -1, expires_ms, claims=claims)
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
        _check_quotas(actor, command.client.type)
    is_refused = is_refused_now(actor.user_id) and not device.startswith(VIRTUAL_DEVICES)
    return replace(proof, actor=actor, note=command.note, is_refused=is_refused)


def _bearer(app: AppRef, token: str, wanted: str, claims: Claims | None, read: _Read) -> Actor:
    """Who bears the token; says so if the user that the client names is gone."""
    try:
        if claims is None:
            return authenticate(app, token)
        if claims.app_id != app.id:
            raise Unauthenticated
        user = bearer_of(claims, read.users)
        return Actor(app, user.username, claims.user_id)
    except Unauthenticated:
        if wanted and find_user(app, wanted) is None:
            raise UnknownLogin(username=wanted) from None
        raise


def _check_quotas(actor: Actor, client: str) -> None:
    """Whether the app has room for one more. Who is counted already comes in."""
    limits, app_id = actor.app.settings, actor.app.id
    seen_limits = limits.max_daily_users, limits.max_monthly_users
    if not any((limits.refuse_devices, limits.max_online_users, *seen_limits)):
        return
    mine = online.devices_of(app_id, actor.user_id)
    if limits.refuse_devices:
        others = [one for one in _counted(mine) if one.device != actor.device]
        if too_many(limits, actor.device, client, others):
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


LogInProven = tuple[Proven, DeviceOnline]


def settle_log_ins(asked: Sequence[LogInProven]) -> list[Settled | Exception]:
    """Confirm that the proofs still hold, make room among each user's devices, become present.

    In the order given. Raised are:
        Unauthenticated, TokenExpired, UserDisabled: revoked since the proof.
    """
    users = standings_of({proven.actor.user_id for proven, _ in asked})
    confirmed = [_each(partial(_confirmed, proven, users)) for proven, _ in asked]
    held = [one for one, user in zip(asked, confirmed, strict=True) if isinstance(user, Standing)]
    held_by = _become_present(held)
    tell_presences([proven.actor for proven, _ in held])
    unread = _with_unread(held)
    rooms = rooms_of_users({proven.actor.user_id for proven, _ in held})

    def settled(proven: Proven, record: DeviceOnline, user: Standing) -> Settled:
        user_id = proven.actor.user_id
        count = _unread(proven, user) if user_id in unread else 0
        return Settled(rooms.get(user_id, ()), count, held_by.get(record.connection, ""))

    return [
        user if isinstance(user, Exception) else _each(partial(settled, proven, record, user))
        for (proven, record), user in zip(asked, confirmed, strict=True)
    ]


def log_outs(gone: Sequence[tuple[Actor, DeviceOnline]]) -> list[None]:
    """Connections are gone: their devices are offline, unless a newer connection has one."""
    if settings.IS_SCALED_OUT:
        # First: whoever finds no record of a device reads its cursors (chat/live/handover.py).
        with suppress(DatabaseError):  # they are written once it is back
            cursors.flush()
    else:
        cursors.flush_soon()
    online.records().drop(*(record for _, record in gone))
    tell_presences([actor for actor, _ in gone])
    return [None] * len(gone)


def _with_unread(held: Sequence[LogInProven]) -> set[int]:
    """The rows of those who may have something unread, of the only wire that says how much: to
    count it takes most of a log-in's queries."""
    readers: dict[int, dict[int, Reader]] = {}
    for proven, _ in held:
        actor = proven.actor
        if actor.via == "native":
            reader = Reader(actor.user_id, actor.username)
            readers.setdefault(actor.app.id, {})[actor.user_id] = reader
    return {
        user_id
        for app_id, some in readers.items()
        for user_id in with_unread(app_id, list(some.values()))
    }


def _unread(proven: Proven, user: Standing) -> int:
    if proven.actor.via != "native":
        return 0
    return unread_total_of(user.app_id, Reader(proven.actor.user_id, user.username, user.born_id))


def _confirmed(proven: Proven, users: dict[int, Standing]) -> Standing:
    actor = proven.actor
    user = users.get(actor.user_id)
    if user is None or user.app_id != actor.app.id:
        raise Unauthenticated
    if proven.claims is not None:
        return bearer_of(proven.claims, users)
    if proven.token:
        authenticate(actor.app, proven.token)
        return user
    if user.token_epoch != proven.token_epoch:
        raise Unauthenticated
    if not user.is_activated:
        raise UserDisabled(username=user.username)
    return user


def _become_present(held: Sequence[LogInProven]) -> dict[str, str]:
    """Put the records, and end what each replaces: the same device's log-in before it, and of the
    user's other devices the oldest that are too many. The order is that of the records, over all
    processes: clocks cannot tell which of two log-ins within a millisecond came first.

    Returns connection → the process that held its device before.
    """
    if not held:
        return {}
    here = online.records().enter([record for _, record in held])
    displaced: list[DeviceOnline] = []
    held_by: dict[str, str] = {}
    for proven, record in held:
        same = [one for one in here[record.user_id] if one.device == record.device]
        others = [one for one in here[record.user_id] if one.device != record.device]
        oldest = _too_many(proven, record.client, others)
        here[record.user_id] = [*(one for one in others if one not in oldest), record]
        for one in same:
            held_by[record.connection] = one.node
        for one in (*same, *oldest):
            _end(one, proven.note, connection=one.connection)
        if settings.IS_SCALED_OUT:  # and those whose records were lost with Redis
            _end(record, proven.note, before_ms=record.since_ms - SETTLED_MS)
        displaced += oldest
    if displaced:
        online.records().drop(*displaced)
    return held_by


def _end(record: DeviceOnline, why: str, **which: Any) -> None:
    audience = Audience((user_topic(record.user_id),), device=record.device)
    publish(Kicked(DeviceReplaced(note=why), **which), audience)


def _too_many(proven: Proven, client: str, others: list[DeviceOnline]) -> list[DeviceOnline]:
    """Those of a user's other devices that the app has no room for, the oldest first."""
    if not others or proven.actor.device.startswith(VIRTUAL_DEVICES):
        return []
    counted = sorted(_counted(others), key=lambda one: (one.since_ms, one.connection))
    return too_many(proven.actor.app.settings, proven.actor.device, client, counted)
