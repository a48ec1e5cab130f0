"""Groups and chatrooms: the lists, new ones, and the tabs of each.

Both kinds have the same pages; `RoomPages` makes the views of one kind.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import ImError
from chat.actions.room_members import add_members
from chat.actions.rooms import create_room
from chat.domain.answers import RoomInfo
from chat.domain.commands import AddMembers, CreateRoom
from chat.domain.targets import RoomKind, room_target
from chat.queries import rooms as queries
from imadmin.console import twins
from imadmin.console.access import (
    AppRequest,
    Role,
    View,
    app_actor,
    app_page,
)
from imadmin.console.actions.batches import portions
from imadmin.console.acts import Family, act_view, address, find_or_404, sample_of
from imadmin.console.apitwin import Call, path, twin
from imadmin.console.forms.chatrooms import ChatroomForm
from imadmin.console.forms.groups import GroupForm, RoomFilterForm
from imadmin.console.htmx import render_part, see_other
from imadmin.console.queries.rooms import with_day
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import RICH_SIZE, after, keyset_page, page_size
from imadmin.console.views.room_acts import acts_of
from imadmin.console.views.room_bulk import BULK_ROOM_ACTS, bulk_page
from imadmin.console.views.room_tabs import CONTENT

Json = dict[str, Any]
# The REST path below a room that a tab shows.
_TAILS = {
    "members": ("users",), "admins": ("admin",), "mutes": ("mute",), "blocks": ("blocks", "users"),
    "allow": ("white", "users"), "announcement": ("announcement",), "files": ("share_files",),
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """URL names and the like of one kind; the templates choose their sentences by `is_group`."""

    kind: RoomKind
    prefix: str  # of URL names: group, room
    list_name: str

    @property
    def is_group(self) -> bool:
        return self.kind == "group"


class RoomPages:
    """The views of one kind, by the tail of their URL names."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.family = Family(
            words.prefix,
            "rid",
            self._find,
            lambda room: {"room": room, "words": words, "tab": "settings"},
        )
        self.acts = {act.name: act_view(self.family, act) for act in acts_of(words.kind)}

    def _find(self, app: AppRef, room_id: str) -> RoomInfo:
        return queries.get_room(app, room_target(self.words.kind, room_id))

    def list_page(self) -> View:
        @app_page(see=Role.VIEWER, do=Role.OPERATOR)
        @require_safe
        def room_list(request: AppRequest) -> HttpResponse:
            form = RoomFilterForm(request.GET, app=request.app)
            wanted = form.cleaned_data if form.is_valid() else {}
            found = queries.search_rooms(
                request.app,
                self.words.kind,
                text=wanted.get("q", ""),
                member=wanted.get("member", ""),
                after=after(request),
                limit=page_size(request, RICH_SIZE),
            )
            rows = list(found.items)
            context = {
                "form": form,
                "page": keyset_page(request, with_day(request.app, rows), found.next),
                "target": "room-list",
                "words": self.words,
                "is_filtered": bool(wanted.get("q") or wanted.get("member")),
                "bulk_acts": BULK_ROOM_ACTS.items(),
            }
            return render_part(
                request, "console/rooms/list.html", "console/rooms/_list.html", context
            )

        return room_list

    def new_page(self) -> View:
        words = self.words
        form_class = GroupForm if words.is_group else ChatroomForm

        @app_page(see=Role.OPERATOR, do=Role.OPERATOR, action=f"{words.prefix}.create")
        @require_http_methods(["GET", "POST"])
        def room_new(request: AppRequest) -> HttpResponse:
            form = form_class(request.POST if request.method == "POST" else None, app=request.app)
            if form.is_valid():
                room = self._create(request, form)
                if room is not None:
                    messages.success(request, _("Created. Its id is below."))
                    url = address(request.app, f"{words.prefix}_detail", rid=room.room_id)
                    return see_other(request, f"{url}?new=1")
            sample = sample_of(form)
            calls = (
                twins.group_new(request.app, sample)
                if words.is_group
                else twins.chatroom_new(request.app, sample)
            )
            context = {
                "form": form,
                "words": words,
                "twin": twin(request, request.app.appkey, calls),
            }
            status = 422 if form.errors else 200
            return render(request, "console/rooms/new.html", context, status=status)

        return room_new

    def _create(self, request: AppRequest, form: GroupForm | ChatroomForm) -> RoomInfo | None:
        data = form.cleaned_data
        fields = {"owner": "owner", "peer_not_found": "members", "room_full": "maxusers"}
        try:
            with transaction.atomic():
                room = _made(app_actor(request), self.words.kind, data, form.changes_of(data))
        except ImError as exc:
            add_refusal(form, exc, fields)
            return None
        return room

    def bulk_page(self) -> View:
        return bulk_page(self.words.kind, self.words.list_name, self.words.prefix)

    def detail_page(self) -> View:
        @app_page(see=Role.VIEWER, do=Role.OPERATOR)
        @require_safe
        def room_detail(request: AppRequest, rid: str) -> HttpResponse:
            return self._show(request, self._room(request, rid), "overview")

        return room_detail

    def tab_page(self, tab: str) -> View:
        tell = CONTENT[tab]

        @app_page(see=Role.VIEWER, do=Role.OPERATOR)
        @require_safe
        def room_tab(request: AppRequest, rid: str) -> HttpResponse:
            room = self._room(request, rid)
            return self._show(request, room, tab, **tell(request, room))

        return room_tab

    def _room(self, request: AppRequest, rid: str) -> RoomInfo:
        found = find_or_404(self.family, request.app, rid)
        assert isinstance(found, RoomInfo)
        return found

    def _show(self, request: AppRequest, room: RoomInfo, tab: str, **more: Any) -> HttpResponse:
        context = {
            "room": room,
            "words": self.words,
            "tab": tab,
            "twin": twin(request, request.app.appkey, self._calls(room, tab)),
            **more,
        }
        return render(request, f"console/rooms/{tab}.html", context)

    def _calls(self, room: RoomInfo, tab: str) -> list[Call]:
        if tab == "attributes":
            return [Call("GET", path("metadata", "chatroom", room.room_id))]
        return [Call("GET", path(twins.ROOT[self.words.kind], room.room_id, *_TAILS.get(tab, ())))]


def _made(actor: Actor, kind: RoomKind, data: Json, fields: Json) -> RoomInfo:
    """Create it; members beyond one call's number are added in further calls."""
    first, *others = portions(data["members"], actor.app.settings.max_batch_members) or [()]
    room = create_room(
        actor,
        CreateRoom(kind, owner=data["owner"], members=tuple(first),
                   admins=tuple(data.get("admins", ())), **fields),
    )  # fmt: skip
    for part in others:
        add_members(actor, AddMembers(room_target(kind, room.room_id), tuple(part)))
    return room


GROUPS = RoomPages(Words("group", "group", "groups"))
CHATROOMS = RoomPages(Words("chatroom", "room", "rooms"))
