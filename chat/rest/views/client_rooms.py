"""Groups and chatrooms as client SDKs join, leave and invite to them (msync.md 8.3, 8.4)."""

from django.http import HttpResponse
from rest_framework.request import Request

from chat.actions.room_members import (
    answer_invitation,
    answer_join_request,
    invite_members,
    join_room,
    leave_room,
)
from chat.domain.commands import (
    AnswerInvitation,
    AnswerJoinRequest,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
)
from chat.queries.rooms import count_joined, list_public_rooms, mutes_of
from chat.rest.fields import InvalidParameter
from chat.rest.paging import cursor_of, page_size
from chat.rest.room_answers import LIST_ID_KEY, MEMBER_ID_KEY, Json
from chat.rest.room_view import RoomView
from chat.rest.sdk_view import SdkRoomView

MAX_LIST = 100


class PublicGroupsView(RoomView):
    """GET /{org}/{app}/publicchatgroups"""

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        limit = page_size(self.params.get("limit"), 20, MAX_LIST)
        after = cursor_of(self.params)
        page = list_public_rooms(self.app, "group", after=after, limit=limit)
        # Newer clients read the first two names, older ones the others.
        items = [
            {
                "id": room.room_id,
                "name": room.name,
                "groupid": room.room_id,
                "groupname": room.name,
            }
            for room in page.items
        ]
        return self.envelope(data=items, count=len(items), cursor=page.next)


class JoinedCountView(RoomView):
    """GET /{org}/{app}/chatgroups/user/{username}/joined_count"""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self.envelope(data=count_joined(self.app, username, "group"))


class RoomApplyView(SdkRoomView):
    """POST /{org}/{app}/chatgroups/{room_id}/apply, and of chatrooms

    COMPAT web SDK 1.4.15 sends no body at all.
    """

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        message = (self.fields().text("message") or "") if request._request.body else ""
        join_room(self.actor, JoinRoom(self.target(room_id), message))
        return self.envelope(
            data={
                "result": True,
                "action": "apply",
                MEMBER_ID_KEY[self.kind]: room_id,
                "user": self.actor.username,
            }
        )


class RoomQuitView(SdkRoomView):
    """DELETE /{org}/{app}/chatgroups/{room_id}/quit, and of chatrooms"""

    def delete(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        leave_room(self.actor, LeaveRoom(self.target(room_id)))
        data = {"result": True, "action": "quit", LIST_ID_KEY[self.kind]: room_id}
        return self.envelope(data=data)


class GroupInviteView(SdkRoomView):
    """POST /{org}/{app}/chatgroups/{room_id}/invite"""

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        done = invite_members(self.actor, InviteMembers(self.target(room_id), self.usernames()))
        return self.envelope(data=self.outcomes(room_id, "invite", done, "groupid"))


class GroupApplyVerifyView(SdkRoomView):
    """POST /{org}/{app}/chatgroups/{room_id}/apply_verify"""

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        fields = self.fields()
        applicant = fields.text("applicant")
        if not applicant:
            raise InvalidParameter(detail="applicant must be provided")
        accept = bool(fields.flag("verifyResult"))
        command = AnswerJoinRequest(self.target(room_id), applicant.lower(), accept)
        answer_join_request(self.actor, command)
        return self.envelope(data=_answered(room_id))


class GroupInviteVerifyView(SdkRoomView):
    """POST /{org}/{app}/chatgroups/{room_id}/invite_verify"""

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        accept = bool(self.fields().flag("verifyResult"))
        answer_invitation(self.actor, AnswerInvitation(self.target(room_id), accept))
        return self.envelope(data=_answered(room_id))


def _answered(room_id: str) -> Json:
    return {"result": True, "action": "verify", "groupid": room_id}


class IsMutedView(RoomView):
    """GET /{org}/{app}/sdk/chatgroups/{room_id}/mute/{username}, and of chatrooms"""

    own_user = "username"

    def get(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        mutes = mutes_of(self.app, self.target(room_id), viewer=self.viewer)
        return self.envelope(data=any(mute.username == username.lower() for mute in mutes))
