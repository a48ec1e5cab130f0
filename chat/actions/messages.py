"""Post a message: the hot path, which completes by callback, and its waiting face."""

import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitTimeout
from functools import partial

from django.db import connection, connections

from accounts.domain.actor import Actor
from chat.actions.consulting import consult, may_need_asking
from chat.actions.message_rights import look_up, peek, read_pairs
from chat.actions.message_rules import Plan, check, check_size, make_plan
from chat.actions.refused_sends import note_refused
from chat.actions.thread_news import tell_moved
from chat.domain.answers import Sent
from chat.domain.audience import Audience
from chat.domain.commands import SendMessage
from chat.domain.entries import Entry, StaleRights, Stored
from chat.domain.errors import ImError, StoreUnavailable
from chat.store import get_store, observed, stages
from chat.store.base import EntryStore
from chat.store.direct import DirectStore, publish_now, publish_on_commit

logger = logging.getLogger(__name__)

WAIT_S = 30.0
_CHECKS = 5  # how often rights may change between a check and its commit

Publish = Callable[[Entry, Audience], None]
Then = Callable[[Sent | ImError], None]


def post_message(actor: Actor, command: SendMessage, then: Then) -> bool:
    """Post without waiting: no query, no await; any thread may call it.

    False: something that decides is not remembered (or is remembered and refuses, which may be
    old news). Nothing was done; call `post_message_looking_up` where queries may run.
    True: `then` was called or will be, once, from the writer's thread after the commit.
    """
    try:
        plan = _planned(actor, command)
    except ImError as refusal:
        then(refusal)
        return True
    if plan is None:
        return False
    _append(actor, command, plan, then)
    return True


def post_messages(
    actor: Actor, commands: Sequence[SendMessage], then: Callable[[list[Sent | ImError]], None]
) -> bool:
    """Post all or none without waiting: as post_message. `then` gets one outcome each, in order.

    Raises:
        ImError: the refusal of one of them; nothing was done.
    """
    plans = [_planned(actor, command) for command in commands]
    known = [plan for plan in plans if plan is not None]
    if len(known) < len(commands):
        return False
    if not commands:
        then([])
    outcomes: dict[int, Sent | ImError] = {}
    come = itertools.count(1)  # counts right from several threads

    def came(number: int, outcome: Sent | ImError) -> None:
        outcomes[number] = outcome
        if next(come) == len(commands):
            then(_noted(actor, commands, [outcomes[n] for n in range(len(commands))]))

    for number, plan in enumerate(known):
        _append(actor, commands[number], plan, partial(came, number))
    return True


def _planned(actor: Actor, command: SendMessage) -> Plan | None:
    """What to store, without a query; None: something that decides is not remembered, or refuses,
    which may be old news.

    Raises:
        ImError: a refusal that needs no look-up.
    """
    sender, command = check(actor, command)
    known = peek(actor, command, sender)
    if known is None or may_need_asking(actor, command):
        return None
    check_size(actor, command, known.settings)
    try:
        return make_plan(actor, command, sender, known)
    except ImError:
        return None


def post_message_looking_up(
    actor: Actor, command: SendMessage, then: Then, *, fresh: bool = True
) -> None:
    """The same where queries may run (the gateway's pool). `then` is called once."""
    try:
        plan = look_up(actor, command, fresh=fresh)
        if isinstance(plan, Plan):
            command, plan = _consult(actor, command, plan)
    except ImError as refusal:
        then(refusal)
        return
    if isinstance(plan, Sent):
        then(plan)
    else:
        _append(actor, command, plan, then)


def _consult(actor: Actor, command: SendMessage, plan: Plan) -> tuple[SendMessage, Plan | Sent]:
    """Ask the webhooks; a changed text is checked and planned anew."""
    answer = consult(actor, command, plan)
    if isinstance(answer, Sent):
        return command, answer
    if answer is command:
        return command, plan
    return answer, look_up(actor, answer, fresh=False)


def post_message_now(actor: Actor, command: SendMessage) -> Sent:
    """Post and wait for the commit (from sync code). Inside a transaction it joins that one.

    Raises:
        ImError: the refusal.
    """
    [outcome] = post_messages_now(actor, [command])
    if isinstance(outcome, ImError):
        raise outcome
    return outcome


