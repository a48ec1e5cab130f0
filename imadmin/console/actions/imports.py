"""Users from a file: the dry run, which writes no user, and the import, which says what it did.

A row is `[line, username, password, nickname, friends]`. Users are made in the app's portions, each
committed with its results, then friends: what a stopped import did is in its results.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

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
from imadmin.console.actions import user_jobs
from imadmin.console.actions.batches import PORTION, portions
from imadmin.console.actions.user_jobs import Running, Stopped
from imadmin.console.csvfiles import Table
from imadmin.console.models import UserJob, UserJobResult
from imadmin.console.refusals import explain

COLUMNS = ("username", "password", "nickname", "friends")
MAX_ROWS = 10_000
MAX_NICKNAME = 100
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


def prepare_import(app: AppRef, operator: Operator, filename: str, table: Table) -> UserJob:
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
    return UserJob.objects.create(
        app_id=app.id,
        operator=operator,
        filename=filename[:200],
        report=asdict(report),
        rows=encrypt(json.dumps(rows)),
    )


def report_of(job: UserJob) -> Report:
    return Report(**job.report)


def start_import(actor: Actor, job: UserJob, on_conflict: str, language: str) -> None:
    """Begin it beside the request, from the first row on.

    Raises:
        JobBusy: another job runs; nothing has begun then.
    """
    report = report_of(job)
    diff: user_jobs.Diff = {
        "rows": [None, report.new + report.existing],
        "on_conflict": [None, on_conflict],
    }
    with transaction.atomic():
        user_jobs.begin(actor, job, diff, on_conflict=on_conflict, done_rows=0)
        UserJobResult.objects.filter(job=job).delete()
    user_jobs.run_beside(actor, job, import_rows, language)


def import_rows(running: Running) -> None:
    """The work of an import."""
    app, job = running.actor.app, running.job
    rows: list[Row] = json.loads(decrypt(job.rows or b""))
    if job.on_conflict == "stop" and _existing(app, [row[1] for row in rows]):
        raise Stopped
    done = 0
    for part in portions(rows, min(app.settings.max_batch_users, PORTION)):
        running.beat()
        done += len(part)
        running.keep(_make(running, part), done)
    for row in rows:
        if row[4]:
            _befriend(running, row)


def _make(running: Running, part: Sequence[Row]) -> list[UserJobResult]:
    app = running.actor.app
    there = find_users(app, [row[1] for row in part])
    new = [row for row in part if row[1] not in there]
    results = _register(running, new)
    for line, username, _password, nickname, _friends in part:
        if username not in there:
            continue
        is_changed = bool(nickname) and nickname != there[username].nickname
        if running.job.on_conflict == "update" and is_changed:
            change_user(app, username, nickname=nickname)
            results.append(running.result(line, username, "updated"))
        else:
            results.append(running.result(line, username, "skipped"))
    return results


def _register(running: Running, rows: Sequence[Row]) -> list[UserJobResult]:
    """All at once; when one of them is refused, one by one, so that the others are made."""
    users = [NewUser(row[1], row[2] or random_password(), row[3]) for row in rows]
    if not users:
        return []
    try:
        register_users(running.actor.app, users)
    except UserExists:
        if len(users) == 1:
            return [running.result(rows[0][0], rows[0][1], "skipped")]
    except ImError as exc:
        if len(users) == 1:
            return [running.result(rows[0][0], rows[0][1], "failed", explain(exc))]
    else:
        return [running.result(row[0], row[1], "created") for row in rows]
    return [result for row in rows for result in _register(running, [row])]


def _befriend(running: Running, row: Row) -> None:
    refusals = []
    for friend in row[4]:
        running.beat()
        try:
            add_contact(running.actor, AddContact(owner=row[1], username=friend))
        except ImError as exc:
            refusals.append(f"{friend}: {explain(exc)}")
    if refusals:
        text = "; ".join(refusals)[: user_jobs.MAX_REASON]
        UserJobResult.objects.filter(job=running.job, line=row[0]).update(reason=text)


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
