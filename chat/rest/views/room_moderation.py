"""Block list, allow list, mutes and announcement (rest.md 3.8.15–3.8.18, 3.9.10, 3.9.11)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from chat.actions.room_moderation import (
    allow_members,
    block_members,
    mute_all,
    mute_members,
    set_announcement,
    unblock_members,
    unmute_members,
)
from chat.domain.commands import (
    AllowMembers,
    BlockMembers,
    MuteAll,
    MuteMembers,
    SetAnnouncement,
    UnblockMembers,
    UnmuteMembers,
)
from chat.queries.rooms import allowed_in, blocked_in, find_member, get_room, mutes_of
from chat.rest.fields import InvalidParameter, integer, names_in
from chat.rest.room_answers import LIST_ID_KEY
from chat.rest.room_view import RoomView

FOR_EVER = -1


class RoomBlocksView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/blocks/users, and of chatrooms"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        names = blocked_in(self.app, self.target(room_id), viewer=self.viewer)
        return self.envelope(data=names, count=len(names))

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        done = block_members(self.actor, BlockMembers(self.target(room_id), self.usernames()))
        id_key = LIST_ID_KEY[self.kind]
        return self.envelope(data=self.outcomes(room_id, "add_blocks", done, id_key))


class RoomBlockView(RoomView):
    """POST, DELETE /{org}/{app}/chatgroups/{room_id}/blocks/users/{username}, and of chatrooms

    DELETE takes several names.
    """

    @property
    def wants_list(self) -> bool:
        """COMPAT web SDK 4.21: sends version=v3 and reads a list, of one too (msync.md 8.3)."""
        return self.params.get("version") == "v3"

    def post(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        command = BlockMembers(self.target(room_id), (username.lower(),))
        done = block_members(self.actor, command)
        id_key = LIST_ID_KEY[self.kind]
        answers = self.outcomes(room_id, "add_blocks", done, id_key)
        return self.envelope(data=answers if self.wants_list else answers[0])

    def delete(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        command = UnblockMembers(self.target(room_id), names_in(username))
        done = unblock_members(self.actor, command)
        answers = self.outcomes(room_id, "remove_blocks", done, LIST_ID_KEY[self.kind])
        several = "," in username or self.wants_list
        return self.envelope(data=answers if several else answers[0])


class RoomAllowListView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/white/users, and of chatrooms"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        names = allowed_in(self.app, self.target(room_id), viewer=self.viewer)
        return self.envelope(data=names, count=len(names))

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        command = AllowMembers(self.target(room_id), self.usernames(), on=True)
        done = allow_members(self.actor, command)
        id_key = LIST_ID_KEY[self.kind]
        return self.envelope(data=self.outcomes(room_id, "add_user_whitelist", done, id_key))


class RoomAllowedView(RoomView):
    """GET, POST, DELETE /{org}/{app}/chatgroups/{room_id}/white/users/{username}, and of chatrooms

    DELETE takes several names and always answers an array.
    """

    def get(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        member = find_member(self.app, self.target(room_id), username, viewer=self.viewer)
        data = {
            "member": member is not None,
            "white": member is not None and member.allow_listed,
            "user": username.lower(),
        }
        return self.envelope(data=data)

    def post(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        command = AllowMembers(self.target(room_id), (username.lower(),), on=True)
        done = allow_members(self.actor, command)
        id_key = LIST_ID_KEY[self.kind]
        return self.envelope(data=self.outcomes(room_id, "add_user_whitelist", done, id_key)[0])

    def delete(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        command = AllowMembers(self.target(room_id), names_in(username), on=False)
        done = allow_members(self.actor, command)
        id_key = LIST_ID_KEY[self.kind]
        return self.envelope(data=self.outcomes(room_id, "remove_user_whitelist", done, id_key))


class RoomMutesView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/mute, and of chatrooms"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        mutes = mutes_of(self.app, self.target(room_id), viewer=self.viewer)
        items = [{"user": mute.username, "expire": mute.expires_ms} for mute in mutes]
        return self.envelope(data=items, count=len(items))

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        names = self.usernames()
        duration_ms = integer(self.fields().values.get("mute_duration"))
        if duration_ms is None or not (duration_ms > 0 or duration_ms == FOR_EVER):
            raise InvalidParameter(detail="mute_duration must be milliseconds, or -1 for ever")
        muted = mute_members(self.actor, MuteMembers(self.target(room_id), names, duration_ms))
        items = [
            {"result": True, "expire": mute.expires_ms, "user": mute.username} for mute in muted
        ]
        return self.envelope(data=items)


class RoomMuteView(RoomView):
    """DELETE /{org}/{app}/chatgroups/{room_id}/mute/{username}, and of chatrooms; several names"""

    def delete(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        names = names_in(username)
        unmute_members(self.actor, UnmuteMembers(self.target(room_id), names))
        return self.envelope(data=[{"result": True, "user": name} for name in names])


class RoomBanView(RoomView):
    """POST, DELETE /{org}/{app}/chatgroups/{room_id}/ban, and of chatrooms: mute everybody"""

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        mute_all(self.actor, MuteAll(self.target(room_id), on=True))
        # COMPAT the vendor answers a room's ban as if it were a PUT (rest.md 3.9.10).
        action = "put" if self.kind == "chatroom" else "post"
        return self.envelope(data={"mute": True}, action=action)

    def delete(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        mute_all(self.actor, MuteAll(self.target(room_id), on=False))
        return self.envelope(data={"mute": False})


class RoomAnnouncementView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/announcement, and of chatrooms"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        # The member list is what decides who may read; of a public group not even the details do.
        find_member(self.app, self.target(room_id), self.viewer, viewer=self.viewer)
        room = get_room(self.app, self.target(room_id))
        return self.envelope(data={"announcement": room.announcement})

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        text = self.fields().text("announcement")
        if text is None:
            raise IllegalArgument(detail="announcement is null")
        set_announcement(self.actor, SetAnnouncement(self.target(room_id), text))
        return self.envelope(data={"id": room_id, "result": True})
