"""Ending one live connection, wherever its process is: what its client sees is a choice."""

from functools import partial
from typing import Any

from django.db import transaction

from accounts.actions.audit import note
from accounts.domain.actor import AppRef
from accounts.queries.im_users import get_user
from chat.domain.audience import Audience, user_topic
from chat.domain.errors import (
    AccountRemoved,
    DeviceReplaced,
    ForcedOffline,
    ImError,
    PasswordChanged,
)
from chat.domain.events import Closing, Event, Kicked
from chat.live import fanout
from chat.live.online import DeviceOnline, devices_of
from chat.models import LogInRefusal
from chat.queries import faults
from chat.store.clock import now_ms

# What a client is told, and what the server only pretends: no account or password changes.
KICKS: dict[str, type[ImError]] = {
    "other": DeviceReplaced,
    "admin": ForcedOffline,
    "removed": AccountRemoved,
    "password": PasswordChanged,
}
RETRY_AFTER_S = 1


@transaction.atomic
def kick_session(app: AppRef, session: DeviceOnline, kind: str) -> None:
    """End the connection with the reason `kind`, one of KICKS; later log-ins stay."""
    note("session.kick", app, "session", session.connection, _who(session, kind=[None, kind]))
    _tell(session, Kicked(KICKS[kind](), session.connection))


@transaction.atomic
def close_session(app: AppRef, session: DeviceOnline, refuse_s: int = 0) -> None:
    """Close the socket as a server that goes away does: clients come back by themselves.

    For `refuse_s` seconds none of the user's log-ins is answered, so that clients use up their
    tries; the console's own clients come in.
    """
    more = {"refuse_s": [0, refuse_s]} if refuse_s else {}
    note("session.close", app, "session", session.connection, _who(session, **more))
    if refuse_s:
        LogInRefusal.objects.update_or_create(
            user_id=session.user_id,
            defaults={
                "app_id": app.id,
                "username": session.username,
                "until_ms": now_ms() + refuse_s * 1000,
            },
        )
        transaction.on_commit(faults.read_again)
    _tell(session, Closing(RETRY_AFTER_S))


@transaction.atomic
def deliver_queue(app: AppRef, username: str) -> int:
    """Send a user's connected devices away for a moment: they come back and read what waits, the
    one way to it that every wire has. How many there are.

    Raises:
        UserNotFound.
    """
    user = get_user(app, username)
    here = devices_of(app.id, user.id)
    for session in here:
        _tell(session, Closing(RETRY_AFTER_S))
    if here:
        note("queue.deliver", app, "user", user.username, {"devices": [None, len(here)]})
    return len(here)


@transaction.atomic
def admit_again(app: AppRef, username: str) -> bool:
    """End the refusal of a user's log-ins before its time; False when there was none."""
    ended, _ = LogInRefusal.objects.filter(app_id=app.id, username=username).delete()
    if ended:
        note("session.admit", app, "user", username, {"refused": [True, False]})
        transaction.on_commit(faults.read_again)
    return bool(ended)


def _who(session: DeviceOnline, **more: list[Any]) -> dict[str, list[Any]]:
    return {"user": [None, session.username], "device": [None, session.device], **more}


def _tell(session: DeviceOnline, event: Event) -> None:
    audience = Audience((user_topic(session.user_id),), device=session.device)
    transaction.on_commit(partial(_publish, event, audience))


def _publish(event: Event, audience: Audience) -> None:
    fanout.publish(event, audience)
