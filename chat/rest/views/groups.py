"""Groups as a whole: create, list, read, change, hand over, destroy (rest.md 3.8.1–3.8.10)."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.app_settings import AppSettings
from chat.actions.room_moderation import disable_group
from chat.actions.rooms import (
    create_room,
    destroy_room,
    transfer_room,
    update_room,
)
from chat.domain.answers import RoomInfo
from chat.domain.commands import (
    CreateRoom,
    DestroyRoom,
    DisableGroup,
    TransferRoom,
    UpdateRoom,
)
from chat.domain.targets import ToGroup
from chat.queries.rooms import (
    count_joined,
    get_rooms,
    is_member,
    list_joined_rooms,
    list_members,
    list_rooms,
)
from chat.rest.fields import Fields, InvalidParameter
from chat.rest.paging import cursor_of, is_numbered, numbered_page, page_size
from chat.rest.room_answers import (
    Json,
    group_detail,
    group_list_item,
    permission_of,
    rich_group,
)
from chat.rest.room_changes import changes_and_answer, check_known, new_owner, short_text
from chat.rest.room_view import RoomView

MAX_LIST = 1000
LARGE_MEMBERS = 1000  # what `scale: large` means when no `maxusers` comes with it

NAMES = ("groupname", "name")
DESCRIPTIONS = ("description", "desc")
APPROVALS = ("membersonly", "members_only", "approval")
_CHANGEABLE = frozenset(
    {
        *(*NAMES, *DESCRIPTIONS, *APPROVALS, "maxusers", "allowinvites", "invite_need_confirm"),
        *("public", "custom", "avatar", "need_verify"),
    }
)


class GroupsView(RoomView):
    """POST, GET /{org}/{app}/chatgroups"""

    token: ClassVar = {"POST": "user", "GET": "app"}

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        room = create_room(self.actor, self._creation(self.fields()))
        return self.envelope(data={"groupid": room.room_id})

    def _creation(self, fields: Fields) -> CreateRoom:
        owner = fields.text("owner")
        if not owner:
            raise InvalidParameter(detail="owner must be provided")
        self.require_self(owner)
        public = fields.flag("public")
        if public is None:
            raise InvalidParameter(detail="group must contain public field!")
        avatar = short_text(fields, "avatar", self.app.settings.max_avatar)
        most = fields.number("maxusers", least=1, most=self.app.settings.group_max_members)
        if most is None and fields.values.get("scale") == "large":
            most = LARGE_MEMBERS
        confirm = fields.flag("invite_need_confirm")
        return CreateRoom(
            kind="group",
            name=fields.text(*NAMES) or "",
            description=fields.text(*DESCRIPTIONS) or "",
            owner=owner.lower(),
            members=fields.names("members") or (),
            public=public,
            members_only=fields.flag(*APPROVALS) or False,
            allow_invites=fields.flag("allowinvites") or False,
            invite_need_confirm=True if confirm is None else confirm,
            max_members=most or 0,
            custom=short_text(fields, "custom", self.app.settings.group_max_custom) or "",
            avatar=avatar or "",
            room_id=fields.text("groupid") or "",
        )

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        limit = page_size(self.params.get("limit"), 10, MAX_LIST)
        page = list_rooms(self.app, "group", after=cursor_of(self.params), limit=limit)
        items = [group_list_item(self.app, room) for room in page.items]
        return self.envelope(data=items, count=len(items), cursor=page.next)


class GroupView(RoomView):
    """GET, PUT, DELETE /{org}/{app}/chatgroups/{room_id}; GET takes several ids"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        rooms = get_rooms(self.app, "group", self.ids(room_id), viewer=self.viewer)
        details = [self._detail(room) for room in rooms]
        return self.envelope(data=details, count=len(details))

    def _detail(self, room: RoomInfo) -> Json:
        target = ToGroup(room.room_id)
        members = list_members(self.app, target, limit=self.app.settings.max_shown_members).items
        detail = group_detail(room, members)
        if self.params.get("joined_time") == "true":
            times = {member.username: member.joined_ms for member in members}
            for entry in detail["affiliations"]:
                entry["joined_time"] = times[next(iter(entry.values()))]
        if permission := permission_of(room):
            detail["permission"] = permission
        return detail

    def put(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        fields = self.fields()
        if "newowner" in fields.values:
            transfer_room(self.actor, TransferRoom(self.target(room_id), new_owner(fields)))
            return self.envelope(data={"newowner": True})
        check_known(fields, _CHANGEABLE)
        changes, answer = _group_changes(fields, self.app.settings)
        update_room(self.actor, UpdateRoom(self.target(room_id), changes))
        return self.envelope(data=answer)

    def delete(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        destroy_room(self.actor, DestroyRoom(self.target(room_id)))
        return self.envelope(data={"success": True, "groupid": room_id})


def _group_changes(fields: Fields, settings: AppSettings) -> tuple[Json, Json]:
    """The changed Room fields, and the answer: true under the vendor's name of each."""
    wanted = {
        "name": ("groupname", fields.text(*NAMES)),
        "description": ("description", fields.text(*DESCRIPTIONS)),
        "max_members": (
            "maxusers",
            fields.number("maxusers", least=1, most=settings.group_max_members),
        ),
        "members_only": ("membersonly", fields.flag(*APPROVALS)),
        "allow_invites": ("allowinvites", fields.flag("allowinvites")),
        "invite_need_confirm": ("invite_need_confirm", fields.flag("invite_need_confirm")),
        "public": ("public", fields.flag("public")),
        "custom": ("custom", short_text(fields, "custom", settings.group_max_custom)),
        "avatar": ("avatar", short_text(fields, "avatar", settings.max_avatar)),
    }
    return changes_and_answer(fields, wanted)


class GroupSwitchView(RoomView):
    """POST /{org}/{app}/chatgroups/{room_id}/disable and /enable"""

    token = "app"  # noqa: S105 (a kind, not a secret)
    disabled = True

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        disable_group(self.actor, DisableGroup(ToGroup(room_id), self.disabled))
        return self.envelope(data={"disabled": self.disabled})


class GroupMembershipView(RoomView):
    """GET /{org}/{app}/chatgroups/{room_id}/user/{username}/is_joined"""

    def get(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        return self.envelope(data=is_member(self.app, ToGroup(room_id), username))


class RichJoinedGroupsView(RoomView):
    """GET /{org}/{app}/chatgroups/user/{username}: pages are numbered from 0"""

    rate = "joined_groups"
    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        asked = numbered_page(request._request, 5, 20, first=0)
        page = list_joined_rooms(self.app, username, "group", **asked.place)
        asked.ends_at(page.last)
        entities = [rich_group(room) for room in page.items]
        total = count_joined(self.app, username, "group")
        return self.envelope(entities, total=total, count=len(entities))


class JoinedGroupsView(RoomView):
    """GET /{org}/{app}/users/{username}/joined_chatgroups"""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        if is_numbered(self.params):
            asked = numbered_page(request._request, 10, 100)
            page = list_joined_rooms(self.app, username, "group", **asked.place)
            asked.ends_at(page.last)
        else:
            page = list_joined_rooms(self.app, username, "group", limit=500)
        items = [self._item(room) for room in page.items]
        return self.envelope(data=items, count=len(items))

    def _item(self, room: RoomInfo) -> Json:
        item: Json = {"groupid": room.room_id, "groupname": room.name}
        if self.viewer:  # what the client SDKs read (msync.md 8.3)
            item |= {
                "id": room.room_id,
                "name": room.name,
                "permission": permission_of(room),
                "disabled": room.disabled,
            }
        return item
