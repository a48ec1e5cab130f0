"""Writes of push settings: silent settings, bindings of devices, nicknames, templates."""

import time
from collections.abc import Mapping

from django.db import IntegrityError, transaction

from accounts import signals
from accounts.actions.audit import note
from accounts.actions.im_users import change_user
from accounts.domain.actor import AppRef
from accounts.domain.errors import PushSettingRefused, PushTemplateMissing
from accounts.domain.push import (
    Silent,
    SilentChange,
    SilentKind,
    Template,
    check_silent,
    check_template,
)
from accounts.models import ImUser, PushTemplate, SilentSetting
from accounts.queries.im_users import get_user
from accounts.queries.push import as_silent, as_template

MAX_DEVICES = 10


@transaction.atomic
def set_silent(
    app: AppRef, username: str, kind: SilentKind, key: str, change: SilentChange, device: str = ""
) -> Silent:
    """Change when messages may disturb a user; what is not named stays. `device`: the user's own
    that does it; the others are told.

    Raises:
        UserNotFound, PushSettingRefused.
    """
    user = get_user(app, username)
    check_silent(kind, change)
    # Orders two changes of the same user.
    ImUser.objects.select_for_update(no_key=True).get(pk=user.id)
    row, _ = SilentSetting.objects.get_or_create(user_id=user.id, kind=kind, key=key)
    if change.type is not None:
        row.type = change.type
    if change.interval is not None:
        row.interval = change.interval
    if change.ignore_ms is not None:
        now_ms = time.time_ns() // 1_000_000
        row.until_ms = now_ms + change.ignore_ms if change.ignore_ms else 0
    row.save()
    silent = as_silent(row)
    signals.silent_changed.send(
        ImUser,
        app_id=app.id,
        user_id=user.id,
        username=user.username,
        kind=kind,
        key=key,
        device=device,
        silent=silent,
    )
    return silent


@transaction.atomic
def bind_device(
    app: AppRef, username: str, device: str, notifier: str, token: str
) -> list[dict[str, str]]:
    """Say where a device is pushed to. Without a token this certificate of the device is unbound,
    without a notifier the whole device. Answers what the device has now.

    Raises:
        UserNotFound, PushSettingRefused: a value is missing or too long.
    """
    if not device or max(map(len, (device, notifier, token))) > 512:
        raise PushSettingRefused(detail="device_id")
    user = get_user(app, username)
    row = ImUser.objects.select_for_update(no_key=True).get(pk=user.id)
    known: list[dict[str, str]] = row.push.get("devices", [])
    others = [one for one in known if one["device_Id"] != device]
    mine = [one for one in known if one["device_Id"] == device and one["notifier_name"] != notifier]
    if not notifier:
        mine = []
    elif token:
        mine.append({"device_Id": device, "device_token": token, "notifier_name": notifier})
    change_user(app, username, push={"devices": [*others, *mine][-MAX_DEVICES:]})
    return mine


@transaction.atomic
def set_nicknames(app: AppRef, nicknames: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give several users their push nickname. Names without a user are left out.

    Raises:
        NicknameTooLong: nothing has changed.
    """
    users = ImUser.objects.filter(app_id=app.id, username__in=list(nicknames))
    existing = set(users.values_list("username", flat=True))
    changed = [(name, nickname) for name, nickname in nicknames.items() if name in existing]
    for name, nickname in sorted(changed):
        change_user(app, name, nickname)
    return changed


def create_template(app: AppRef, name: str, title: str, content: str) -> Template:
    """Raises PushSettingRefused: a value is not legal, or the name is taken."""
    check_template(name, title, content)
    try:
        with transaction.atomic():
            row = PushTemplate.objects.create(
                app_id=app.id, name=name, title=title, content=content
            )
            note("push.template", app, "template", name)
    except IntegrityError:
        raise PushSettingRefused(detail=f"{name} template is exist") from None
    return as_template(row)


@transaction.atomic
def change_template(app: AppRef, name: str, title: str | None, content: str | None) -> Template:
    """Raises PushTemplateMissing, PushSettingRefused."""
    row = _template(app, name)
    row.title = row.title if title is None else title
    row.content = row.content if content is None else content
    check_template(name, row.title, row.content)
    row.save()
    note("push.template", app, "template", name)
    return as_template(row)


@transaction.atomic
def delete_template(app: AppRef, name: str) -> Template:
    """Raises PushTemplateMissing."""
    row = _template(app, name)
    gone = as_template(row)
    row.delete()
    note("push.template", app, "template", name, {"deleted": [False, True]})
    return gone


def _template(app: AppRef, name: str) -> PushTemplate:
    row = PushTemplate.objects.select_for_update().filter(app_id=app.id, name=name).first()
    if row is None:
        raise PushTemplateMissing(name=name)
    return row
