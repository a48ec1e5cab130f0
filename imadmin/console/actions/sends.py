"""Sending from the console: the job and its audit entry first, then the messages, then how it went.

The job and its audit entry are committed before a message goes to the writer, so that a send whose
process died is visible as one without an outcome.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actions.audit import add_outcome, note
from accounts.domain.actor import Actor
from accounts.models import Operator
from accounts.rest.errors import rest_error
from chat.actions.message_rules import check_content
from chat.actions.messages import post_messages_now
from chat.domain.answers import Sent
from chat.domain.bodies import parse_body
from chat.domain.commands import SendMessage
from chat.domain.errors import ImError
from chat.domain.events import MessageOptions
from chat.domain.targets import Target, ToChatroom, ToGroup, ToUser
from imadmin.console.actions.client_sends import client_id_of, post_as_client
from imadmin.console.models import SendItem, SendJob

Json = dict[str, Any]
AUDIT = "message.send"
NO_OUTCOME = "no_outcome"
INTERRUPTED = timedelta(minutes=2)  # longer than any send takes
OUTCOME = ("message_id", "error", "error_text", "http_status", "http_error")


def start_send(actor: Actor, operator: Operator, spec: Json) -> SendJob:
    """Commit a job with one item a target, and its audit entry.

    `spec`: path (rest; client: as the sender's own device), from, to_type (user, group, chatroom),
    to, type, body, ext, options (copy_to_sender, online_only, level, need_group_ack).

    Raises:
        IllegalBody: the body is not one of its type. MessageTooLarge: with its ext it is longer
            than the app allows. Nothing is stored then.
    """
    body = parse_body(spec["type"], spec["body"], strict=True)
    check_content(actor, body, spec["ext"], actor.app.settings)
    with transaction.atomic():
        job = SendJob.objects.create(app_id=actor.app.id, operator=operator, spec=spec)
        SendItem.objects.bulk_create(SendItem(job=job, target=name) for name in spec["to"])
        diff = {
            "path": [None, path_of(spec)],
            "from": [None, spec["from"] or "admin"],
            "to": [None, ", ".join(spec["to"][:20])],
            "type": [None, spec["type"]],
            "targets": [0, len(spec["to"])],
        }
        note(AUDIT, actor.app, "send", str(job.pk), diff)
    return job


def path_of(spec: Json) -> str:
    """How a send goes out: rest or client."""
    return str(spec.get("path") or "rest")


def run_send(actor: Actor, job: SendJob, token: str = "") -> None:
    """Post the messages of the targets without an outcome, and keep what became of each.

    A message that is stored already, by a process that died before it said so, is not stored
    again: its client id is the target's. Call it outside a transaction.
    `token`: of the sender, for the path client (`client_sends.token_of_sender`).
    """
    items = list(_open_items(job))
    began = perf_counter()
    if path_of(job.spec) == "client":
        _by_client(actor, job, items, token)
    else:
        _by_rest(actor, job, items)
    job.took_ms = math.ceil((perf_counter() - began) * 1000)
    with transaction.atomic():
        SendItem.objects.bulk_update(items, OUTCOME)
        sent = _settle(job)
        add_outcome(actor.app, AUDIT, str(job.pk), {"sent": [0, sent]})


def is_interrupted(job: SendJob) -> bool:
    """Whether the process that sent it ended before it said how it went."""
    return job.state == "running" and timezone.now() - job.created_at > INTERRUPTED


@transaction.atomic
def close_send(actor: Actor, job: SendJob) -> None:
    """Give up an interrupted send: nobody knows of the targets without an outcome."""
    count = _open_items(job).update(error=NO_OUTCOME, error_text="Nobody knows how it went.")
    _settle(job)
    note("message.send.close", actor.app, "send", str(job.pk), {"unknown": [count, 0]})


def _open_items(job: SendJob) -> QuerySet[SendItem]:
    return job.items.filter(message_id=None, error="").order_by("pk")


def _settle(job: SendJob) -> int:
    """Set the job's state by its targets; how many got the message."""
    items = list(job.items.all())
    failed = sum(bool(item.error) for item in items)
    job.state = "failed" if failed == len(items) else "partial" if failed else "done"
    job.save(update_fields=["state", "took_ms"])
    return len(items) - failed


def _by_rest(actor: Actor, job: SendJob, items: Sequence[SendItem]) -> None:
    outcomes = post_messages_now(actor, [command_of(job.spec, item) for item in items])
    for item, outcome in zip(items, outcomes, strict=True):
        match outcome:
            case Sent():
                item.message_id = outcome.message_id
            case ImError():
                item.error, item.error_text = outcome.code, str(outcome)[:300]
                item.http_status, item.http_error = rest_error(outcome)


def _by_client(actor: Actor, job: SendJob, items: Sequence[SendItem], token: str) -> None:
    answers = post_as_client(actor.app, job, items, token)
    for item, answer in zip(items, answers, strict=True):
        item.message_id = answer.message_id
        item.error, item.error_text = answer.error[:48], answer.text[:300]


def command_of(spec: Json, item: SendItem) -> SendMessage:
    options = spec["options"]
    return SendMessage(
        target=_target(spec["to_type"], item.target),
        client_id=client_id_of(item),
        body=parse_body(spec["type"], spec["body"], strict=True),
        ext=spec["ext"],
        sender=spec["from"],
        online_only=options["online_only"],
        copy_to_sender=options["copy_to_sender"],
        is_watched=True,
        options=MessageOptions(need_group_ack=options["need_group_ack"], level=options["level"]),
    )


def _target(to_type: str, name: str) -> Target:
    match to_type:
        case "group":
            return ToGroup(name)
        case "chatroom":
            return ToChatroom(name)
        case _:
            return ToUser(name)
