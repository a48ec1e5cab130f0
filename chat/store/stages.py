"""When the messages that are watched came how far, at each device (console.md §9.2).

Watched are messages with EntryFlag.RECORDED (`Entry.is_recorded`): those sent from the console or
by a scenario and those of a watched user, or all or none, as the app's setting `delivery_recording`
says. For all others nothing is kept but the cursors, and asking costs one comparison. Moments are
gathered in memory and written by the writer's thread between its batches; nothing waits for
them. What a device was handed is remembered until it acknowledges it, in the process that holds the
connection.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from django.conf import settings
from django.db import transaction

from chat.domain.entries import Entry
from chat.models import DeliveryMoment

Stage = Literal["accepted", "stored", "written", "confirmed", "read"]
MAX_WAITING = 50_000  # moments; more are dropped, and a message's timeline is then incomplete
MAX_OPEN = 5_000  # devices that were handed something and have not read it yet

Place = tuple[int, int, str]  # user, app, conversation key

_lock = threading.Lock()
_waiting: list[DeliveryMoment] = []
# Handed to a user's devices and not read: (seq, message id, device, confirmed).
_open: OrderedDict[Place, list[tuple[int, int, str, bool]]] = OrderedDict()
_wake: Callable[[], None] | None = None


def flush_through(wake: Callable[[], None]) -> None:
    """Say who calls `flush` soon after it is asked to."""
    global _wake
    _wake = wake


def stored(entry: Entry) -> None:
    """The commit that holds a watched entry is done."""
    _keep(entry.app_id, entry.id, "accepted", at_us=entry.created_ms * 1000)
    _keep(entry.app_id, entry.id, "stored")


def written(entry: Entry, user_id: int, device: str) -> None:
    """A watched entry was handed to a device's socket."""
    place = user_id, entry.app_id, entry.conversation.key
    with _lock:
        handed = _open.setdefault(place, [])
        if any(one[1:3] == (entry.id, device) for one in handed):
            return
        handed.append((entry.seq, entry.id, device, False))
        _open.move_to_end(place)
        while len(_open) > MAX_OPEN:
            _open.popitem(last=False)
    _keep(entry.app_id, entry.id, "written", user_id, device)


def confirmed(user_id: int, device: str, app_id: int, key: str, seq: int) -> None:
    """A device acknowledged a log up to a seq."""
    if not _open:
        return
    place = user_id, app_id, key
    reached: list[int] = []
    with _lock:
        handed = _open.get(place, [])
        for number, (at, message_id, where, is_done) in enumerate(handed):
            if where == device and at <= seq and not is_done:
                handed[number] = (at, message_id, where, True)
                reached.append(message_id)
    for message_id in reached:
        _keep(app_id, message_id, "confirmed", user_id, device)


def read(user_id: int, device: str, app_id: int, key: str, seq: int, *, only: bool = False) -> None:
    """A user has read a log up to a seq, or (`only`) the entry with it."""
    if not _open:
        return
    place = user_id, app_id, key
    with _lock:
        handed = _open.get(place, [])
        reached = {
            message_id for at, message_id, _, _ in handed if at == seq or (at < seq and not only)
        }
        left = [one for one in handed if one[1] not in reached]
        if left:
            _open[place] = left
        else:
            _open.pop(place, None)
    for message_id in sorted(reached):
        _keep(app_id, message_id, "read", user_id, device)


def _keep(
    app_id: int,
    message_id: int,
    stage: Stage,
    user_id: int = 0,
    device: str = "",
    at_us: int = 0,
) -> None:
    row = DeliveryMoment(
        app_id=app_id,
        message_id=message_id,
        user_id=user_id,
        device=device[:128],
        stage=stage,
        at_us=at_us or time.time_ns() // 1000,
    )
    with _lock:
        if len(_waiting) < MAX_WAITING:
            _waiting.append(row)
    if _wake is not None and settings.ENTRY_STORE != "direct":
        _wake()


def flush() -> None:
    """Write what waits."""
    with _lock:
        rows = list(_waiting)
        _waiting.clear()
    if rows:
        with transaction.atomic():
            DeliveryMoment.objects.bulk_create(rows, batch_size=200)
