"""What the dashboard shows: tiles, messages a minute, what came last, and the first steps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Subquery
from django.utils import timezone

from accounts.domain.actor import AppRef
from accounts.models import AppSecret, ImApp, ImUser
from chat.live.online import DeviceOnline, connections
from chat.queries.faults import active_refusals
from chat.queries.message_log import (
    MessageFilter,
    count_messages_since,
    find_messages,
    newest_entries,
)
from chat.queries.observed import (
    KEYS,
    Minutes,
    PastConnection,
    ended_connections,
    minutes_of,
    newest_ended,
    totals_from,
    totals_of,
)
from chat.queries.waiting import Waiting, waiting_in
from chat.store.clock import now_ms
from chat.webhooks.listing import count_failures_since
from imadmin.console.actions.scenarios import active_runs
from imadmin.console.actions.user_jobs import active_jobs
from imadmin.console.models import ScenarioRun
from imadmin.console.queries.messages import MessageRow, row_of
from imadmin.console.queries.processes import late_processes

RECENT = 10
WIDTH, HEIGHT = 720, 180  # of the chart's own units
# A range: its minutes, and the minutes that one point sums up.
RANGES = {"1h": (60, 1), "6h": (360, 5), "24h": (1440, 15)}


@dataclass(frozen=True, slots=True)
class Series:
    """`values` are messages a minute at each point; `points` draws them."""

    key: str
    values: tuple[float, ...]
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`times` are the points' beginnings; `top` is the value at the upper edge."""

    step: int
    times: tuple[int, ...]  # ms since 1970
    series: tuple[Series, ...]
    top: float
    is_empty: bool

    @property
    def rows(self) -> list[tuple[int, tuple[float, ...]]]:
        """The newest first, without what is all zero."""
        found = [
            (at, tuple(one.values[number] for one in self.series))
            for number, at in enumerate(self.times)
        ]
        return [row for row in reversed(found) if any(row[1])]


@dataclass(frozen=True, slots=True)
class Event:
    """A connection that came (`is_up`) or went."""

    at_ms: int
    is_up: bool
    username: str
    device: str
    wire: str
    client: str
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """`up`, `down`: today's, which is the operator's, from midnight of the active time zone on.
    `failed`, `webhooks`: of an hour. `ever_down`: as long as counts are kept."""

    users: int
    connections: int
    per_minute: int
    up: int
    down: int
    ever_down: int
    failed: int
    webhooks: int
    queued: Waiting

    @property
    def queued_age_s(self) -> int:
        return (now_ms() - self.queued.at_ms) // 1000


def tiles(app: AppRef, here: list[DeviceOnline]) -> Tiles:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    starts = (int(midnight.timestamp()) // 60, now_ms() // 60_000 - 59, 0)
    today, hour, ever = totals_from(app, starts)
    return Tiles(
        users=len({one.user_id for one in here}),
        connections=len(here),
        per_minute=count_messages_since(app, now_ms() - 60_000),
        up=today.get("up", 0),
        down=today.get("down", 0),
        ever_down=ever.get("down", 0),
        failed=hour.get("failed", 0),
        webhooks=count_failures_since(app, timezone.now() - timedelta(hours=1)),
        queued=waiting_in(app),
    )


def chart_of(app: AppRef, name: str) -> Chart:
    """Messages a minute over a range of RANGES."""
    minutes, step = RANGES[name]
    last = now_ms() // 60_000
    first = (last // step) * step - minutes + step
    found: Minutes = minutes_of(app, first, minutes)
    values = {key: _averages(found[key], step) for key in KEYS}
    peak = max((max(one) for one in values.values()), default=0)
    top = _round_up(peak)
    times = tuple((first + number) * 60_000 for number in range(0, minutes, step))
    series = tuple(Series(key, values[key], _points(values[key], top)) for key in KEYS)
    return Chart(step, times, series, top, is_empty=not peak)


def _averages(counts: list[int], step: int) -> tuple[float, ...]:
    return tuple(
        round(sum(counts[start : start + step]) / step, 1) for start in range(0, len(counts), step)
    )


def _round_up(peak: float) -> float:
    """The next of 1, 2, 5 times a power of ten, at least 1."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if peak <= digit * size:
                return digit * size
        size *= 10


def _points(values: tuple[float, ...], top: float) -> str:
    across = WIDTH / max(1, len(values) - 1)
    return " ".join(
        f"{number * across:.1f},{HEIGHT - value / top * HEIGHT:.1f}"
        for number, value in enumerate(values)
    )


def recent_messages(app: AppRef, *, with_body: bool) -> list[MessageRow]:
    found = find_messages(app, MessageFilter(), limit=RECENT)
    return [row_of(entry, with_body=with_body) for entry in found.entries]


def recent_connections(app: AppRef, here: list[DeviceOnline]) -> list[Event]:
    """The last that came and went, newest first."""
    gone = ended_connections(app, RECENT)
    came = [
        *(_came(one.since_ms, one) for one in here[-RECENT:]),
        *(_came(one.since_ms, one) for one in gone),
    ]
    went = [
        Event(one.until_ms, False, one.username, one.device, one.wire,
              f"{one.sdk} {one.version}", one.code, one.reason)
        for one in gone
    ]  # fmt: skip
    return sorted([*came, *went], key=lambda one: -one.at_ms)[:RECENT]


def _came(at_ms: int, one: DeviceOnline | PastConnection) -> Event:
    return Event(at_ms, True, one.username, one.device, one.wire, f"{one.sdk} {one.version}")


@dataclass(frozen=True, slots=True)
class Progress:
    """`steps` is what a newcomer does, in order, and whether it is done; `run` and `user_job` are
    the numbers of a run of scenarios and of an import or batch of users that are not over, 0 for
    none. `stale_since`: until when what all processes counted is written, where one is late."""

    steps: tuple[tuple[str, bool], ...]
    run: int
    user_job: int
    user_job_kind: str
    stale_since: datetime | None

    @property
    def is_done(self) -> bool:
        return all(done for _, done in self.steps)


def progress_of(app: AppRef, shown: Tiles, events: list[Event]) -> Progress:
    """What can be seen of how far the app is; one query."""
    secrets = AppSecret.objects.filter(app_id=app.id, grace_until=None).order_by("-id")
    users = ImUser.objects.filter(app_id=app.id)
    green = ScenarioRun.objects.filter(app_id=app.id, state="passed")
    used_at, has_users, is_green, run, job, kind, stale = ImApp.objects.values_list(
        Subquery(secrets.values("last_used_at")[:1]),
        Exists(users),
        Exists(green),
        Subquery(active_runs(app).values("pk")[:1]),
        Subquery(active_jobs(app).values("pk")[:1]),
        Subquery(active_jobs(app).values("kind")[:1]),
        Subquery(late_processes().values("counted_at")[:1]),
    ).get(id=app.id)
    steps = (
        ("credentials", used_at is not None),
        ("user", has_users),
        ("client", bool(events)),
        ("delivered", shown.ever_down > 0),
        ("scenarios", is_green),
    )
    return Progress(steps, run or 0, job or 0, kind or "", stale)


def version_of(app: AppRef) -> str:
    """Changes when the dashboard would, and once a minute."""
    minute = now_ms() // 60_000
    here = connections(app.id)
    parts: list[Any] = [
        newest_entries(app, 1),
        newest_ended(app),
        len(here),
        here[-1].since_ms if here else 0,
        sorted(totals_of(app, minute - 1).items()),
        active_refusals(app),
        waiting_in(app).count,
        minute,
    ]
    return str(parts)
