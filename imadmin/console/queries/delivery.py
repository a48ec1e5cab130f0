"""What became of messages, as their pages, the page of a send and the lists show it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from accounts.domain.actor import AppRef
from chat.domain.entries import Entry, EntryFlag, EntryState
from chat.live.online import DeviceOnline, devices_of_users
from chat.queries.delivery import (
    MAX_RECEIVERS,
    Moment,
    Receiver,
    moments_of,
    receivers_of_all,
)
from chat.queries.message_log import get_messages
from chat.queries.offline import limits_of
from chat.queries.queue_places import queue_places
from imadmin.console.models import SendItem, SendJob

SHOWN = 20  # receivers; of more the worst
ROOMS = 20  # of a send, each with its counts
TABLES = 3  # of these at most, each with its receivers
STAGES = ("missed", "queued", "pending", "confirmed", "read")  # the worst first


@dataclass(frozen=True, slots=True)
class Device:
    """`sdk` is empty when the device is not connected now."""

    name: str
    sdk: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One receiver. `stage`: read, confirmed (a device acknowledged it), pending (connected, not
    acknowledged yet), queued (offline, gets it later), missed (offline, and it is not kept: for
    what reason is `why`: chatroom, online_only, recalled, taken out of their queue, or fallen out
    of it). `queue` says where in it a queued one is and how many it holds: `3/200`; it is empty
    without a cap."""

    username: str
    stage: str
    devices: tuple[Device, ...]  # that acknowledged it
    waiting: tuple[Device, ...]  # connected, and did not
    times: tuple["Times", ...] = ()
    why: str = ""
    message_id: str = ""
    queue: str = ""


_Told = tuple[Row, Entry, Receiver]


@dataclass(frozen=True, slots=True)
class Times:
    """What was recorded at one device, in order: each stage and its milliseconds after the
    message was accepted."""

    device: str
    stages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of many are shown; empty values choose nothing."""

    stage: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.stage or self.name)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one message came, or the messages of one send to users. Of SHOWN rows all; of more
    the worst, or those that are wanted; `counts` are of all. `is_brief`: it has no rows,
    as the page has many of these; its message has a page of its own."""

    message_ids: tuple[str, ...]
    rows: tuple[Row, ...]
    counts: tuple[tuple[str, int], ...]
    total: int
    accepted_ms: int = 0  # of the first; 0: no times were recorded
    stored: str = ""  # ms after that
    is_brief: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether there is something to choose rows from."""
        return self.total > SHOWN and not self.is_brief

    @property
    def is_open(self) -> bool:
        """Whether somebody who is connected has not acknowledged it yet."""
        return any(stage == "pending" for stage, _ in self.counts)


def delivery_of(app: AppRef, entry: Entry, wanted: Wanted | None = None) -> Delivery:
    [found] = _deliveries(app, [[entry]], wanted or Wanted())
    return found


def _deliveries(app: AppRef, batches: Sequence[Sequence[Entry]], wanted: Wanted) -> list[Delivery]:
    """One of each batch of messages that have the same content; the same few queries for any
    number of batches."""
    entries = [entry for batch in batches for entry in batch]
    if not entries:
        return []
    moments = moments_of(app.id, [entry.id for entry in entries])
    receivers = receivers_of_all(entries, MAX_RECEIVERS, is_cut=True)
    people = {one.user_id for found in receivers.values() for one in found}
    online = devices_of_users(app.id, people)
    oldest = limits_of(app).oldest_id
    most = SHOWN // len(batches) if len(batches) <= TABLES else 0
    told = [
        [
            made
            for entry in batch
            for made in _rows(entry, receivers[entry.id], online, moments.get(entry.id, []), oldest)
        ]
        for batch in batches
    ]
    shown = _placed(app, [_shown(rows, wanted)[:most] for rows in told])
    return [
        _delivery(
            batch,
            [row for row, *_ in rows],
            chosen,
            moments.get(batch[0].id, []),
            is_brief=not most,
        )
        for batch, rows, chosen in zip(batches, told, shown, strict=True)
    ]


def _placed(app: AppRef, shown: Sequence[Sequence[_Told]]) -> list[list[Row]]:
    """The rows of each table, with their places in queues; whose message is not there any more
    has missed it."""
    queued = [(entry, one) for rows in shown for row, entry, one in rows if row.stage == "queued"]
    places = iter(queue_places(app, queued))

    def placed(row: Row) -> Row:
        if row.stage != "queued":
            return row
        found = next(places)
        if not found.place:
            return replace(row, stage="missed", why="taken" if found.is_taken else "fallen")
        return replace(row, queue=f"{found.place}/{found.cap}" if found.cap else "")

    return [[placed(row) for row, _, _ in rows] for rows in shown]


def _delivery(
    batch: Sequence[Entry],
    rows: list[Row],
    shown: list[Row],
    first: Sequence[Moment],
    *,
    is_brief: bool,
) -> Delivery:
    counted = Counter(row.stage for row in rows)
    gone = sum(row.why in {"taken", "fallen"} for row in shown)  # those not shown are not looked at
    counted.update(queued=-gone, missed=gone)
    accepted = _at(first, "accepted")
    return Delivery(
        message_ids=tuple(str(entry.id) for entry in batch),
        rows=tuple(shown),
        counts=tuple((stage, counted[stage]) for stage in reversed(STAGES) if counted[stage]),
        total=len(rows),
        accepted_ms=accepted // 1000,
        stored=_after(_at(first, "stored"), accepted) if accepted else "",
        is_brief=is_brief,
    )


def _rows(
    entry: Entry,
    receivers: Sequence[Receiver],
    online: Mapping[int, Sequence[DeviceOnline]],
    moments: Sequence[Moment],
    oldest: int,
) -> list[_Told]:
    accepted, why = _at(moments, "accepted"), _why(entry, oldest)
    made = []
    for one in receivers:
        here = {device.device: f"{device.sdk} {device.version}".strip()
                for device in online.get(one.user_id, ())}  # fmt: skip
        waiting = sorted(here.keys() - set(one.devices))
        stage = _stage(one, is_online=bool(here), is_kept=not why)
        row = Row(
            one.username,
            stage,
            tuple(Device(name, here.get(name, "")) for name in one.devices),
            tuple(Device(name, here[name]) for name in waiting),
            _times([at for at in moments if at.user_id == one.user_id], accepted),
            why if stage == "missed" else "",
            str(entry.id),
        )
        made.append((row, entry, one))
    return made


def _shown(rows: list[_Told], wanted: Wanted) -> list[_Told]:
    """The worst first."""
    return [
        told
        for told in sorted(rows, key=lambda told: STAGES.index(told[0].stage))
        if wanted.stage in {"", told[0].stage} and wanted.name in told[0].username
    ]


def _why(entry: Entry, oldest: int) -> str:
    """Why it does not wait for who is away; empty: it does, or it is more than a cap allows, which
    only its place tells. `oldest`: of `offline.Limits`."""
    if entry.conversation.kind == "chatroom":
        return "chatroom"
    if entry.state is EntryState.RECALLED:
        return "recalled"
    if entry.id <= oldest:
        return "fallen"
    return "online_only" if entry.flags & EntryFlag.ONLINE_ONLY else ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a message of a list came. `stage` is the only receiver's; of several it is empty,
    and `delivered` and `read` say how many of `total` have it."""

    stage: str
    delivered: int
    read: int
    total: int
    first: str  # ms from accepted to the first device, empty when that was not recorded


