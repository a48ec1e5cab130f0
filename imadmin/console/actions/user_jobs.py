"""Jobs that make users (imports, batches): begun, followed, stopped, ended and forgotten.

What a job does is its work, called in a thread of its own with the job while it runs (`Running`):
it says with every portion that it lives, and keeps what became of the rows. So a job that was
stopped, or whose process ended, has its results, and can be begun again.

A generated password is kept encrypted for an hour, and shown once, to who began the job.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from accounts.actions.audit import add_outcome, as_one, note
from accounts.actions.keys import decrypt, encrypt
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import SecretUnreadable
from accounts.models import ImApp, Operator
from imadmin.console.jobs import LIMIT_S, STALE_S, start_job
from imadmin.console.models import UserJob, UserJobResult

AUDIT = {"import": "user.import", "batch": "user.batch"}
# A ready one is begun by its own button; one that ended early, again.
STARTABLE = frozenset({"ready", "stopped", "interrupted", "failed"})
KEEP = timedelta(days=1)  # files that nobody imported, and what jobs did
PASSWORDS_KEPT = timedelta(hours=1)
MAX_REASON = 300
Diff = dict[str, list[Any]]


class JobBusy(Exception):
    """Another job of the app runs, or the process has no room for one more."""


class Stopped(Exception):
    """The job ends before its work is done; `state` is what it then is."""

    def __init__(self, state: str = "stopped", error: str = "") -> None:
        super().__init__(state)
        self.state, self.error = state, error


@dataclass
class Running:
    """A job while its work runs."""

    actor: Actor
    job: UserJob
    ends_at: float = field(default_factory=lambda: time.monotonic() + LIMIT_S)

    def beat(self) -> None:
        """Say that it lives.

        Raises:
            Stopped: somebody asked it to end, or its time is over.
        """
        if time.monotonic() > self.ends_at:
            raise Stopped("failed", "time_limit")
        mine = UserJob.objects.filter(pk=self.job.pk)
        mine.update(beat_at=timezone.now())
        if mine.filter(stop_asked=True).exists():
            raise Stopped

    @transaction.atomic
    def keep(self, results: Iterable[UserJobResult], done: int) -> None:
        UserJobResult.objects.bulk_create(results)
        UserJob.objects.filter(pk=self.job.pk).update(done_rows=done)

    def result(
        self, line: int, username: str, outcome: str, reason: str = "", password: str = ""
    ) -> UserJobResult:
        """Not saved yet; `password`: one that was generated, to be shown."""
        kept: dict[str, Any] = {}
        if password:
            kept["password"] = encrypt(password)
            kept["kept_until"] = timezone.now() + PASSWORDS_KEPT
        text = reason[:MAX_REASON]
        return UserJobResult(
            job=self.job, line=line, username=username, outcome=outcome, reason=text, **kept
        )


Work = Callable[[Running], None]


def get_job(app: AppRef, number: int, kind: str) -> UserJob | None:
    found = UserJob.objects.filter(app_id=app.id, pk=number, kind=kind)
    return found.select_related("operator").first()


def state_of(job: UserJob) -> str:
    """As stored, but for one that runs no more without having ended."""
    is_stale = job.beat_at < timezone.now() - timedelta(seconds=STALE_S)
    return "interrupted" if job.state == "running" and is_stale else job.state


def may_start(job: UserJob) -> bool:
    return state_of(job) in STARTABLE and job.rows is not None


def active_jobs(app: AppRef) -> QuerySet[UserJob]:
    """Those that run; to be asked together with something else."""
    since = timezone.now() - timedelta(seconds=STALE_S)
    running = UserJob.objects.filter(app_id=app.id, state="running", beat_at__gte=since)
    return running.order_by("-pk")


def counts_of(job: UserJob) -> dict[str, int]:
    """How many rows came to each outcome."""
    return dict(Counter(UserJobResult.objects.filter(job=job).values_list("outcome", flat=True)))


def results_of(job: UserJob) -> list[tuple[int, str, str, str]]:
    """What became of each row that was tried: line, username, outcome, reason."""
    rows = UserJobResult.objects.filter(job=job).order_by("line")
    return [(row.line, row.username, row.outcome, row.reason) for row in rows.iterator()]


def page_of_results(job: UserJob, after: int, size: int) -> tuple[list[UserJobResult], int]:
    """What became of the rows behind a line, and the last line when there are more."""
    rows = UserJobResult.objects.filter(job=job, line__gt=after).defer("password")
    found = list(rows.order_by("line")[: size + 1])
    return found[:size], found[size - 1].line if len(found) > size else 0


def version_of(app: AppRef, number: int) -> str:
    """Changes whenever a job's page would."""
    job = UserJob.objects.filter(app_id=app.id, pk=number).defer("rows", "report").first()
    if job is None:
        return "none"
    return f"{state_of(job)} {job.done_rows} {job.stop_asked} {count_passwords(job)}"


