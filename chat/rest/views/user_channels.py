"""Conversation lists of client SDKs, their pins and their deletion (msync.md 8.5; rest.md 3.6.11,
3.6.12)."""

import json
from contextlib import suppress
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.actor import Actor
from accounts.domain.errors import IllegalArgument
from accounts.queries.im_users import get_user
from accounts.rest.base import AppView
from accounts.rest.requests import given
from chat.actions.conversations import pin_conversation, remove_conversation
from chat.domain.answers import ConversationItem, ConversationPage
from chat.domain.commands import ListConversations
from chat.domain.entries import Entry
from chat.domain.errors import NotFound, NotMember
from chat.domain.listed import listed_message
from chat.domain.targets import Place, ToGroup, ToUser
from chat.queries.conversations import list_conversations
from chat.rest.fields import Fields
from chat.rest.message_requests import MalformedRequest
from chat.rest.paging import numbered_page, page_size
from chat.rest.sdk_view import SdkView

Json = dict[str, Any]
MAX_LIST = 200
_DOMAINS = {"pair": "easemob.com", "group": "conference.easemob.com"}


class OwnConversationsView(AppView):
    """A view of one user's conversations, for that user or the app."""

    own_user: ClassVar[str] = "username"

    def reader(self, username: str) -> Actor:
        """The user whose conversations they are, whoever calls."""
        user = get_user(self.app, username)
        return Actor(self.app, user.username, user.id, self.actor.device)


class UserChannelsView(OwnConversationsView):
    """GET /{org}/{app}/users/{username}/user_channels: the newest, without pages"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        found = list_conversations(self.reader(username), ListConversations(limit=MAX_LIST))
        appkey = str(self.app.appkey)
        shown = [_channel(item, appkey) for item in found.items if item.last_message]
        return self.envelope(data={"channel_infos": shown})


class UserChannelPageView(OwnConversationsView):
    """GET /{org}/{app}/users/{username}/user_channels/page: pages are numbered from 1"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        asked = numbered_page(request._request, 20, MAX_LIST, names=("pageNum", "pageSize"))
        start, size = asked.place["offset"], asked.place["limit"]
        command = ListConversations(after=asked.place["after"], limit=MAX_LIST)
        found = list_conversations(self.reader(username), command)
        page = [item for item in found.items if item.last_message][start : start + size]
        asked.ends_at(str(page[-1].last_message.id) if page and page[-1].last_message else "")
        appkey = str(self.app.appkey)
        return self.envelope(data={"channel_infos": [_channel(item, appkey) for item in page]})


def _channel(item: ConversationItem, appkey: str) -> Json:
    other = _id_of(item.place)
    domain = _DOMAINS.get(item.conversation.kind, "easemob.com")
    return {
        "channel_id": f"{appkey}_{other}@{domain}",
        "unread_num": item.unread,
        "meta": meta_form(item.last_message, appkey) if item.last_message else {},
    }


class ConversationListView(OwnConversationsView):
    """GET /{org}/{app}/sdk/user/{username}/user_channels/list, also of those on top only"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        asked = ListConversations(
            after=given(query, "cursor"), limit=page_size(query.get("limit"), 20, MAX_LIST)
        )
        actor = self.reader(username)
        if given(query, "is_top") == "true":
            everything = list_conversations(actor, ListConversations(limit=MAX_LIST)).items
            on_top = sorted(everything, key=lambda item: -item.pinned_ms)
            page = ConversationPage(tuple(item for item in on_top if item.pinned), "")
        else:
            page = list_conversations(actor, asked)
        appkey = str(self.app.appkey)
        infos = [conversation_info(item, appkey) for item in page.items]
        return self.envelope(data={"channel_infos": infos, "cursor": page.next})


def conversation_info(item: ConversationItem, appkey: str) -> Json:
    return {
        "session_to": _id_of(item.place),
        "session_type": "chat" if isinstance(item.place, ToUser) else "groupChat",
        "is_top": item.pinned,
        "update_top_status_time": item.pinned_ms,
        "unread_num": item.unread,
        "marks": list(item.marks),
        "meta": meta_form(item.last_message, appkey) if item.last_message else {},
    }


def _id_of(place: Place) -> str:
    match place:
        case ToUser(username):
            return username
        case ToGroup(group_id):
            return group_id
        case _:
            return ""


def meta_form(entry: Entry, appkey: str) -> Json:
    """A message in conversation lists: `payload` is JSON text."""
    made = listed_message(entry, appkey)
    return made | {"payload": json.dumps(made["payload"], ensure_ascii=False)}


class ConversationPinView(SdkView):
    """POST, DELETE /{org}/{app}/sdk/user/{username}/user_channel/top"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = Fields(self.json_object(), IllegalArgument)
        return self._pin(fields.text("to"), fields.text("type"), on=True)

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        return self._pin(query.get("to"), query.get("type"), on=False)

    def _pin(self, to: str | None, kind: str | None, *, on: bool) -> HttpResponse:
        pinned_ms = pin_conversation(self.actor, place_of(to, kind, "to"), on=on)
        answer = {"is_top": bool(pinned_ms), "update_top_status_time": pinned_ms}
        return self.envelope(data=answer)


class ConversationRemovalView(OwnConversationsView):
    """DELETE /{org}/{app}/users/{username}/user_channel, and /user/{username}/user_channel"""

    rate = "conversation_removals"

    def rated_user(self) -> str:
        return str(self.kwargs["username"]).lower()

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = Fields(self.json_object(MalformedRequest), IllegalArgument)
        place = place_of(fields.text("channel"), fields.text("type"), "channel")
        history_too = fields.flag("delete_roam")
        if history_too is None:
            raise IllegalArgument(detail="field delete_roam cannot be null")
        reader = self.reader(username)
        with suppress(NotFound, NotMember):  # no such conversation is success
            remove_conversation(reader, place, history_too=history_too)
        return self.envelope(data={"result": "ok"})


def place_of(to: str | None, kind: str | None, name: str) -> Place:
    if not to:
        raise IllegalArgument(detail=f"field {name} cannot be null or empty")
    match (kind or "").lower():
        case "chat":
            return ToUser(to.lower())
        case "groupchat":
            return ToGroup(to)
        case "":
            raise IllegalArgument(detail="field type cannot be null or empty")
        case _:
            raise IllegalArgument(detail="field type must be chat or groupchat")