def reaches_of(app: AppRef, entries: Sequence[Entry]) -> dict[int, Reach]:
    """Of a page of messages, at once; of one in a large room nobody is counted."""
    if not entries:
        return {}
    oldest = limits_of(app).oldest_id
    found = receivers_of_all(entries)
    moments = moments_of(app.id, found)
    behind = {one.user_id for all_ in found.values() for one in all_ if not one.is_confirmed}
    online = devices_of_users(app.id, behind)
    made = {}
    for entry in entries:
        receivers, times = found[entry.id], moments.get(entry.id, [])
        stage = ""
        if entry.conversation.kind == "pair" and receivers:
            [one] = receivers
            is_online = bool(online.get(one.user_id))
            stage = _stage(one, is_online=is_online, is_kept=not _why(entry, oldest))
        accepted, written = _at(times, "accepted"), _at(times, "written")
        made[entry.id] = Reach(
            stage=stage,
            delivered=sum(one.is_confirmed or one.is_read for one in receivers),
            read=sum(one.is_read for one in receivers),
            total=len(receivers),
            first=_after(written, accepted) if accepted and written else "",
        )
    return made


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


def _at(moments: Sequence[Moment], stage: str) -> int:
    """When the stage was first reached; 0: that was not recorded."""
    return next((one.at_us for one in moments if one.stage == stage), 0)


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


def deliveries_of(
    app: AppRef, job: SendJob, items: Iterable[SendItem], wanted: Wanted | None = None
) -> list[Delivery]:
    """Of a send: to users all together, to rooms one each; what retention removed is left out.
    `items`: all of the job."""
    wanted = wanted or Wanted()
    entries = get_messages(app, [item.message_id for item in items if item.message_id])
    if job.spec["to_type"] == "user":
        return _deliveries(app, [entries] if entries else [], wanted)
    return _deliveries(app, [[entry] for entry in entries[:ROOMS]], wanted)
