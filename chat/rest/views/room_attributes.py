"""Attributes of chatrooms (rest.md 3.9.12)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.rest.base import AppView
from accounts.rest.requests import raw_body
from chat.actions.room_attributes import (
    AttributeOutcome,
    remove_room_attributes,
    set_room_attributes,
)
from chat.domain.attributes import RemoveRoomAttributes, SetRoomAttributes
from chat.domain.errors import IllegalArgument
from chat.domain.targets import ToChatroom
from chat.queries.room_attributes import room_attributes
from chat.rest.fields import Fields, Json, string_pairs, unwrap

_AUTO_DELETE = {"DELETE": True, "NO_DELETE": False}


class RoomAttributesView(AppView):
    """POST /{org}/{app}/metadata/chatroom/{room_id}: read; no body reads all."""

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        keys = _keys(self)
        found = room_attributes(self.app, ToChatroom(room_id), keys, viewer=self.actor.username)
        return self.envelope(data=found)


class OwnRoomAttributesView(AppView):
    """PUT, DELETE /{org}/{app}/metadata/chatroom/{room_id}/user/{username}, and …/forced"""

    forced = False

    def put(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        fields = Fields(unwrap(self.body()), IllegalArgument)
        values = string_pairs(fields.values.get("metaData"))
        if values is None:
            raise IllegalArgument(detail="metaData must be an object of strings")
        auto_delete = _AUTO_DELETE.get((fields.text("autoDelete") or "DELETE").upper())
        if auto_delete is None:
            raise IllegalArgument(detail="autoDelete must be DELETE or NO_DELETE")
        command = SetRoomAttributes(
            ToChatroom(room_id), username, values, auto_delete, forced=self.forced
        )
        return self.envelope(data=_outcome(set_room_attributes(self.actor, command)), status="ok")

    def delete(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        command = RemoveRoomAttributes(
            ToChatroom(room_id), username, _keys(self), forced=self.forced
        )
        return self.envelope(
            data=_outcome(remove_room_attributes(self.actor, command)), status="ok"
        )


def _keys(view: AppView) -> tuple[str, ...]:
    """The `keys` of a body that may be missing altogether."""
    if not raw_body(view.request._request).strip():
        return ()
    return tuple(Fields(unwrap(view.body()), IllegalArgument).texts("keys"))


def _outcome(outcome: AttributeOutcome) -> Json:
    return {"successKeys": outcome.done, "errorKeys": outcome.failed}
