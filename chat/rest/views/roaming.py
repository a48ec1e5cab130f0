"""History for client SDKs: messages in the encoding of their own wire (msync.md 8.5)."""

import base64
from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from chat.domain.entries import Entry
from chat.domain.targets import Place, ToChatroom, ToGroup, ToUser
from chat.queries.roaming import RoamingFilter, roam
from chat.queries.rooms import find_room
from chat.rest.fields import Fields, integer
from chat.rest.sdk_view import SdkView

_ROOM_DOMAIN = "conference.easemob.com"

# (entry, "org#app") → the wire's bytes of one message. The project sets it: a wire encodes, and
# REST knows no wire.
encode_entry: Callable[[Entry, str], bytes] | None = None


class RoamingView(SdkView):
    """POST /{org}/{app}/users/{username}/messageroaming"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = Fields(self.json_object(), IllegalArgument)
        page = roam(self.actor, self._place(fields.text("queue") or ""), _filter(fields))
        if encode_entry is None:
            raise RuntimeError("no wire was named that encodes history")
        appkey = str(self.app.appkey)
        messages = [
            {"msg": base64.b64encode(encode_entry(entry, appkey)).decode()}
            for entry in page.entries
        ]
        last = str(page.last_id) if page.last_id else ""
        return self.envelope(data={"msgs": messages, "next_key": last, "is_last": page.is_last})

    def _place(self, queue: str) -> Place:
        """`id@easemob.com` or `id@conference.easemob.com`; older clients put the appkey before."""
        name, _, domain = queue.removeprefix(f"{self.app.appkey}_").partition("@")
        if not name:
            raise IllegalArgument(detail="queue must be provided")
        if domain != _ROOM_DOMAIN:
            return ToUser(name.lower())
        room = find_room(self.app, name)
        return ToChatroom(name) if room and room.kind == "chatroom" else ToGroup(name)


def _filter(fields: Fields) -> RoamingFilter:
    types = tuple(kind for kind in (fields.text("msgType") or "").split(",") if kind)
    return RoamingFilter(
        start=_positive(fields, "start"),
        limit=_positive(fields, "pull_number") or 20,
        oldest_first=bool(fields.flag("is_positive")),
        types=types,
        since_ms=_positive(fields, "startTime"),
        until_ms=_positive(fields, "endTime"),
        sender=fields.text("userId") or "",
    )


def _positive(fields: Fields, name: str) -> int:
    """A number above 0 and in a row's range; 0 for all else (-1 and "" mean: none)."""
    number = integer(fields.values.get(name)) or 0
    return number if 0 < number < 1 << 63 else 0
