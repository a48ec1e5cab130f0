"""Marks that users put on their own conversations (msync.md 8.5)."""

import re
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from accounts.rest.requests import given
from chat.actions.conversations import mark_conversation
from chat.domain.commands import ListConversations
from chat.domain.errors import NotFound, NotMember
from chat.domain.targets import Place
from chat.queries.conversations import list_conversations
from chat.rest.fields import Fields
from chat.rest.paging import cursor_of, page_size
from chat.rest.sdk_view import SdkView
from chat.rest.views.user_channels import MAX_LIST, conversation_info, place_of

Json = dict[str, Any]
MAX_TARGETS = 20
_MARK = re.compile(r"mark_1?[0-9]", re.ASCII)  # the 20 that SDKs know


class ConversationMarksView(SdkView):
    """POST, DELETE /{org}/{app}/sdk/user/{username}/user_channels/mark"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self._mark(on=True)

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self._mark(on=False)

    def _mark(self, *, on: bool) -> HttpResponse:
        """`ignore` names the conversations that there are not."""
        body = self.json_object()
        mark = _mark(Fields(body, IllegalArgument).text("mark"))
        asked = body.get("targets")
        if not isinstance(asked, list) or not 0 < len(asked) <= MAX_TARGETS:
            raise IllegalArgument(detail=f"field targets must be 1 to {MAX_TARGETS} conversations")
        targets = [(target, _target(target)) for target in asked]
        ignored = [raw for raw, place in targets if not self._mark_one(place, mark, on=on)]
        return self.envelope(data={"ignore": ignored})

    def _mark_one(self, place: Place, mark: str, *, on: bool) -> bool:
        try:
            return mark_conversation(self.actor, place, mark, on=on)
        except (NotFound, NotMember):
            return False


class MarkedConversationsView(SdkView):
    """GET /{org}/{app}/sdk/user/{username}/user_channels/mark/search"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        asked = ListConversations(
            after=cursor_of(query),
            limit=page_size(query.get("limit"), 10, MAX_LIST),
            mark=_mark(given(query, "mark")),
        )
        page = list_conversations(self.actor, asked)
        appkey = str(self.app.appkey)
        infos = [conversation_info(item, appkey) for item in page.items]
        return self.envelope(data={"channel_infos": infos, "cursor": page.next})


def _mark(text: str | None) -> str:
    if not text or not _MARK.fullmatch(text):
        raise IllegalArgument(detail="field mark must be mark_0 to mark_19")
    return text


def _target(target: Any) -> Place:
    if not isinstance(target, dict):
        raise IllegalArgument(detail="field targets must hold objects")
    fields = Fields(target, IllegalArgument)
    return place_of(fields.text("to"), fields.text("type"), "to")
