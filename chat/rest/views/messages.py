"""Sending and recalling messages as a customer's backend does (rest.md 3.6.1–3.6.3, 3.6.6)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.actor import Actor
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import IllegalArgument, ImError
from accounts.rest.base import AppView, Then
from accounts.rest.envelope import Json
from accounts.rest.requests import read_json
from chat.actions.recalls import recall_message
from chat.domain.errors import MessageNotFound, MessageTooLarge, NotItsTarget, RecallTooLate
from chat.rest.message_requests import (
    MalformedRequest,
    MessageRecallRefused,
    MessageSendRefused,
    RecallRequest,
    SendRequest,
    TargetType,
    parse_legacy_send,
    parse_recall,
    parse_send,
)
from chat.rest.sending import RATES, send_to_all, send_without_waiting


class SendView(AppView):
    """POST /{org}/{app}/messages/users, /messages/chatgroups, /messages/chatrooms"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    hot = frozenset({"POST"})
    target_type: TargetType = "users"

    def rate_kind(self, request: Request) -> str:
        return RATES[self.target_type]

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = self._parsed(self.body(MalformedRequest))
        try:
            return self.envelope(data=send_to_all(self.actor, asked))
        except MessageTooLarge as exc:
            raise MessageSendRefused(detail=str(exc)) from None

    def answer_quickly(self, body: bytes, then: Then, **names: str) -> bool:
        def sent(answer: Json | ImError) -> None:
            then(answer if isinstance(answer, ImError) else {"data": answer})

        asked = self._parsed(read_json(body, MalformedRequest))
        return send_without_waiting(self.actor, asked, sent)

    def _parsed(self, body: object) -> SendRequest:
        most = _most_targets(self.app.settings)[self.target_type]
        return parse_send(body, self.target_type, most)


class LegacySendView(AppView):
    """POST /{org}/{app}/messages"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = parse_legacy_send(self.body(), _most_targets(self.app.settings))
        try:
            ids = send_to_all(self.actor, asked)
        except MessageTooLarge as exc:
            raise IllegalArgument(detail=str(exc)) from None
        if request.query_params.get("useMsgId", "").lower() == "true":
            return self.envelope(data=ids)
        return self.envelope(data=dict.fromkeys(ids, "success"))


class RecallView(AppView):
    """POST /{org}/{app}/messages/msg_recall"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = parse_recall(self.body(MalformedRequest))
        _recall(self.actor, asked)
        return self.envelope(data=asked.echo("yes"))


class LegacyRecallView(AppView):
    """POST /{org}/{app}/messages/recall: several at once, each with its own outcome."""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        messages = self.json_object(MalformedRequest).get("msgs")
        if not isinstance(messages, list) or not messages:
            raise MessageRecallRefused(detail="param msgs can't be empty")
        asked = [parse_recall(message) for message in messages]
        return self.envelope(data={"msgs": [one.echo(_outcome(self.actor, one)) for one in asked]})


def _recall(actor: Actor, asked: RecallRequest) -> None:
    if asked.command is not None:
        recall_message(actor, asked.command)
    elif not asked.force:  # an id that is no number names no message
        raise MessageNotFound


def _outcome(actor: Actor, asked: RecallRequest) -> str:
    try:
        _recall(actor, asked)
    except (MessageNotFound, NotItsTarget):
        return "not_found msg"
    except RecallTooLate:
        return "exceed call time limit"
    return "yes"


def _most_targets(settings: AppSettings) -> dict[TargetType, int]:
    return {
        "users": settings.max_targets_users,
        "chatgroups": settings.max_targets_groups,
        "chatrooms": settings.max_targets_rooms,
    }
