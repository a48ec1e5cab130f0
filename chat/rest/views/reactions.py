"""Reactions to messages (rest.md 3.11, family E4)."""

from typing import ClassVar

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts.rest.base import AppView
from accounts.rest.envelope import json_answer, now_ms
from accounts.rest.requests import given
from chat.actions.reactions import add_reaction, remove_reaction
from chat.domain.errors import ReactionRefused
from chat.queries.reactions import ReactionInfo, list_reactions, reaction_page
from chat.rest.fields import Fields, Json, ids_in, integer, unwrap

MAX_MESSAGES = 20
MAX_USERS = 50
_MAX_ID = (1 << 63) - 1


class ReactionView(AppView):
    """Answers in family E4."""

    def ok(self, **parts: object) -> HttpResponse:
        return json_answer({"requestStatusCode": "ok", "timestamp": now_ms(), **parts})


class ReactionsView(ReactionView):
    """GET, POST, DELETE /{org}/{app}/reaction/user/{username}"""

    own_user: ClassVar[str] = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        ids = ids_in(given(request.GET, "msgIdList"))
        if len(ids) > MAX_MESSAGES:
            raise ReactionRefused(detail="msgIdList exceeds the maximum number limit")
        if given(request.GET, "msgType") == "groupchat" and not given(request.GET, "groupId"):
            raise ReactionRefused(detail="groupId can not be null!")
        numbers = [number for one in ids if (number := _id(one))]
        found: dict[int, list[Json]] = {}
        for info in list_reactions(self.app, numbers, username.lower()):
            found.setdefault(info.message_id, []).append(_reaction(info))
        return self.ok(
            data=[
                {"msgId": str(number), "reactionList": found[number]}
                for number in numbers
                if number in found
            ]
        )

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = Fields(unwrap(self.body()), ReactionRefused)
        message_id, reaction = fields.text("msgId"), fields.text("message")
        row, message = add_reaction(self.actor, _id(message_id), reaction or "", username)
        zone = timezone.get_current_timezone()
        is_pair = message.conversation.kind == "pair"
        return self.ok(
            data={
                "id": str(row.pk),
                "msgId": str(message.id),
                "msgType": "chat" if is_pair else "groupchat",
                "groupId": None if is_pair else message.conversation.room_id,
                "reaction": row.reaction,
                "createdAt": row.created_at.astimezone(zone).isoformat(timespec="milliseconds"),
                "updatedAt": row.modified_at.astimezone(zone).isoformat(timespec="milliseconds"),
            }
        )

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        message_id = _id(given(request.GET, "msgId"))
        remove_reaction(self.actor, message_id, request.GET.get("message") or "", username)
        return self.ok()


class ReactionDetailView(ReactionView):
    """GET /{org}/{app}/reaction/user/{username}/detail"""

    own_user: ClassVar[str] = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        # COMPAT web SDK 4.x says pageSize and currentPage (msync.md 8.5).
        limit = integer(given(request.GET, "limit") or given(request.GET, "pageSize"))
        if limit is not None and limit > MAX_USERS:
            raise ReactionRefused(detail="Limit exceeds the maximum quantity limit")
        info, after = reaction_page(
            self.app,
            _id(given(request.GET, "msgId")),
            request.GET.get("message") or "",
            username.lower(),
            after=_id(given(request.GET, "cursor") or given(request.GET, "currentPage")),
            limit=limit if limit and limit > 0 else MAX_USERS,
        )
        return self.ok(data=_reaction(info) | ({"cursor": str(after)} if after else {}))


def _id(text: str | None) -> int:
    """A message id or cursor; 0 for what is none."""
    number = integer(text) or 0
    return number if 0 < number <= _MAX_ID else 0


def _reaction(info: ReactionInfo) -> Json:
    return {
        "reactionId": str(info.id),
        "reaction": info.reaction,
        "count": info.count,
        "state": info.mine,
        "userList": info.users,
    }
