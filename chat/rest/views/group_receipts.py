"""Who has read a group message (rest.md 3.6.14)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.rest.requests import given
from chat.domain.targets import ToGroup
from chat.queries.group_receipts import readers_of
from chat.rest.fields import integer
from chat.rest.paging import page_size
from chat.rest.room_view import RoomView
from chat.store.clock import now_ms

MAX_LIST = 500


class GroupReceiptsView(RoomView):
    """GET /{org}/{app}/chatgroups/{room_id}/acks/{message_id}?limit&key"""

    def get(
        self, request: Request, org: str, app: str, room_id: str, message_id: str
    ) -> HttpResponse:
        page = readers_of(
            self.app,
            ToGroup(room_id),
            _id(message_id),
            after=_id(given(self.params, "key")),
            limit=page_size(self.params.get("limit"), MAX_LIST, MAX_LIST),
            viewer=self.viewer,
        )
        data = {
            "ackmid": message_id,
            "userlist": list(page.usernames),
            "total": page.total,
            "is_last": not page.next,
            "next_key": page.next,
            "timestamp": now_ms(),
        }
        return self.envelope(data=data)


def _id(text: str) -> int:
    """0 for what is no id."""
    number = integer(text)
    return number if number is not None and 0 < number < 1 << 63 else 0
