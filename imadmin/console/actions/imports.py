"""Users from a file: the dry run, which writes no user, and the import, which says what it did.

A row is `[line, username, password, nickname, friends]`. Users are made in the app's portions, each
committed with its results, then friends: what a stopped import did is in its results.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from accounts.actions.audit import add_outcome, note
from accounts.actions.im_users import NewUser, change_user, register_users
from accounts.actions.keys import decrypt, encrypt
from accounts.actions.passwords import MAX_PASSWORD, random_password
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import ImError, UserExists
from accounts.domain.ids import parse_username
from accounts.models import Operator
from accounts.queries.im_users import find_users
from chat.actions.roster import add_contact
from chat.domain.commands import AddContact
from chat.queries.rooms import room_ids_taken
from imadmin.console.actions.batches import portions
from imadmin.console.csvfiles import Table
from imadmin.console.jobs import STALE_S, start_job
from imadmin.console.models import ImportJob, ImportResult
from imadmin.console.refusals import explain

logger = logging.getLogger(__name__)

AUDIT = "user.import"
COLUMNS = ("username", "password", "nickname", "friends")
MAX_ROWS = 10_000
MAX_NICKNAME = 100
KEEP = timedelta(days=1)  # files that nobody imported, and what imports did
SAMPLE = 20
Row = list[Any]


@dataclass
class Report:
    """What a dry run found. `faults` are [line, username, code, what]; `existing` is a number."""

    encoding: str
    separator: str
    new: int = 0
    existing: int = 0
    ignored: list[str] = field(default_factory=list)
    faults: list[list[Any]] = field(default_factory=list)
    sample: list[list[Any]] = field(default_factory=list)  # line, username, nickname, friends

    def counted(self, code: str) -> int:
        return sum(fault[2] == code for fault in self.faults)


class ImportBusy(Exception):
    """Another import of the app runs, or the process has no room for one more job."""


def prepare_import(app: AppRef, operator: Operator, filename: str, table: Table) -> ImportJob:
    """Look at every row and keep the good ones for a day. No user is written."""
    report = Report(
        table.encoding,
        table.separator,
        ignored=[name for name in table.header if name and name not in COLUMNS],
    )
    rows = _checked(app, table, report)
    existing = _existing(app, [row[1] for row in rows])
    report.existing = len(existing)
    report.new = len(rows) - len(existing)
    report.sample = [[row[0], row[1], row[3], row[4]] for row in rows[:SAMPLE]]
    ImportJob.objects.filter(app_id=app.id, created_at__lt=timezone.now() - KEEP).delete()
    return ImportJob.objects.create(
        app_id=app.id,
        operator=operator,
        filename=filename[:200],
        report=asdict(report),
        rows=encrypt(json.dumps(rows)),
    )


def report_of(job: ImportJob) -> Report:
    return Report(**job.report)


def get_import(app: AppRef, number: int) -> ImportJob | None:
    return ImportJob.objects.filter(app_id=app.id, pk=number).first()


def state_of(job: ImportJob) -> str:
    """As stored, but for one that runs no more without having ended."""
    is_stale = job.beat_at < timezone.now() - timedelta(seconds=STALE_S)
    return "interrupted" if job.state == "running" and is_stale else job.state


def active_imports(app: AppRef) -> QuerySet[ImportJob]:
    """Those that run; to be asked together with something else."""
    since = timezone.now() - timedelta(seconds=STALE_S)
    running = ImportJob.objects.filter(app_id=app.id, state="running", beat_at__gte=since)
    return running.order_by("-pk")


def counts_of(job: ImportJob) -> dict[str, int]:
    """How many rows came to each outcome."""
    return dict(Counter(ImportResult.objects.filter(job=job).values_list("outcome", flat=True)))


def results_of(job: ImportJob) -> list[tuple[int, str, str, str]]:
    """What became of each row that was tried: line, username, outcome, reason."""
    rows = ImportResult.objects.filter(job=job).order_by("line")
    return [(row.line, row.username, row.outcome, row.reason) for row in rows.iterator()]


def start_import(actor: Actor, job: ImportJob, on_conflict: str, language: str) -> None:
    """Begin it beside the request, from the first row on.

    Raises ImportBusy; nothing has begun then.
    """
    fresh = timezone.now() - timedelta(seconds=STALE_S)
    with transaction.atomic():
        running = ImportJob.objects.select_for_update().filter(app_id=actor.app.id, state="running")
        if any(one.beat_at > fresh for one in running):
            raise ImportBusy
        ImportResult.objects.filter(job=job).delete()
        ImportJob.objects.filter(pk=job.pk).update(
            state="running", stop_asked=False, on_conflict=on_conflict, done_rows=0,
            beat_at=timezone.now(),
        )  # fmt: skip
        report = report_of(job)
        diff: dict[str, list[Any]] = {
            "rows": [None, report.new + report.existing],
            "on_conflict": [None, on_conflict],
        }
        note(AUDIT, actor.app, "import", str(job.pk), diff)

    def work() -> None:
        with translation.override(language):
            run_import(actor, job.pk)

    if not start_job(f"import {job.pk}", work):
        ImportJob.objects.filter(pk=job.pk).update(state="ready")
        raise ImportBusy


def stop_import(app: AppRef, number: int) -> None:
    """Ask it to end; it does after its portion."""
    ImportJob.objects.filter(app_id=app.id, pk=number, state="running").update(stop_asked=True)


def run_import(actor: Actor, number: int) -> None:
    """Import the rows of a begun job. Runs in a thread of its own, outside any transaction."""
    job = ImportJob.objects.get(pk=number)
    state = "failed"
    try:
        rows: list[Row] = json.loads(decrypt(job.rows or b""))
        state = _import(actor, job, rows)
    finally:
        with transaction.atomic():
            ImportJob.objects.filter(pk=number).update(
                state=state, rows=None if state == "done" else job.rows
            )
            made: dict[str, list[Any]] = {k: [0, n] for k, n in counts_of(job).items()}
            add_outcome(actor.app, AUDIT, str(number), {**made, "state": [None, state]})


def _import(actor: Actor, job: ImportJob, rows: list[Row]) -> str:
    app = actor.app
    if job.on_conflict == "stop" and _existing(app, [row[1] for row in rows]):
        return "stopped"
    done = 0
    for part in portions(rows, min(app.settings.max_batch_users, 20)):
        if _is_stopped(job):
            return "stopped"
        results = _make(actor, job, part)
        done += len(part)
        _keep(job, results, done)
    befriending = [row for row in rows if row[4]]
    for row in befriending:
        if _is_stopped(job):
            return "stopped"
        _befriend(actor, job, row)
    return "done"


def _make(actor: Actor, job: ImportJob, part: Sequence[Row]) -> list[ImportResult]:
    there = find_users(actor.app, [row[1] for row in part])
    new = [row for row in part if row[1] not in there]
    results = _register(actor, job, new)
    for line, username, _password, nickname, _friends in part:
        if username not in there:
            continue
        is_changed = bool(nickname) and nickname != there[username].nickname
        if job.on_conflict == "update" and is_changed:
            change_user(actor.app, username, nickname=nickname)
            results.append(_result(job, line, username, "updated"))
        else:
            results.append(_result(job, line, username, "skipped"))
    return results


def _register(actor: Actor, job: ImportJob, rows: Sequence[Row]) -> list[ImportResult]:
    """All at once; when one of them is refused, one by one, so that the others are made."""
    users = [NewUser(row[1], row[2] or random_password(), row[3]) for row in rows]
    if not users:
        return []
    try:
        register_users(actor.app, users)
    except UserExists:
        if len(users) == 1:
            return [_result(job, rows[0][0], rows[0][1], "skipped")]
    except ImError as exc:
        if len(users) == 1:
            return [_result(job, rows[0][0], rows[0][1], "failed", explain(exc))]
    else:
        return [_result(job, row[0], row[1], "created") for row in rows]
    return [result for row in rows for result in _register(actor, job, [row])]


def _befriend(actor: Actor, job: ImportJob, row: Row) -> None:
    refusals = []
    for friend in row[4]:
        try:
            add_contact(actor, AddContact(owner=row[1], username=friend))
        except ImError as exc:
            refusals.append(f"{friend}: {explain(exc)}")
    if refusals:
        text = "; ".join(refusals)[:300]
        ImportResult.objects.filter(job=job, line=row[0]).update(reason=text)


def _is_stopped(job: ImportJob) -> bool:
    ImportJob.objects.filter(pk=job.pk).update(beat_at=timezone.now())
    return ImportJob.objects.filter(pk=job.pk, stop_asked=True).exists()


@transaction.atomic
def _keep(job: ImportJob, results: list[ImportResult], done: int) -> None:
    ImportResult.objects.bulk_create(results)
    ImportJob.objects.filter(pk=job.pk).update(done_rows=done)


def _result(
    job: ImportJob, line: int, username: str, outcome: str, reason: str = ""
) -> ImportResult:
    return ImportResult(job=job, line=line, username=username, outcome=outcome, reason=reason[:300])


def _checked(app: AppRef, table: Table, report: Report) -> list[Row]:
    """The good rows; the others are in the report, each with its line."""
    rows: list[Row] = []
    first_line: dict[str, int] = {}
    for line, cells in table.rows:
        given = dict(zip(table.header, cells, strict=False))
        name = given.get("username", "").lower()
        code, what = _fault(table, given, name, cells)
        if not code and name in first_line:
            code, what = "duplicate", str(first_line[name])
        if code:
            report.faults.append([line, name[:64], code, what])
            continue
        first_line[name] = line
        friends = [one.strip().lower() for one in given.get("friends", "").split(";")]
        rows.append([line, name, given.get("password", ""), given.get("nickname", ""),
                     [one for one in dict.fromkeys(friends) if one]])  # fmt: skip
    return _without_strangers(app, rows, report)


def _fault(table: Table, given: dict[str, str], name: str, cells: list[str]) -> tuple[str, str]:
    """Why a row cannot be taken, seen by itself: a code and what it is about."""
    if len(cells) > len(table.header):
        return "cells", str(len(cells))
    if not name:
        return "no_username", ""
    try:
        parse_username(name)
    except ImError as exc:
        return exc.code, ""
    if len(given.get("password", "")) > MAX_PASSWORD:
        return "password_too_long", ""
    if len(given.get("nickname", "")) > MAX_NICKNAME:
        return "nickname_too_long", ""
    return "", ""


def _without_strangers(app: AppRef, rows: list[Row], report: Report) -> list[Row]:
    """Without rows whose name is a room's, or whose friends are nowhere."""
    names = {row[1] for row in rows}
    rooms: set[str] = set()
    for part in portions(sorted(names), 1000):
        rooms |= room_ids_taken(app.id, list(part))
    outside = {friend for row in rows for friend in row[4]} - names
    known = names | _existing(app, outside)
    good = []
    for row in rows:
        unknown = [friend for friend in row[4] if friend not in known or friend == row[1]]
        if row[1] in rooms:
            report.faults.append([row[0], row[1], "room_id", ""])
        elif unknown:
            report.faults.append([row[0], row[1], "friend", ", ".join(unknown)[:200]])
        else:
            good.append(row)
    report.faults.sort(key=lambda fault: fault[0])
    return good


def _existing(app: AppRef, names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in portions(sorted(set(names)), 1000):
        found |= set(find_users(app, part))
    return found
