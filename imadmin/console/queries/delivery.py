"""What became of a message, as its page and the page of its send show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryFlag
from chat.domain.errors import MessageNotFound
from chat.live.online import devices_of_users
from chat.queries.delivery import Moment, Receiver, moments_of, receivers_of
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
    times: tuple["Times", ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """What was recorded at one device, in order: each stage and its milliseconds after the
    message was accepted."""

    device: str
    stages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Up to `SHOWN` rows, the worst first, and how many there are of each stage in all."""

    message_id: str
    rows: tuple[Row, ...]
    counts: tuple[tuple[str, int], ...]
    total: int
    accepted_ms: int = 0  # 0: no times were recorded
    stored: str = ""  # ms after that


def delivery_of(entry: Entry, moments: Sequence[Moment] | None = None) -> Delivery:
    """`moments` are those recorded of the message, when they are at hand."""
    if moments is None:
        moments = moments_of(entry.app_id, [entry.id]).get(entry.id, [])
    accepted = next((one.at_us for one in moments if one.stage == "accepted"), 0)
    receivers = receivers_of(entry)
    online = devices_of_users(entry.app_id, [one.user_id for one in receivers])
    is_kept = entry.conversation.kind != "chatroom" and EntryFlag.ONLINE_ONLY not in entry.flags
    rows = []
    for one in receivers:
        waiting = {device.device for device in online.get(one.user_id, ())} - set(one.devices)
        stage = _stage(one, is_online=one.user_id in online and bool(online[one.user_id]),
                       is_kept=is_kept)  # fmt: skip
        times = _times([at for at in moments if at.user_id == one.user_id], accepted)
        rows.append(Row(one.username, stage, one.devices, tuple(sorted(waiting)), times))
    counted = Counter(row.stage for row in rows)
    rows.sort(key=lambda row: STAGES.index(row.stage))
    return Delivery(
        message_id=str(entry.id),
        rows=tuple(rows[:SHOWN]),
        counts=tuple((stage, counted[stage]) for stage in reversed(STAGES) if counted[stage]),
        total=len(rows),
        accepted_ms=accepted // 1000,
        stored=next((_after(at.at_us, accepted) for at in moments if at.stage == "stored"), ""),
    )


def _times(moments: Sequence[Moment], accepted: int) -> tuple[Times, ...]:
    devices = dict.fromkeys(one.device for one in moments)
    return tuple(
        Times(
            device,
            tuple((one.stage, _after(one.at_us, accepted)) for one in moments
                  if one.device == device),
        )
        for device in devices
    )  # fmt: skip


def _after(at_us: int, accepted: int) -> str:
    """`+3.2`: the milliseconds, with one digit below a second."""
    ms = max(0, at_us - accepted) / 1000
    return f"+{ms:.1f}" if ms < 1000 else f"+{ms:.0f}"


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
    ids = [message_id for message_id in sent[:limit] if message_id]
    moments = moments_of(app.id, ids)
    found = []
    for message_id in ids:
        try:
            found.append(delivery_of(get_message(app, message_id), moments.get(message_id, [])))
        except MessageNotFound:
            continue
    return found
