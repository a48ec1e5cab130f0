"""Whether a message waits for a user (rest.md 3.2.13); what a user takes out of their own history
(rest.md 3.6.13, family E4)."""

from typing import Any, Literal

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.actor import Actor
from accounts.domain.errors import IllegalArgument
from accounts.queries.im_users import get_user
from accounts.rest.base import AppView
from accounts.rest.envelope import json_answer
from chat.actions.own_history import hide_everything, hide_messages
from chat.domain.commands import HideMessages
from chat.domain.targets import Place, ToUser
from chat.queries.conversations import is_delivered
from chat.queries.rooms import target_of
from chat.rest.fields import ids_in, integer
from chat.store.clock import now_ms

MAX_HIDDEN = 50


class HiddenListTooLong(IllegalArgument):
    code = "hidden_list_too_long"
    template = "delete msg list limit can not greater than 50"


class MissingParameter(IllegalArgument):
    code = "missing_parameter"
    template = "Bad Request"


class OwnView(AppView):
    """What is done on behalf of the user in the path, by them or by the app."""

    own_user = "username"

    def user(self, username: str) -> Actor:
        """Raises UserNotFound."""
        user = get_user(self.app, username)
        device = self.actor.device  # of the user; the app has none
        return Actor(self.app, user.username, user.id, device, via="rest")


class OfflineStatusView(OwnView):
    """GET /{org}/{app}/users/{username}/offline_msg_status/{message_id}"""

    token = "app"  # noqa: S105 (a kind, not a secret)
    own_user = ""

    def get(
        self, request: Request, org: str, app: str, username: str, message_id: str
    ) -> HttpResponse:
        number = integer(message_id)
        known = number if number is not None and 0 < number < 1 << 63 else 0
        waits = not is_delivered(self.app, username, known)
        return self.envelope(data={message_id: "undelivered" if waits else "delivered"})


class OwnHistoryView(OwnView):
    """DELETE /{org}/{app}/rest/message/roaming/{chat,group}/user/{username}

    Takes messages out of this user's own history.
    """

    kind: Literal["chat", "group"] = "chat"
    by_time = False

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        peer = (query.get("userId" if self.kind == "chat" else "groupId") or "").strip()
        if not peer:
            raise MissingParameter
        actor = self.user(username)
        quietly = (query.get("isNotify") or "").lower() in ("false", "0")
        if self.by_time:
            until = integer(query.get("delTime"))
            if until is None or until <= 0:
                raise MissingParameter
            command = HideMessages(
                self._place(peer), up_to_ms=min(until, (1 << 62)), quietly=quietly
            )
        else:
            ids = ids_in(query.get("msgIdList") or "")
            if not ids:
                raise MissingParameter
            if len(ids) > MAX_HIDDEN:
                raise HiddenListTooLong
            command = HideMessages(self._place(peer), message_ids=_numbers(ids), quietly=quietly)
        hide_messages(actor, command)
        return roaming_ok()

    def _place(self, peer: str) -> Place:
        if self.kind == "chat":
            return ToUser(peer)
        return target_of(self.app, peer)


class OwnHistoryByTimeView(OwnHistoryView):
    """DELETE, POST /{org}/{app}/rest/message/roaming/{chat,group}/user/{username}/time"""

    by_time = True

    def post(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.delete(request, *args, **kwargs)


class AllOwnHistoryView(OwnView):
    """POST /{org}/{app}/rest/message/roaming/user/{username}/delete/all"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        hide_everything(self.user(username))
        return roaming_ok()


def roaming_ok() -> HttpResponse:
    return json_answer({"requestStatusCode": "ok", "timestamp": now_ms()})


def _numbers(ids: tuple[str, ...]) -> tuple[int, ...]:
    numbers = (integer(one) for one in ids)
    return tuple(one for one in numbers if one is not None and 0 < one < 1 << 63)