def post_messages_now(actor: Actor, commands: Sequence[SendMessage]) -> list[Sent | ImError]:
    """Post several and wait for all: they share commits. One outcome each, in order."""
    # Waiting for the writer inside a transaction would wait for oneself: it needs the locks.
    store: EntryStore = DirectStore() if connection.in_atomic_block else get_store()
    outcomes: dict[int, Sent | ImError] = {}
    left = list(range(len(commands)))
    for attempt in range(_CHECKS):
        waiting: dict[int, tuple[Plan, Future[Stored | StaleRights | Exception]]] = {}
        fresh = attempt > 0
        pairs = read_pairs(actor, [commands[number] for number in left], fresh=fresh)
        for number in left:
            try:
                plan = look_up(actor, commands[number], fresh=fresh, pairs=pairs)
            except ImError as refusal:
                outcomes[number] = refusal
                continue
            if isinstance(plan, Sent):
                outcomes[number] = plan
                continue
            future: Future[Stored | StaleRights | Exception] = Future()
            store.append(plan.draft, partial(_outcome_came, plan, future))
            waiting[number] = plan, future
        left = []
        _give_connection_back()
        for number, (plan, future) in waiting.items():
            if (answer := _told(plan, _wait(future))) is None:
                left.append(number)
            else:
                outcomes[number] = answer
        if not left:
            break
    answers = [outcomes.get(number) or StoreUnavailable() for number in range(len(commands))]
    return _noted(actor, commands, answers)


def _noted(
    actor: Actor, commands: Sequence[SendMessage], answers: list[Sent | ImError]
) -> list[Sent | ImError]:
    for command, answer in zip(commands, answers, strict=True):
        if isinstance(answer, ImError):
            sender = actor.username or command.sender
            note_refused(actor.app.id, command, sender, answer, actor.via)
    return answers


def _give_connection_back() -> None:
    """The writer may need a connection: while all of the pool are held by those who wait for it,
    nobody would go on."""
    if "pool" in connection.settings_dict["OPTIONS"] and not connection.in_atomic_block:
        connection.close()


def _wait(
    future: "Future[Stored | StaleRights | Exception]",
) -> Stored | StaleRights | Exception:
    try:
        return future.result(WAIT_S)
    except WaitTimeout:
        return StoreUnavailable() if future.cancel() else future.result()


def _outcome_came(
    plan: Plan,
    future: "Future[Stored | StaleRights | Exception]",
    outcome: Stored | StaleRights | Exception,
) -> None:
    """What is stored after its caller was told that it failed still has its readers."""
    try:
        future.set_result(outcome)
    except InvalidStateError:
        _told(plan, outcome, publish_now)


def _append(actor: Actor, command: SendMessage, plan: Plan, then: Then, checks: int = 1) -> None:
    store = get_store()
    publish = publish_on_commit if isinstance(store, DirectStore) else publish_now
    is_refused = False

    def stored(outcome: Stored | StaleRights | Exception) -> None:
        nonlocal is_refused
        answer = _told(plan, outcome, publish)
        if is_refused:
            return  # its sender was told that it failed; its readers have it now
        is_refused = isinstance(outcome, StoreUnavailable)
        if answer is not None:
            then(answer)
        elif checks >= _CHECKS:
            then(StoreUnavailable())
        else:
            _rechecks.run(lambda: again())

    def again() -> None:
        try:
            new_plan = look_up(actor, command, fresh=True)
        except ImError as refusal:
            then(refusal)
            return
        if isinstance(new_plan, Sent):
            then(new_plan)
        else:
            _append(actor, command, new_plan, then, checks + 1)

    store.append(plan.draft, stored)


def _told(
    plan: Plan, outcome: Stored | StaleRights | Exception, publish: Publish = publish_on_commit
) -> Sent | ImError | None:
    """Publish what was stored, and the answer to its sender; None: look again at the rights."""
    match outcome:
        case Stored(entry, duplicate):
            if not duplicate:
                observed.count(entry.app_id, "up")
                if entry.is_recorded:
                    stages.stored(entry)
                publish(entry, plan.audience)
                if plan.parent_row:
                    tell_moved(entry, plan.parent_row, plan.audience.skip_device)
            return Sent(entry.id, entry.created_ms, duplicate)
        case StaleRights():
            return None
        case ImError():
            return outcome
        case _:
            logger.error("a message could not be stored", exc_info=outcome)
            return StoreUnavailable()


class _Rechecks:
    """New looks at rights that changed before the commit, in order, off the writer's thread."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, look: Callable[[], None]) -> None:
        if isinstance(get_store(), DirectStore):
            look()  # the caller's thread and transaction
            return
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="rights-recheck")
        self._pool.submit(self._look, look)

    @staticmethod
    def _look(look: Callable[[], None]) -> None:
        try:
            look()
        except Exception:
            logger.exception("a new look at rights failed")
        finally:
            connections.close_all()


_rechecks = _Rechecks()
