"""Mutes of users in the whole app (rest.md 3.2.14)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument, ImError
from accounts.rest.base import AppView
from accounts.rest.envelope import Json
from chat.actions.user_mutes import MAX_SECONDS, mute_user
from chat.domain.affiliations import FOREVER_MS
from chat.domain.commands import MuteUser
from chat.domain.targets import ConversationKind
from chat.queries.user_mutes import UserMuteInfo, list_mutes, mutes_of_user
from chat.rest.fields import Fields
from chat.rest.paging import numbered_page
from chat.store.clock import now_ms

MAX_PAGE = 50
KEYS: dict[str, ConversationKind] = {
    "chat": "pair",
    "groupchat": "group",
    "chatroom": "chatroom",
}
_KEY_OF = {kind: key for key, kind in KEYS.items()}


class UsernameRequired(IllegalArgument):
    code = "username_required"
    template = "Entity user requires a property named username"


class UserMutesView(AppView):
    """GET, POST /{org}/{app}/mutes"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        fields = Fields(self.json_object(), IllegalArgument)
        username = _required(fields)
        asked = {kind: fields.number(key, least=-1, most=MAX_SECONDS) for key, kind in KEYS.items()}
        seconds = {kind: value for kind, value in asked.items() if value is not None}
        mute_user(self.actor, MuteUser(username, seconds))
        return self.envelope(data={"result": "ok"})

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = numbered_page(request._request, 10, MAX_PAGE, names=("pageNum", "pageSize"))
        mutes, last = list_mutes(self.app, **asked.place)
        asked.ends_at(last)
        now = now_ms()
        listed = [{"username": m.username, _KEY_OF[_kind(m)]: _left_s(m, now)} for m in mutes]
        return self.envelope(data={"data": listed, "unixtime": now // 1000}, count=len(listed))


class UserMuteView(AppView):
    """GET /{org}/{app}/mutes/{username}"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        now = now_ms()
        data: Json = dict.fromkeys(KEYS, 0)
        for mute in mutes_of_user(self.app, username):
            data[_KEY_OF[_kind(mute)]] = _left_s(mute, now)
        data |= {"userid": f"{self.app.appkey}_{username.lower()}", "unixtime": now // 1000}
        return self.envelope(data=data)


def _required(fields: Fields) -> str:
    try:
        name = fields.text("username")
    except ImError:
        raise UsernameRequired from None
    if not name:
        raise UsernameRequired
    return name


def _kind(mute: UserMuteInfo) -> ConversationKind:
    return next(kind for kind in KEYS.values() if kind == mute.kind)


def _left_s(mute: UserMuteInfo, now: int) -> int:
    return -1 if mute.until_ms == FOREVER_MS else max(0, (mute.until_ms - now + 999) // 1000)
