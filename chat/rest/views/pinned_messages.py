"""Messages that client SDKs pin for everyone of a conversation (msync.md 8.5)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from accounts.rest.requests import given
from chat.actions.pins import pin_message
from chat.domain.targets import Place, ToChatroom
from chat.queries.pins import list_pins
from chat.rest.fields import Fields, integer
from chat.rest.paging import cursor_of, page_size
from chat.rest.sdk_view import SdkView
from chat.rest.views.user_channels import meta_form, place_of

MAX_PAGE = 50
_MAX_ID = (1 << 63) - 1


class PinnedMessagesView(SdkView):
    """GET, POST, DELETE /{org}/{app}/sdk/user/{username}/user_channel/pin"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        pins, after = list_pins(
            self.actor,
            _place(given(query, "to"), given(query, "type")),
            after=_number(cursor_of(query)),
            limit=page_size(query.get("limit"), 10, MAX_PAGE),
        )
        appkey = str(self.app.appkey)
        infos = [
            {
                "message": meta_form(pin.message, appkey),
                "pin_opt_at": pin.at_ms,
                "pin_operator": pin.by,
            }
            for pin in pins
        ]
        return self.envelope(data={"msg_infos": infos, "cursor": str(after) if after else ""})

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self._pin(on=True)

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self._pin(on=False)

    def _pin(self, *, on: bool) -> HttpResponse:
        fields = Fields(self.json_object(), IllegalArgument)
        place = _place(fields.text("to"), fields.text("type"))
        message_id = _number(fields.text("pin_msg_id"))
        if not message_id:
            raise IllegalArgument(detail="field pin_msg_id is not a message id")
        pin_message(self.actor, place, message_id, on=on)
        return self.envelope(data={"result": "ok"})


def _place(to: str | None, kind: str | None) -> Place:
    if to and (kind or "").lower() == "chatroom":
        return ToChatroom(to)
    return place_of(to, kind, "to")


def _number(text: str | None) -> int:
    number = integer(text) or 0
    return number if 0 < number <= _MAX_ID else 0
