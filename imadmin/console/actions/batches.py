"""A batch of users as a job: names from a range of numbers, in the app's portions, each committed
with its results; then who is whose friend, and who is in which room.

What cannot be done is in the row of the user whom it is about: a batch goes on without it.
"""

import json
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TypeVar

from django.db import transaction

from accounts.actions.im_users import (
    MAX_NICKNAME,
    NewUser,
    check_new_username,
    check_user_limit,
    register_users,
    with_hashes,
)
from accounts.actions.keys import decrypt, encrypt
from accounts.actions.passwords import check_password, hash_password, make_password
from accounts.domain.actor import Actor
from accounts.domain.errors import ImError, NicknameTooLong, UserExists
from accounts.models import Operator
from accounts.queries.im_users import find_users
from chat.actions.room_members import add_members
from chat.actions.roster import add_contact
from chat.domain.commands import AddContact, AddMembers, RoomTarget
from chat.domain.errors import AlreadyMember
from chat.domain.targets import ToChatroom, ToGroup, kind_and_id
from chat.queries.rooms import get_room
from imadmin.console.actions import user_jobs
from imadmin.console.actions.user_jobs import Running
from imadmin.console.models import UserJob, UserJobResult
from imadmin.console.refusals import explain

T = TypeVar("T")
Reasons = dict[str, list[str]]  # of each user that was made, what could not be added to it
PORTION = 20  # hashes between two signs of life: half a second


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch shall make, as it is stored; `nickname_tpl` has {n} for the number."""

    prefix: str
    start: int
    end: int
    pad: int
    nickname_tpl: str
    is_generated: bool
    befriend: bool
    group: str
    room: str

    @property
    def count(self) -> int:
        return self.end - self.start + 1

    def name(self, number: int) -> str:
        return f"{self.prefix.lower()}{number:0{self.pad}d}"

    def nickname(self, number: int) -> str:
        return self.nickname_tpl.replace("{n}", str(number))

    @property
    def names(self) -> list[str]:
        return [self.name(number) for number in range(self.start, self.end + 1)]

    @property
    def rooms(self) -> list[RoomTarget]:
        group: list[RoomTarget] = [ToGroup(self.group)] if self.group else []
        return [*group, ToChatroom(self.room)] if self.room else group


def plan_of(job: UserJob) -> Plan:
    return Plan(**job.report)


def begin_batch(
    actor: Actor, operator: Operator, plan: Plan, password: str, language: str
) -> UserJob:
    """Begin it beside the request. `password` is everybody's, unless each gets one of its own.

    Raises:
        IllegalUsername, UsernameTooLong, NicknameTooLong, PasswordMissing, PasswordTooLong: seen
            on its first and last user. UserLimit. GroupNotFound, ChatroomNotFound.
        JobBusy: another job runs. Nothing is begun then, as with all of these.
    """
    _check(actor, plan, password)
    with transaction.atomic():
        job = UserJob.objects.create(
            app_id=actor.app.id,
            operator=operator,
            kind="batch",
            report=asdict(plan),
            rows=encrypt(json.dumps("" if plan.is_generated else password)),
        )
        user_jobs.begin(actor, job, _diff(plan))
    try:
        user_jobs.run_beside(actor, job, make_users, language)
    except user_jobs.JobBusy:
        job.delete()
        raise
    return job


def resume_batch(actor: Actor, job: UserJob, language: str) -> None:
    """Go on with a batch that ended early: with the names that it did not come to, and those that
    failed. Raises JobBusy."""
    user_jobs.begin(actor, job, {**_diff(plan_of(job)), "resumed": [False, True]})
    user_jobs.run_beside(actor, job, make_users, language)


def _check(actor: Actor, plan: Plan, password: str) -> None:
    for number in (plan.start, plan.end):
        check_new_username(actor.app, plan.name(number))
        if len(plan.nickname(number)) > MAX_NICKNAME:
            raise NicknameTooLong
    if not plan.is_generated:
        check_password(password)
    for target in plan.rooms:
        get_room(actor.app, target)
    check_user_limit(actor.app, plan.count - len(find_users(actor.app, plan.names)))


def _diff(plan: Plan) -> user_jobs.Diff:
    asked: user_jobs.Diff = {
        "names": [None, f"{plan.name(plan.start)} … {plan.name(plan.end)}"],
        "users": [None, plan.count],
        "befriend": [None, plan.befriend],
    }
    rooms = {"group": plan.group, "room": plan.room}
    return {**asked, **{kind: [None, room_id] for kind, room_id in rooms.items() if room_id}}


def make_users(running: Running) -> None:
    """The work of a batch."""
    plan, password = plan_of(running.job), json.loads(decrypt(running.job.rows or b""))
    results = UserJobResult.objects.filter(job=running.job)
    results.filter(outcome="failed").delete()
    tried = set(results.values_list("line", flat=True))
    maker = _Maker(running, plan, password, len(tried))
    left = [line for line in range(1, plan.count + 1) if line not in tried]
    for part in portions(left, min(running.actor.app.settings.max_batch_users, PORTION)):
        maker.make(part)
    made = list(results.filter(outcome="created").order_by("line"))
    reasons: Reasons = {row.username: [] for row in made}
    try:
        if plan.befriend:
            _befriend(running, reasons)
        for target in plan.rooms:
            _join(running, target, reasons)
    finally:
        for row in made:
            row.reason = "; ".join(reasons[row.username])[: user_jobs.MAX_REASON]
        UserJobResult.objects.bulk_update(made, ["reason"], batch_size=200)


class _Maker:
    """Makes portions of lines. The one password of all is hashed once."""

    def __init__(self, running: Running, plan: Plan, password: str, done: int) -> None:
        self.running, self.plan, self.done = running, plan, done
        self.password = password
        self.hash = hash_password(password) if password else ""

    def make(self, lines: Sequence[int]) -> None:
        """A portion with its results, in one transaction; when a user of it is refused, one by
        one."""
        self.running.beat()
        users = {line: self._user(line) for line in lines}
        try:
            results = self._made(users)
        except ImError as exc:
            if len(lines) > 1:
                for line in lines:
                    self.make([line])
                return
            [(line, user)] = users.items()
            outcome = "skipped" if isinstance(exc, UserExists) else "failed"
            reason = "" if outcome == "skipped" else explain(exc)
            results = [self.running.result(line, user.username, outcome, reason)]
            self.running.keep(results, self.done + 1)
        self.done += len(lines)

    def _user(self, line: int) -> NewUser:
        number = self.plan.start + line - 1
        return NewUser(
            self.plan.name(number),
            self.password or make_password(),
            self.plan.nickname(number),
            self.hash,
        )

    def _made(self, users: dict[int, NewUser]) -> list[UserJobResult]:
        app = self.running.actor.app
        there = find_users(app, [user.username for user in users.values()])
        new = [user for user in users.values() if user.username not in there]
        ready = new if self.hash else with_hashes(app, new)
        results = [self._result(line, user, there) for line, user in users.items()]
        with transaction.atomic():
            if ready:
                register_users(app, ready)
            self.running.keep(results, self.done + len(users))
        return results

    def _result(self, line: int, user: NewUser, there: Container[str]) -> UserJobResult:
        if user.username in there:
            return self.running.result(line, user.username, "skipped")
        shown = "" if self.password else user.password
        return self.running.result(line, user.username, "created", password=shown)


def _befriend(running: Running, reasons: Reasons) -> None:
    for one, other in combinations(reasons, 2):
        running.beat()
        try:
            add_contact(running.actor, AddContact(one, other))
        except ImError as exc:
            reasons[one].append(f"{other}: {explain(exc)}")


def _join(running: Running, target: RoomTarget, reasons: Reasons) -> None:
    """Portion by portion; when a user of one is refused, one by one."""
    size = running.actor.app.settings.max_batch_members
    for part in portions(list(reasons), size):
        if _refusal(running, target, part) is None:
            continue
        for name in part:
            refusal = _refusal(running, target, [name])
            if refusal is not None:
                reasons[name].append(f"{kind_and_id(target)[1]}: {explain(refusal)}")


def _refusal(running: Running, target: RoomTarget, names: Sequence[str]) -> ImError | None:
    """Why these could not be brought in; None also when they are in it already."""
    running.beat()
    try:
        add_members(running.actor, AddMembers(target, tuple(names)))
    except AlreadyMember:
        return None
    except ImError as exc:
        return exc
    return None


def portions(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
