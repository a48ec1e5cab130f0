"""Sending as the sender's own client: signed in at this server's gateway, over the native wire.

What is asked of a client is asked here too (block lists, friends, mutes, membership, hooks before
sending), because it is one: a device whose name begins with VIRTUAL_DEVICES, so that it takes
nobody's place, and what it sends is watched. It confirms nothing that comes to it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidHandshake

from accounts.actions.tokens import user_token_by_id
from accounts.domain.actor import AppRef
from chat.domain.commands import CONSOLE_CLIENT_ID, VIRTUAL_DEVICES
from imadmin.console.actions.scenarios import self_urls
from imadmin.console.models import SendItem, SendJob
from imadmin.testclient.native import Lost, NativeClient, Refused

Json = dict[str, Any]
MAX_TARGETS = 50  # a client sends to one at a time
TOKEN_S = 300
ALL_S = 60.0  # for the log-in and all answers
NOT_REACHED, NO_ANSWER = "gateway_not_reached", "no_answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said to one message: an id, or a refusal's code and its English."""

    message_id: int | None = None
    error: str = ""
    text: str = ""


def token_of_sender(app: AppRef, username: str) -> str:
    """A short-lived token for the sender; it never leaves the server.

    Raises:
        IllegalUsername, UsernameTooLong, AccountNotFound, UserDisabled.
    """
    return user_token_by_id(app, username, TOKEN_S).token


def device_of(job: SendJob) -> str:
    """The name of the device that a job's messages come from."""
    return f"{VIRTUAL_DEVICES}send-{job.pk}"


def client_id_of(item: SendItem) -> str:
    """The same for every try; the message log knows the console's messages by it."""
    return f"{CONSOLE_CLIENT_ID}{item.job_id}-{item.pk}"


def post_as_client(
    app: AppRef, job: SendJob, items: Sequence[SendItem], token: str
) -> list[Answer]:
    """Sign in as the job's sender, send to each item's target in order, sign out.

    It waits for all answers; the caller must not hold the event loop or a transaction.
    """
    return asyncio.run(_post(app, job, items, token))


async def _post(app: AppRef, job: SendJob, items: Sequence[SendItem], token: str) -> list[Answer]:
    _rest, sockets = self_urls()
    spec = job.spec
    client = NativeClient(
        f"{sockets}/ws/native/",
        str(app.appkey),
        spec["from"],
        token=token,
        device=device_of(job),
        client={"type": "console", "sdk": "imadmin.testclient"},
    )
    answers = [Answer(error=NO_ANSWER, text="No answer came in time.")] * len(items)
    try:
        async with asyncio.timeout(ALL_S):
            await client.connect()
            asked = [client.start("send", **_request(spec, item)) for item in items]
            for number, answer in enumerate(asked):
                answers[number] = await _heard(answer)
    except TimeoutError:
        pass
    except Refused as refusal:
        answers = [Answer(error=refusal.code, text=refusal.message)] * len(items)
    except (Lost, OSError, InvalidHandshake) as exc:
        answers = [Answer(error=NOT_REACHED, text=str(exc))] * len(items)
    finally:
        await client.close()
    return answers


async def _heard(answer: "asyncio.Future[Json]") -> Answer:
    try:
        return Answer(message_id=int((await answer)["id"]))
    except Refused as refusal:
        return Answer(error=refusal.code, text=refusal.message)
    except Lost as lost:
        return Answer(error=NO_ANSWER, text=str(lost))


def _request(spec: Json, item: SendItem) -> Json:
    made: Json = {
        "id": client_id_of(item),
        "to": {"type": spec["to_type"], "id": item.target},
        "body": {"type": spec["type"], **spec["body"]},
    }
    if spec["ext"] is not None:
        made["ext"] = spec["ext"]
    if spec["options"]["online_only"]:
        made["online_only"] = True
    return made
