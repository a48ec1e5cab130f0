"""History for client SDKs: messages in the encoding of their own wire (msync.md 8.5)."""

import base64
from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from chat.domain.answers import ThreadOverview
from chat.domain.entries import Entry
from chat.domain.listed import listed_message
from chat.domain.targets import Place, ToUser
from chat.queries.roaming import RoamingFilter, roam
from chat.queries.rooms import target_of
from chat.queries.threads import overviews_below
from chat.rest.fields import Fields, Json, integer
from chat.rest.sdk_view import SdkView

_ROOM_DOMAIN = "conference.easemob.com"

# (entry, "org#app", what is told of the thread below it) → the wire's bytes of one message. The
# project sets it: a wire encodes, and REST knows no wire.
encode_entry: Callable[[Entry, str, Json | None], bytes] | None = None


class RoamingView(SdkView):
    """POST /{org}/{app}/users/{username}/messageroaming"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = Fields(self.json_object(), IllegalArgument)
        page = roam(self.actor, self._place(fields.text("queue") or ""), _filter(fields))
        if encode_entry is None:
            raise RuntimeError("no wire was named that encodes history")
        appkey = str(self.app.appkey)
        ids = [entry.id for entry in page.entries if entry.conversation.kind == "group"]
        below = overviews_below(self.app, ids) if ids else {}
        messages = []
        for entry in page.entries:
            thread = below.get(entry.id)
            made = encode_entry(entry, appkey, _overview(thread, appkey) if thread else None)
            messages.append({"msg": base64.b64encode(made).decode()})
        last = str(page.last_id) if page.last_id else ""
        return self.envelope(data={"msgs": messages, "next_key": last, "is_last": page.is_last})

    def _place(self, queue: str) -> Place:
        """`id@easemob.com` or `id@conference.easemob.com`; older clients put the appkey before."""
        name, _, domain = queue.removeprefix(f"{self.app.appkey}_").partition("@")
        if not name:
            raise IllegalArgument(detail="queue must be provided")
        if domain != _ROOM_DOMAIN:
            return ToUser(name.lower())
        return target_of(self.app, name)


def _overview(found: ThreadOverview, appkey: str) -> Json:
    """Source: msync.md 5.3, `thread_overview`; what of it SDK 4.21.1 reads."""
    thread, last = found.thread, found.last
    return {
        "id": thread.thread_id,
        "muc_parent_id": thread.group_id,
        "name": thread.name,
        "last_message": {} if last is None else listed_message(last, appkey),
        "create_timestamp": thread.created_ms,
        "update_timestamp": thread.created_ms if last is None else last.created_ms,
        "message_count": found.messages,
    }


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
