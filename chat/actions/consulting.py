"""Asking the app's webhooks before a client's message is stored."""

from django.db import connection
from msgspec.structs import replace

from accounts.domain.actor import Actor
from chat.actions.message_rules import Plan
from chat.domain.answers import Sent
from chat.domain.commands import SendMessage
from chat.domain.errors import Rejected
from chat.domain.targets import Conversation
from chat.store.clock import now_ms
from chat.store.direct import process_ids
from chat.webhooks.book import enabled_rules
from chat.webhooks.pre_send import Question, ask, asks
from chat.webhooks.rules import Rule


def may_need_asking(actor: Actor, command: SendMessage) -> bool:
    """Whether a rule may want this kind of message, or the rules are not remembered. No I/O.

    REST and the console are not asked about (rest.md 3.6.1).
    """
    if actor.is_app:
        return False
    rules = enabled_rules.peek(actor.app.id)
    if not rules:  # the usual: without the generator, as every message asks
        return rules is None
    return any(rule.kind == "pre" for rule in rules)


def consult(actor: Actor, command: SendMessage, plan: Plan) -> SendMessage | Sent:
    """The command to store: as it was, or with the text that a webhook put in its place. `Sent`:
    a webhook dropped it without telling the sender.

    Waits as long as the rules say; no database connection is held meanwhile.

    Raises:
        Rejected: a webhook refused, and says so.
    """
    if actor.is_app:
        return command
    question = _question(actor, command, plan.draft.conversation)
    rules: list[Rule] = asks(enabled_rules.of(actor.app.id), question)
    if not rules:
        return command
    if not connection.in_atomic_block:
        connection.close()
    try:
        body = ask(rules, question)
    except Rejected as refusal:
        if refusal.params.get("report", True):
            raise
        return Sent(process_ids.new_id(), now_ms())
    return command if body is command.body else replace(command, body=body, raw=None)


def _question(actor: Actor, command: SendMessage, where: Conversation) -> Question:
    sent_ms, ext = now_ms(), command.ext or {}
    return Question(actor.app.appkey, actor.username, where, command.body, ext, sent_ms)
