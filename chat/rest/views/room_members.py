"""Members and admins of groups and chatrooms (rest.md 3.8.11–3.8.14, 3.9.7, 3.9.8)."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from chat.actions.room_members import add_members, remove_members
from chat.actions.room_roles import set_admin
from chat.domain.affiliations import Affiliation
from chat.domain.answers import MemberInfo
from chat.domain.commands import AddMembers, RemoveMembers, SetAdmin
from chat.queries.rooms import admins_of, list_members
from chat.rest.fields import InvalidParameter, names_in
from chat.rest.paging import cursor_of, is_numbered, numbered_page, page_size
from chat.rest.room_answers import MEMBER_ID_KEY, Json, member_entry
from chat.rest.room_view import RoomView, as_list_error

MAX_LIST = 1000
_RANK_KEYS = {Affiliation.OWNER: "owner", Affiliation.ADMIN: "admin"}


class RoomMembersView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/users, and of chatrooms"""

    token: ClassVar = {"GET": "user", "POST": "app"}

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        with as_list_error():
            if self.params.get("joined_time") == "true":
                return self._with_times(room_id)
            if self.params.get("version") == "v3" and not is_numbered(self.params):
                return self._names(room_id)
            return self._numbered(room_id)

    def _numbered(self, room_id: str) -> HttpResponse:
        asked = numbered_page(self.request._request, MAX_LIST, MAX_LIST)
        page = list_members(
            self.app,
            self.target(room_id),
            newest_first=self.params.get("sort") == "desc",
            viewer=self.viewer,
            **asked.place,
        )
        asked.ends_at(page.last)
        items = [member_entry(member) for member in page.items]
        return self.envelope(data=items, count=len(items))

    def _names(self, room_id: str) -> HttpResponse:
        """COMPAT official Java SDK: strings, and the owner is left out (rest.md 3.8.11)."""
        page = list_members(
            self.app,
            self.target(room_id),
            after=cursor_of(self.params),
            limit=page_size(self.params.get("limit"), MAX_LIST, MAX_LIST),
            newest_first=self.params.get("sort") == "desc",
            with_owner=False,
            viewer=self.viewer,
        )
        names = [member.username for member in page.items]
        return self.envelope(data=names, count=len(names), cursor=page.next)

    def _with_times(self, room_id: str) -> HttpResponse:
        """COMPAT web SDK 4.13+ getGroupMembers: ranks and times, by cursor (msync.md 8.3)."""
        page = list_members(
            self.app,
            self.target(room_id),
            after=cursor_of(self.params),
            limit=page_size(self.params.get("limit"), MAX_LIST, MAX_LIST),
            viewer=self.viewer,
        )
        items = [_with_time(member) for member in page.items]
        return self.envelope(data=items, count=len(items), cursor=page.next)

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        added = add_members(self.actor, AddMembers(self.target(room_id), self.usernames()))
        data = {"newmembers": added, MEMBER_ID_KEY[self.kind]: room_id, "action": "add_member"}
        return self.envelope(data=data)


def _with_time(member: MemberInfo) -> Json:
    key = _RANK_KEYS.get(member.affiliation, "member")
    return {key: member.username, "joined_time": member.joined_ms}


class RoomMemberView(RoomView):
    """POST, DELETE /{org}/{app}/chatgroups/{room_id}/users/{username}, and of chatrooms

    DELETE takes several names, and answers an array when there is a comma.
    """

    def post(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        name = username.lower()
        add_members(self.actor, AddMembers(self.target(room_id), (name,)))
        data = {
            "result": True,
            MEMBER_ID_KEY[self.kind]: room_id,
            "action": "add_member",
            "user": name,
        }
        return self.envelope(data=data)

    def delete(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        command = RemoveMembers(self.target(room_id), names_in(username))
        done = remove_members(self.actor, command)
        answers = self.outcomes(room_id, "remove_member", done, MEMBER_ID_KEY[self.kind])
        return self.envelope(data=answers if "," in username else answers[0])


class RoomAdminsView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/admin, and of chatrooms"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        names = admins_of(self.app, self.target(room_id), viewer=self.viewer)
        return self.envelope(data=names, count=len(names))

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        name = (self.fields().text("newadmin") or "").lower()
        if not name:
            raise InvalidParameter(detail="newadmin must be provided")
        set_admin(self.actor, SetAdmin(self.target(room_id), name, on=True))
        return self.envelope(data={"result": "success", "newadmin": name})


class RoomAdminView(RoomView):
    """DELETE /{org}/{app}/chatgroups/{room_id}/admin/{username}, and of chatrooms"""

    def delete(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        name = username.lower()
        set_admin(self.actor, SetAdmin(self.target(room_id), name, on=False))
        return self.envelope(data={"result": "success", "oldadmin": name})
