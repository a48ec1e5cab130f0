"""Asking a webhook before a client's message is stored: with a deadline and a default."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from accounts.domain.ids import Appkey
from chat.domain.bodies import Body
from chat.domain.errors import Rejected
from chat.domain.targets import Conversation
from chat.webhooks.payloads import pre_send_body
from chat.webhooks.post_send import call
from chat.webhooks.rules import MESSAGE_KINDS, Rule, selected

MAX_ANSWER_CHARACTERS = 1000
MAX_TEXT_BYTES = 1024
DEFAULT_CODE = "custom logic denied"


@dataclass(frozen=True, slots=True)
class Question:
    """A message on its way in."""

    appkey: Appkey
    sender: str
    conversation: Conversation
    body: Body
    ext: dict[str, Any]
    now_ms: int

    @property
    def selector(self) -> str:
        family = {
            "pair": "chat",
            "group": "groupchat",
            "chatroom": "chatroom",
            "thread": "groupchat",
        }
        kind = self.body.type if self.body.type in MESSAGE_KINDS else "unknown"
        return f"{family[self.conversation.kind]}:{kind}"


def asks(rules: tuple[Rule, ...], question: Question) -> list[Rule]:
    """The rules that want to be asked, in the order of their making."""
    return [rule for rule in rules if rule.kind == "pre" and selected(rule, question.selector)]


def ask(rules: list[Rule], question: Question) -> Body:
    """The body to store: the given one, or with the text that a rule put in its place.

    Waits as long as the rules say; call it from a thread that may.

    Raises:
        Rejected: a rule refused, or gave no good answer and blocks by default. Its `report` says
            whether the sender is told the reason.
    """
    body = question.body
    for rule in rules:
        body = _ask_one(rule, question, body)
    return body


def _ask_one(rule: Rule, question: Question, body: Body) -> Body:
    call_id = f"{question.appkey}_{uuid.uuid4()}"
    asked = pre_send_body(
        question.appkey, call_id, question.now_ms, question.sender, question.conversation, body,
        question.ext,
    )  # fmt: skip
    outcome = call(rule, asked, timeout_s=rule.wait_ms / 1000)
    verdict = None if outcome.error else _verdict(outcome.answer)
    if verdict is None:
        if rule.pass_by_default:
            return body
        raise Rejected(reason=DEFAULT_CODE, report=rule.report_to_sender)
    if not verdict["valid"]:
        code = verdict.get("code")
        reason = code if isinstance(code, str) and code else DEFAULT_CODE
        raise Rejected(reason=reason, report=rule.report_to_sender)
    return _replaced(body, verdict.get("payload"))


def _verdict(answer: str) -> dict[str, Any] | None:
    """The answer as an object with a boolean `valid`; None for anything else."""
    if len(answer) > MAX_ANSWER_CHARACTERS:
        return None
    try:
        found = json.loads(answer)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("valid"), bool):
        return None
    return found


def _replaced(body: Body, payload: object) -> Body:
    """Only a text may be changed, and only into one of at most 1 KB."""
    if body.type != "txt" or not isinstance(payload, dict):
        return body
    bodies = payload.get("bodies")
    first = bodies[0] if isinstance(bodies, list) and bodies else payload
    text = first.get("msg") if isinstance(first, dict) else None
    if not isinstance(text, str) or len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        return body
    return Body("txt", {**body.fields, "msg": text})
