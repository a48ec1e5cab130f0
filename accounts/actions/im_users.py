"""Writes of IM users: registration, passwords, bans, settings, deletion."""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import signals
from accounts.actions.audit import MASK, Origin, acting, note
from accounts.actions.passwords import check_password, hash_password
from accounts.actions.profiles import forget_profile
from accounts.domain.actor import AppRef
from accounts.domain.errors import (
    ConflictingPasswords,
    IllegalUsername,
    NicknameTooLong,
    TooManyInBatch,
    UserExists,
    UserLimit,
    UsernameMissing,
    UserNotFound,
)
from accounts.domain.ids import newest_entry_id_before, parse_username
from accounts.models import ImUser
from accounts.queries.im_apps import ref_of
from accounts.queries.im_users import UserInfo, info_of

MAX_NICKNAME = 100

# Rules of others about new names: each is called with the app and the lower-case username and
# raises IllegalUsername to refuse it. chat adds one that keeps room ids and usernames apart.
UsernameGuard = Callable[[AppRef, str], None]
username_guards: list[UsernameGuard] = []


@dataclass(frozen=True, slots=True)
class NewUser:
    """`password_hash`: of the password, when it was made beforehand."""

    username: str
    password: str
    nickname: str = ""
    password_hash: str = ""


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """`failed` is (username, reason) for each name that existed already."""

    created: list[UserInfo]
    failed: list[tuple[str, str]]


def register_user(
    app: AppRef, username: str, password: str, nickname: str = "", *, is_demo: bool = False
) -> UserInfo:
    """Make a user. The checks come in the order of rest.md 3.2.1.

    Raises:
        PasswordMissing, UsernameMissing, IllegalUsername, UsernameTooLong, NicknameTooLong,
        PasswordTooLong: the value is not legal.
        UserExists: the name is taken.
        UserLimit: the app has as many users as it may.
    """
    name = _checked(app, NewUser(username, password, nickname))
    if ImUser.objects.filter(app_id=app.id, username=name).exists():
        raise _taken(app, name)
    check_user_limit(app, 1)
    password_hash = hash_password(password)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = _new_row(app, name, password_hash, nickname, is_demo=is_demo)
                row.save(force_insert=True)
        except IntegrityError:
            raise _taken(app, name) from None
        note("user.create", app, "user", name)
    return info_of(row)


def register_users(app: AppRef, users: Sequence[NewUser], *, is_demo: bool = False) -> BatchOutcome:
    """Make several users at once; names that exist are left alone and listed (rest.md 3.2.2).

    Raises:
        TooManyInBatch, ConflictingPasswords, and all of register_user: nothing was created.
        UserExists: every name exists (it names the first).
    """
    limit = app.settings.max_batch_users
    if len(users) > limit:
        raise TooManyInBatch(size=len(users), limit=limit)
    wanted: dict[str, NewUser] = {}
    for user in users:
        try:
            name = _checked(app, user)
        except IllegalUsername:
            raise IllegalUsername(username=f"[{user.username}]") from None
        if wanted.setdefault(name, user).password != user.password:
            raise ConflictingPasswords(username=name)
    existing = _existing(app, wanted)
    check_user_limit(app, len(wanted) - len(existing))
    hashes = {name: user.password_hash or hash_password(user.password)
              for name, user in wanted.items() if name not in existing}  # fmt: skip
    with transaction.atomic():
        existing |= _existing(app, hashes)
        new = [
            _new_row(app, name, password_hash, wanted[name].nickname, is_demo=is_demo)
            for name, password_hash in hashes.items()
            if name not in existing
        ]
        if not new and wanted:
            raise _taken(app, next(iter(wanted)))
        try:
            with transaction.atomic():
                ImUser.objects.bulk_create(new)
        except IntegrityError:
            # Another process took a name since the look-up above: the caller may try again.
            raise _taken(app, new[0].username) from None
        names = ", ".join(row.username for row in new)
        note("user.batch", app, "user", names, {"created": [0, len(new)]})
    created = {row.username: info_of(row) for row in new}
    return BatchOutcome(
        created=[created[name] for name in wanted if name in created],
        failed=[(name, f"the {name} already exists") for name in wanted if name not in created],
    )


