"""What became of a message, as its page and the page of its send show it."""

from collections import Counter
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryFlag
from chat.domain.errors import MessageNotFound
from chat.live.online import devices_of_users
from chat.queries.delivery import Receiver, receivers_of
from chat.queries.message_log import get_message
from imadmin.console.models import SendJob

SHOWN = 50
STAGES = ("missed", "queued", "pending", "confirmed", "read")  # the worst first


@dataclass(frozen=True, slots=True)
class Row:
    """One receiver. `stage`: read, confirmed (a device acknowledged it), pending (connected, not
    acknowledged yet), queued (offline, gets it later), missed (offline, and it is not kept)."""

    username: str
    stage: str
    devices: tuple[str, ...]  # that acknowledged it
    waiting: tuple[str, ...]  # connected, and did not


@dataclass(frozen=True, slots=True)
class Delivery:
    """Up to `SHOWN` rows, the worst first, and how many there are of each stage in all."""

    message_id: str
    rows: tuple[Row, ...]
    counts: tuple[tuple[str, int], ...]
    total: int


def delivery_of(entry: Entry) -> Delivery:
    receivers = receivers_of(entry)
    online = devices_of_users(entry.app_id, [one.user_id for one in receivers])
    is_kept = entry.conversation.kind != "chatroom" and EntryFlag.ONLINE_ONLY not in entry.flags
    rows = []
    for one in receivers:
        waiting = {device.device for device in online.get(one.user_id, ())} - set(one.devices)
        stage = _stage(one, is_online=one.user_id in online and bool(online[one.user_id]),
                       is_kept=is_kept)  # fmt: skip
        rows.append(Row(one.username, stage, one.devices, tuple(sorted(waiting))))
    counted = Counter(row.stage for row in rows)
    rows.sort(key=lambda row: STAGES.index(row.stage))
    return Delivery(
        message_id=str(entry.id),
        rows=tuple(rows[:SHOWN]),
        counts=tuple((stage, counted[stage]) for stage in reversed(STAGES) if counted[stage]),
        total=len(rows),
    )


def _stage(one: Receiver, *, is_online: bool, is_kept: bool) -> str:
    if one.is_read:
        return "read"
    if one.is_confirmed:
        return "confirmed"
    if is_online:
        return "pending"
    return "queued" if is_kept else "missed"


def deliveries_of(app: AppRef, job: SendJob, limit: int = 20) -> list[Delivery]:
    """Of the first messages of a send; one that retention removed is left out."""
    sent = job.items.exclude(message_id=None).order_by("pk").values_list("message_id", flat=True)
    found = []
    for message_id in sent[:limit]:
        try:
            found.append(delivery_of(get_message(app, message_id or 0)))
        except MessageNotFound:
            continue
    return found
