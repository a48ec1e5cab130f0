"""What each tab of a group or chatroom shows."""

from collections.abc import Callable
from typing import Any

from chat.domain.answers import RoomInfo
from chat.domain.targets import RoomKind, ToChatroom, room_target
from chat.live.online import online_users
from chat.queries import rooms as queries
from chat.queries.name_pages import (
    page_admins,
    page_allowed,
    page_blocked,
    page_mutes,
    page_requests,
)
from chat.queries.room_attributes import room_attributes
from chat.queries.shared_files import list_shared_files
from imadmin.console.access import AppRequest, may_read_bodies
from imadmin.console.forms.chatrooms import AttributeForm
from imadmin.console.forms.fields import AppForm
from imadmin.console.forms.groups import (
    AnnouncementForm,
    MembersForm,
    MuteForm,
    OneUserForm,
    SharedFileForm,
)
from imadmin.console.queries.messages import messages_in
from imadmin.console.queries.rooms import member_rows
from imadmin.console.tables import (
    RICH_SIZE,
    after,
    after_number,
    keyset_page,
    numbered_page,
    page_size,
)

Json = dict[str, Any]

COMMON = ("members", "admins", "mutes", "blocks", "allow", "announcement", "messages")
OWN: dict[RoomKind, tuple[str, ...]] = {"group": ("requests", "files"), "chatroom": ("attributes",)}


def tabs_of(kind: RoomKind) -> tuple[str, ...]:
    return (*COMMON, *OWN[kind])


def _target(room: RoomInfo) -> queries.RoomTarget:
    return room_target(room.kind, room.room_id)


def _members(request: AppRequest, room: RoomInfo) -> Json:
    size = page_size(request, RICH_SIZE)
    found = queries.list_members(request.app, _target(room), after=after(request), limit=size)
    rows = member_rows(request.app, found.items, online_users)
    page = keyset_page(request, rows, found.next, room.member_count)
    return {"page": page, "form": MembersForm(app=request.app)}


def _listed(
    read: Callable[..., tuple[list[Any], int]], form: type[AppForm]
) -> Callable[[AppRequest, RoomInfo], Json]:
    """A tab that is a list of names, with a form that takes more."""

    def tab(request: AppRequest, room: RoomInfo) -> Json:
        lines, more = read(request.app, _target(room), after_number(request), page_size(request))
        return {"page": keyset_page(request, lines, more), "form": form(app=request.app)}

    return tab


def _announcement(request: AppRequest, room: RoomInfo) -> Json:
    form = AnnouncementForm(initial={"announcement": room.announcement}, app=request.app)
    return {"form": form}


def _messages(request: AppRequest, room: RoomInfo) -> Json:
    rows, more = messages_in(
        request.app,
        _target(room),
        before=after_number(request),
        limit=page_size(request, RICH_SIZE),
        with_body=may_read_bodies(request),
    )
    return {"page": keyset_page(request, rows, more)}


def _requests(request: AppRequest, room: RoomInfo) -> Json:
    """Applications of users, and invitations that wait for the invited."""
    size = page_size(request, RICH_SIZE)
    waiting, more = page_requests(request.app, _target(room), after_number(request), size)
    return {
        "page": keyset_page(request, waiting, more),
        "applications": [one for one in waiting if not one.invited_by],
        "invitations": [one for one in waiting if one.invited_by],
    }


def _files(request: AppRequest, room: RoomInfo) -> Json:
    size, start = page_size(request), after_number(request)
    found, _ = list_shared_files(request.app, _target(room), offset=start, limit=size + 1)
    more = start + size if len(found) > size else 0
    return {
        "page": keyset_page(request, found[:size], more),
        "form": SharedFileForm(app=request.app),
        "bodies": may_read_bodies(request),
    }


def _attributes(request: AppRequest, room: RoomInfo) -> Json:
    """Their values may be long: a page shows how each begins."""
    values = list(room_attributes(request.app, ToChatroom(room.room_id)).items())
    page = numbered_page(request, values, page_size(request, RICH_SIZE))
    return {"page": page, "form": AttributeForm(app=request.app)}


CONTENT: dict[str, Callable[[AppRequest, RoomInfo], Json]] = {
    "members": _members,
    "admins": _listed(page_admins, OneUserForm),
    "mutes": _listed(page_mutes, MuteForm),
    "blocks": _listed(page_blocked, MembersForm),
    "allow": _listed(page_allowed, MembersForm),
    "announcement": _announcement,
    "messages": _messages,
    "requests": _requests,
    "files": _files,
    "attributes": _attributes,
}