def begin(actor: Actor, job: UserJob, diff: Diff, **changes: Any) -> None:
    """Commit that it runs, and its audit entry; nothing has been done yet.

    Raises:
        JobBusy: another one of the app runs.
    """
    with transaction.atomic():
        # Of two that begin at once the second waits here, and then finds the first.
        ImApp.objects.select_for_update(no_key=True).get(pk=actor.app.id)
        if active_jobs(actor.app).exists():
            raise JobBusy
        UserJob.objects.filter(pk=job.pk).update(
            state="running", error="", stop_asked=False, beat_at=timezone.now(), **changes
        )
        note(AUDIT[job.kind], actor.app, job.kind, str(job.pk), diff)


def run_beside(actor: Actor, job: UserJob, work: Work, language: str) -> None:
    """Run a begun one in a thread of its own; refusals are explained in `language`.

    Raises:
        JobBusy: this process has no room for it; it is as ready as before.
    """

    def whole() -> None:
        with translation.override(language):
            run(actor, job.pk, work)

    if not start_job(f"{job.kind} {job.pk}", whole):
        UserJob.objects.filter(pk=job.pk).update(state=job.state)
        raise JobBusy


def run(actor: Actor, number: int, work: Work) -> None:
    """Do the work of a begun job, outside any transaction."""
    job = UserJob.objects.get(pk=number)
    state, error = "failed", "broken"
    try:
        with as_one():  # its own audit entry, which `begin` has noted
            work(Running(actor, job))
        state, error = "done", ""
    except Stopped as stopped:
        state, error = stopped.state, stopped.error
    finally:
        _end(actor, job, state, error)


@transaction.atomic
def _end(actor: Actor, job: UserJob, state: str, error: str) -> None:
    changes: dict[str, Any] = {"state": state, "error": error, "beat_at": timezone.now()}
    if state == "done":
        changes["rows"] = None
    UserJob.objects.filter(pk=job.pk).update(**changes)
    made: Diff = {outcome: [0, count] for outcome, count in counts_of(job).items()}
    add_outcome(actor.app, AUDIT[job.kind], str(job.pk), {**made, "state": [None, state]})


def stop(app: AppRef, number: int) -> None:
    """Ask it to end; it does after its portion."""
    UserJob.objects.filter(app_id=app.id, pk=number, state="running").update(stop_asked=True)


def may_see_passwords(job: UserJob, operator: Operator) -> bool:
    return job.operator_id == operator.pk


def count_passwords(job: UserJob) -> int:
    """How many generated passwords can still be shown."""
    return _kept(job).count()


def take_passwords(job: UserJob, limit: int | None = None) -> list[tuple[str, str]]:
    """The next names with their generated passwords, which are gone with this."""
    with transaction.atomic():
        rows = list(_kept(job).select_for_update().order_by("line")[:limit])
        taken = UserJobResult.objects.filter(pk__in=[row.pk for row in rows])
        taken.update(password=None, kept_until=None)
    return [(row.username, _clear(row)) for row in rows]


def drop_old() -> int:
    """Forget passwords that nobody asked for in time, and jobs of yesterday; how many went."""
    now = timezone.now()
    late = UserJobResult.objects.filter(kept_until__lte=now)
    gone = late.update(password=None, kept_until=None)
    # What it needs to go on holds a password, too. A file's rows are kept as long as the file.
    idle = UserJob.objects.filter(kind="batch", rows__isnull=False)
    gone += idle.filter(beat_at__lt=now - PASSWORDS_KEPT).update(rows=None)
    old = UserJob.objects.filter(beat_at__lt=now - KEEP)
    return gone + old.delete()[0]


def _kept(job: UserJob) -> QuerySet[UserJobResult]:
    return UserJobResult.objects.filter(job=job, kept_until__gt=timezone.now())


def _clear(row: UserJobResult) -> str:
    try:
        return decrypt(row.password or b"")
    except SecretUnreadable:  # the instance's key was changed meanwhile
        return ""