def with_hashes(app: AppRef, users: Sequence[NewUser]) -> list[NewUser]:
    """The same users, those of new names with their passwords hashed, for register_users within a
    transaction: a hash takes 20 ms, and a transaction that waits for a thousand of them keeps
    everybody else from writing (SQLite). Users with the same password share its hash.

    Raises:
        what register_users says of a single user that is not legal.
    """
    names = [_checked(app, user) for user in users]
    existing = _existing(app, names)
    hashes = {user.password: "" for name, user in zip(names, users, strict=True)
              if name not in existing}  # fmt: skip
    for password in hashes:
        hashes[password] = hash_password(password)
    return [replace(user, password_hash=hashes.get(user.password, "")) for user in users]


@transaction.atomic
def delete_user(app: AppRef, username: str) -> UserInfo:
    """Delete a user and, through im_user_deleted, everything that hangs on it in chat.

    Raises:
        UserNotFound.
    """
    row = _locked(app, username)
    info = info_of(row)
    signals.im_user_deleted.send(ImUser, app_id=app.id, user_id=row.id, username=row.username)
    forget_profile(app, row.username)
    row.delete()
    note("user.delete", app, "user", info.username)
    return info


def change_password(
    app: AppRef, username: str, new_password: str, *, end_sessions: bool = True
) -> UserInfo:
    """Give a user another password; by default its tokens die and its devices are closed.

    Raises:
        UserNotFound, PasswordMissing, PasswordTooLong.
    """
    if not ImUser.objects.filter(app_id=app.id, username=username.lower()).exists():
        raise UserNotFound(username=username.lower())
    check_password(new_password)
    password_hash = hash_password(new_password)
    with transaction.atomic():
        row = _locked(app, username)
        row.password_hash = password_hash
        if end_sessions:
            _revoke(row)
        row.save()
        if end_sessions:
            _tell_revoked(row, "password_changed")
        note("user.password", app, "user", row.username,
             {"password": [MASK, MASK], "end_sessions": [None, end_sessions]})  # fmt: skip
    return info_of(row)


@transaction.atomic
def change_user(
    app: AppRef, username: str, nickname: str | None = None, push: dict[str, Any] | None = None
) -> UserInfo:
    """Change the push nickname ("" takes it away) and merge notification settings.

    Raises:
        UserNotFound, NicknameTooLong.
    """
    row = _locked(app, username)
    diff: dict[str, list[Any]] = {}
    if nickname is not None:
        if len(nickname) > MAX_NICKNAME:
            raise NicknameTooLong
        diff["nickname"] = [row.nickname, nickname]
        row.nickname = nickname
    for key, value in (push or {}).items():
        diff[key] = [row.push.get(key), value]
        row.push[key] = value
    row.save()
    note("user.edit", app, "user", row.username, diff)
    return info_of(row)


@transaction.atomic
def set_activated(
    app: AppRef, username: str, on: bool, *, reason: str = "", until: datetime | None = None
) -> UserInfo:
    """Lift or impose a ban; imposing it kills the tokens and closes the devices. Idempotent.

    A ban ends by itself within a minute after `until`, or never.

    Raises:
        UserNotFound.
    """
    row = _locked(app, username)
    until = None if on else until
    if row.is_activated != on or row.banned_until != until:
        row.banned_until = until
        was_on, row.is_activated = row.is_activated, on
        if not on:
            _revoke(row)
        row.save()
        if not on:
            signals.im_user_disabled.send(
                ImUser, app_id=app.id, user_id=row.id, username=row.username
            )
        diff: dict[str, list[Any]] = {"activated": [was_on, on]}
        diff |= {"reason": [None, reason]} if reason else {}
        diff |= {"until": [None, until.isoformat(timespec="seconds")]} if until else {}
        note("user.unban" if on else "user.ban", app, "user", row.username, diff)
    return info_of(row)


