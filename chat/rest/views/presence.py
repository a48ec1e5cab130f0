"""What users show of themselves, and who watches whom (rest.md 3.5; family E3)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.actor import Actor
from accounts.domain.errors import IllegalArgument
from accounts.queries.im_users import find_user, get_user
from accounts.rest.base import AppView
from accounts.rest.envelope import Json, json_answer
from chat.actions.presence import (
    presence_of,
    set_presence,
    subscribe_presence,
    unsubscribe_presence,
)
from chat.domain.answers import PresenceInfo
from chat.domain.commands import SetPresence, SubscribePresence, UnsubscribePresence
from chat.domain.errors import BatchTooLarge, OneselfRefused, PresenceDisabled
from chat.domain.targets import room_target
from chat.live.online import online_users
from chat.queries.presence import watched_by
from chat.queries.room_members import member_ids
from chat.rest.fields import clean_names, integer
from chat.rest.paging import numbered_page

MAX_STATUS = 32
LIST, MAX_LIST = 100, 500


class PresenceView(AppView):
    """What every presence call shares: whose it is, and answers under `result`."""

    rate = "presence"
    own_user = "username"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.app.settings.presence_enabled:
            raise PresenceDisabled

    def result(self, value: object) -> HttpResponse:
        return json_answer({"result": value})

    def watcher(self, username: str) -> Actor:
        """The user on whose behalf it is done. Raises UserNotFound."""
        user = get_user(self.app, username)
        return Actor(self.app, user.username, user.id, via="rest")

    def usernames(self, missing: str) -> tuple[str, ...]:
        """`usernames`, `users` or a bare array. Raises IllegalArgument with `missing`."""
        body = self.body()
        if isinstance(body, dict):
            body = body.get("usernames", body.get("users"))
        refusal = IllegalArgument(detail=missing)
        if not isinstance(body, list):
            raise refusal
        names = clean_names(body, lambda: refusal)
        if not names:
            raise refusal
        return names


class PresenceStatusView(PresenceView):
    """POST /{org}/{app}/users/{username}/presence/{resource}/{status}"""

    def post(
        self, request: Request, org: str, app: str, username: str, resource: str, status: str
    ) -> HttpResponse:
        ext = self.json_object().get("ext")
        if not isinstance(ext, str):
            raise IllegalArgument(detail="ext cannot be null")
        if len(status) > MAX_STATUS or len(resource) > 128:
            raise IllegalArgument(detail="the status or the resource is too long")
        user = self.watcher(username)
        device = Actor(self.app, user.username, user.user_id, device=resource, via="rest")
        set_presence(device, SetPresence(status, ext))
        return self.result("ok")


class PresenceSubscriptionView(PresenceView):
    """POST /{org}/{app}/users/{username}/presence/{expiry}: watch users for so many seconds"""

    def post(
        self, request: Request, org: str, app: str, username: str, expiry: str
    ) -> HttpResponse:
        names = self.usernames("usernames is empty")
        ttl_s = integer(expiry) or 0
        most_s = self.app.settings.max_presence_ttl_s
        if not 0 < ttl_s <= most_s:
            raise IllegalArgument(detail=f"expiry must be from 1 to {most_s} seconds")
        watcher = self.watcher(username)
        try:
            seen = subscribe_presence(watcher, SubscribePresence(names, ttl_s))
        except OneselfRefused:
            raise IllegalArgument(detail="you can't sub yourself") from None
        except BatchTooLarge as exc:
            raise IllegalArgument(detail=str(exc)) from None
        return self.result([_shown(one, with_expiry=True) for one in seen])


class PresencesView(PresenceView):
    """POST, DELETE /{org}/{app}/users/{username}/presence: look at users, stop watching them"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        names = self.usernames("usernames is empty")
        if len(names) > self.app.settings.max_batch_names:
            raise IllegalArgument(detail="too many get presences")
        return self.result([_shown(one) for one in presence_of(self.app, list(names))])

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        names = self.usernames("usernames cannot be null")
        user = find_user(self.app, username)
        watcher = Actor(self.app, user.username, user.id) if user else Actor(self.app)
        try:
            unsubscribe_presence(watcher, UnsubscribePresence(names))
        except BatchTooLarge as exc:
            raise IllegalArgument(detail=str(exc)) from None
        return self.result("ok")


class WatchedView(PresenceView):
    """GET /{org}/{app}/users/{username}/presence/sublist?pageNum&pageSize"""

    own_user = ""  # anybody may read it (rest.md 1.4)

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        asked = numbered_page(request._request, LIST, MAX_LIST, names=("pageNum", "pageSize"))
        items, total = watched_by(self.app, username, **asked.place)
        asked.ends_at(items[-1][0] if items else "")
        listed = [{"uid": name, "expiry": str(at_ms // 1000)} for name, at_ms in items]
        return self.result({"totalnum": str(total), "sublist": listed})


class OnlineMembersView(AppView):
    """GET /{org}/{app}/presence/online/{room_id}/type/{kind}: 1 is a group, 0 a chatroom"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, room_id: str, kind: str) -> HttpResponse:
        if kind not in {"0", "1"}:
            raise IllegalArgument(detail="Type must be 0 or 1.")
        target = room_target("group" if kind == "1" else "chatroom", room_id)
        here = online_users(self.app.id, member_ids(self.app, target))
        return json_answer({"result": len(here)})


def _shown(presence: PresenceInfo, *, with_expiry: bool = False) -> Json:
    """Times are seconds in decimal text."""
    made: Json = {
        "uid": presence.username,
        "last_time": str(presence.last_seen_ms // 1000),
        "ext": presence.ext,
        "status": dict(presence.devices),
    }
    return made | ({"expiry": str(presence.expires_ms // 1000)} if with_expiry else {})
