"""Directed messages, broadcasts, edits and imports (rest.md 3.6.4, 3.6.5, 3.6.7, 3.6.8)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from accounts.rest.base import AppView
from chat.actions.broadcasts import broadcast
from chat.actions.edits import edit_message
from chat.actions.imports import import_message
from chat.domain.errors import MessageTooLarge
from chat.domain.targets import ToChatroom
from chat.rest.message_changes import parse_edit, parse_import
from chat.rest.message_requests import (
    MalformedRequest,
    MessageSendRefused,
    TargetType,
    parse_broadcast,
    parse_directed,
)
from chat.rest.sending import RATES, send_to_all


class DirectedSendView(AppView):
    """POST /{org}/{app}/messages/chatgroups/users, /messages/chatrooms/users

    Only the named members of the room get the message, and no history holds it.
    """

    token = "app"  # noqa: S105 (a kind, not a secret)

    target_type: TargetType = "chatgroups"

    def rate_kind(self, request: Request) -> str:
        return RATES[self.target_type]

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = parse_directed(
            self.body(MalformedRequest),
            self.target_type,
            self.app.settings.max_directed_users,
        )
        try:
            return self.envelope(data=send_to_all(self.actor, asked))
        except MessageTooLarge as exc:
            raise MessageSendRefused(detail=str(exc)) from None


class BroadcastView(AppView):
    """POST /{org}/{app}/messages/chatrooms/broadcast

    The id is a JSON number, as the vendor's is.
    """

    rate = "broadcasts"
    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = parse_broadcast(self.body())
        try:
            sent = broadcast(self.actor, asked.command_to(ToChatroom("")))
        except MessageTooLarge as exc:
            raise IllegalArgument(detail=str(exc)) from None
        return self.envelope(data={"id": sent.message_id})


class EditView(AppView):
    """PUT /{org}/{app}/messages/rewrite/{message_id}"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def put(self, request: Request, org: str, app: str, message_id: str) -> HttpResponse:
        command = parse_edit(message_id, self.body(MalformedRequest))
        try:
            edit_message(self.actor, command)
        except MessageTooLarge as exc:
            raise IllegalArgument(detail=str(exc)) from None
        return self.envelope(data="success")


class ImportView(AppView):
    """POST /{org}/{app}/messages/users/import, /messages/chatgroups/import

    The message is in history and the conversation list; nobody is told.
    """

    token = "app"  # noqa: S105 (a kind, not a secret)

    target_type: TargetType = "users"

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        command = parse_import(self.body(MalformedRequest), self.target_type)
        try:
            sent = import_message(self.actor, command)
        except MessageTooLarge as exc:
            raise IllegalArgument(detail=str(exc)) from None
        return self.envelope(data={"msg_id": str(sent.message_id)})