def lift_expired_bans() -> int:
    """Lift those whose time is over; how many."""
    rows = ImUser.objects.filter(banned_until__lte=timezone.now(), is_activated=False)
    found = list(rows.select_related("app").order_by("pk")[:1000])
    with acting(Origin("system", "system")):
        for row in found:
            set_activated(ref_of(row.app), row.username, True, reason="its time is over")
    return len(found)


@transaction.atomic
def force_offline(app: AppRef, username: str, device: str = "") -> None:
    """Close a user's devices and revoke its tokens, or close one device and revoke nothing.

    Raises:
        UserNotFound.
    """
    row = _locked(app, username)
    if not device:
        _revoke(row)
        row.save()
    _tell_revoked(row, "forced_offline", device)
    note("user.kick", app, "user", row.username, {"device": [None, device or "all"]})


@transaction.atomic
def expire_tokens(app: AppRef, username: str) -> None:
    """Make every token of the user invalid, and leave its connections alone.

    Raises:
        UserNotFound.
    """
    row = _locked(app, username)
    _revoke(row)
    row.save()
    note("session.expire", app, "user", row.username, {"user": [None, row.username]})


def touch_last_seen(user_ids: Iterable[int]) -> None:
    """Remember that these users are, or were until now, connected."""
    ImUser.objects.filter(id__in=set(user_ids)).update(last_seen_at=timezone.now())


def check_user_limit(app: AppRef, more: int) -> None:
    """Raises UserLimit: the app may not have so many users more."""
    limit = app.settings.max_users
    if limit and more and ImUser.objects.filter(app_id=app.id).count() + more > limit:
        raise UserLimit()


def check_new_username(app: AppRef, raw: str) -> str:
    """The stored form of a name that is to be registered.

    Raises:
        IllegalUsername, UsernameTooLong.
    """
    name = parse_username(raw)
    for guard in username_guards:
        guard(app, name)
    return name


def _checked(app: AppRef, user: NewUser) -> str:
    if not user.password:
        check_password(user.password)
    if not user.username:
        raise UsernameMissing
    name = check_new_username(app, user.username)
    if len(user.nickname) > MAX_NICKNAME:
        raise NicknameTooLong
    check_password(user.password)
    return name


def _existing(app: AppRef, names: Iterable[str]) -> set[str]:
    rows = ImUser.objects.filter(app_id=app.id, username__in=list(names))
    return set(rows.values_list("username", flat=True))


def _new_row(app: AppRef, name: str, password_hash: str, nickname: str, *, is_demo: bool) -> ImUser:
    return ImUser(
        app_id=app.id,
        uuid=uuid.uuid4(),
        username=name,
        password_hash=password_hash,
        nickname=nickname,
        is_demo=is_demo,
        born_id=newest_entry_id_before(time.time_ns() // 1_000_000),
    )


def _locked(app: AppRef, username: str) -> ImUser:
    rows = ImUser.objects.select_for_update(no_key=True)
    row = rows.filter(app_id=app.id, username=username.lower()).first()
    if row is None:
        raise UserNotFound(username=username.lower())
    return row


def _revoke(row: ImUser) -> None:
    row.token_epoch += 1
    row.revoked_at = timezone.now()


def _tell_revoked(row: ImUser, reason: str, device: str = "") -> None:
    signals.tokens_revoked.send(
        ImUser,
        app_id=row.app_id,
        user_id=row.id,
        username=row.username,
        reason=reason,
        device=device,
    )


def _taken(app: AppRef, name: str) -> UserExists:
    return UserExists(application=app.uuid, username=name)
