"""Chatrooms as a whole, and the app's super admins (rest.md 3.9.1–3.9.6, 3.9.9)."""

from django.http import HttpResponse
from rest_framework.request import Request

from chat.actions.rooms import (
    create_room,
    destroy_room,
    set_super_admin,
    transfer_room,
    update_room,
)
from chat.domain.answers import RoomInfo
from chat.domain.commands import (
    CreateRoom,
    DestroyRoom,
    SetSuperAdmin,
    TransferRoom,
    UpdateRoom,
)
from chat.domain.targets import RoomKind, ToChatroom
from chat.queries.rooms import (
    get_rooms,
    list_joined_rooms,
    list_members,
    list_rooms,
    page_super_admins,
)
from chat.rest.fields import Fields, InvalidParameter
from chat.rest.paging import cursor_of, is_numbered, numbered_page, page_size
from chat.rest.room_answers import (
    Json,
    chatroom_detail,
    chatroom_list_item,
)
from chat.rest.room_changes import changes_and_answer, check_known, new_owner, short_text
from chat.rest.room_view import RoomView, as_list_error

MAX_LIST = 1000
_MOST = 2**31 - 1  # the app's own limit has an error of its own

NAMES = ("name", "groupname")
DESCRIPTIONS = ("description", "desc")
_CHANGEABLE = frozenset({*NAMES, *DESCRIPTIONS, "maxusers", "custom", "need_verify"})


class ChatroomView(RoomView):
    """A view of chatrooms alone."""

    kind: RoomKind = "chatroom"


class ChatroomsView(ChatroomView):
    """POST, GET /{org}/{app}/chatrooms"""

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        room = create_room(self.actor, self._creation(self.fields()))
        return self.envelope(data={"id": room.room_id})

    def _creation(self, fields: Fields) -> CreateRoom:
        name, description = fields.text(*NAMES), fields.text(*DESCRIPTIONS)
        owner = fields.text("owner")
        if not name:
            raise InvalidParameter(detail="name must be provided")
        if description is None:
            raise InvalidParameter(detail="description must be provided")
        if not owner:
            raise InvalidParameter(detail="owner must be provided")
        self.require_self(owner)
        return CreateRoom(
            kind="chatroom",
            name=name,
            description=description,
            owner=owner.lower(),
            members=fields.names("members") or (),
            max_members=fields.number("maxusers", least=1, most=_MOST) or 0,
            custom=short_text(fields, "custom", self.app.settings.room_max_custom) or "",
        )

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        if is_numbered(self.params):
            asked = numbered_page(request._request, 20, MAX_LIST)
            page = list_rooms(self.app, "chatroom", **asked.place)
            asked.ends_at(page.last)
            cursor = ""
        else:
            limit = page_size(self.params.get("limit"), 10, MAX_LIST)
            page = list_rooms(self.app, "chatroom", after=cursor_of(self.params), limit=limit)
            cursor = page.next
        items = [chatroom_list_item(room) for room in page.items]
        return self.envelope(data=items, count=len(items), cursor=cursor)


class ChatroomDetailView(ChatroomView):
    """GET, PUT, DELETE /{org}/{app}/chatrooms/{room_id}; GET takes several ids"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        with as_list_error():
            rooms = get_rooms(self.app, "chatroom", self.ids(room_id), viewer=self.viewer)
        details = [self._detail(room) for room in rooms]
        return self.envelope(data=details, count=len(details))

    def _detail(self, room: RoomInfo) -> Json:
        target = ToChatroom(room.room_id)
        shown = list_members(self.app, target, limit=self.app.settings.max_shown_members)
        return chatroom_detail(room, shown.items)

    def put(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        fields = self.fields()
        if "newowner" in fields.values:
            transfer_room(self.actor, TransferRoom(self.target(room_id), new_owner(fields)))
            return self.envelope(data={"newowner": True})
        check_known(fields, _CHANGEABLE)
        wanted = {
            "name": ("groupname", fields.text(*NAMES)),
            "description": ("description", fields.text(*DESCRIPTIONS)),
            "max_members": ("maxusers", fields.number("maxusers", least=1, most=_MOST)),
            "custom": ("custom", short_text(fields, "custom", self.app.settings.room_max_custom)),
        }
        changes, answer = changes_and_answer(fields, wanted)
        if "groupname" in answer:  # rooms answer both spellings, whichever was sent
            answer["name"] = True
        update_room(self.actor, UpdateRoom(self.target(room_id), changes))
        return self.envelope(data=answer)

    def delete(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        destroy_room(self.actor, DestroyRoom(self.target(room_id)))
        return self.envelope(data={"success": True, "id": room_id})


class JoinedChatroomsView(ChatroomView):
    """GET /{org}/{app}/users/{username}/joined_chatrooms"""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        asked = numbered_page(request._request, MAX_LIST, MAX_LIST)
        page = list_joined_rooms(self.app, username, self.kind, **asked.place)
        asked.ends_at(page.last)
        items = [self._item(room) for room in page.items]
        return self.envelope(data=items, count=len(items))

    def _item(self, room: RoomInfo) -> Json:
        item: Json = {
            "id": room.room_id,
            "name": room.name,
            "disabled": str(room.disabled).lower(),
        }
        if self.params.get("detail") == "true":  # what the client SDKs read (msync.md 8.4)
            item |= {
                "title": room.name,
                "owner": f"{self.app.appkey}_{room.owner}",
                "created": room.created_ms,
                "description": room.description,
                "max_users": room.max_members,
            }
        return item


class SuperAdminsView(ChatroomView):
    """POST, GET /{org}/{app}/chatrooms/super_admin"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        name = self.fields().text("superadmin")
        if not name:
            raise InvalidParameter(detail="superadmin must be provided")
        set_super_admin(self.actor, SetSuperAdmin(name.lower(), on=True))
        return self.envelope(data={"result": "success", "resource": ""})

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        asked = numbered_page(request._request, 10, MAX_LIST)
        names, last = page_super_admins(self.app, **asked.place)
        asked.ends_at(last)
        return self.envelope(data=names, count=len(names))


class SuperAdminView(ChatroomView):
    """DELETE /{org}/{app}/chatrooms/super_admin/{username}"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        name = username.lower()
        set_super_admin(self.actor, SetSuperAdmin(name, on=False))
        # COMPAT the vendor names the removed one so (rest.md 3.9.9, "sic").
        return self.envelope(data={"newSuperAdmin": name, "resource": ""})
