"""Several groups or chatrooms at once: send to them, or delete them once a page named them."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.domain.errors import NotFound
from chat.actions.rooms import destroy_room
from chat.domain.commands import DestroyRoom
from chat.domain.targets import RoomKind, room_target
from chat.queries.rooms import get_rooms
from imadmin.console.access import AppRequest, Role, View, app_actor, app_page
from imadmin.console.acts import address
from imadmin.console.htmx import see_other

BULK_ROOM_ACTS = {"send": gettext_lazy("Send to"), "delete": gettext_lazy("Delete")}
MOST = 200  # a page of the list


def bulk_page(kind: RoomKind, list_name: str, prefix: str) -> View:
    @app_page(see=Role.OPERATOR, do=Role.OPERATOR, action=f"{prefix}.delete")
    @require_POST
    def room_bulk(request: AppRequest) -> HttpResponse:
        """POST with `rooms` and `act`: the confirmation; with `confirm` it is done, or nothing."""
        ids, act = (
            list(dict.fromkeys(request.POST.getlist("rooms")))[:MOST],
            request.POST.get("act", ""),
        )
        here = address(request.app, list_name)
        try:
            rooms = get_rooms(request.app, kind, ids) if ids else []
        except NotFound:
            rooms = []
        if act not in BULK_ROOM_ACTS or not rooms:
            messages.error(request, _("Tick rows first."))
            return see_other(request, here)
        if act == "send":
            query = urlencode({"to_type": kind, "to": ", ".join(room.room_id for room in rooms)})
            return see_other(request, f"{address(request.app, 'send')}?{query}")
        if "confirm" in request.POST:
            with transaction.atomic():
                for room in rooms:
                    destroy_room(app_actor(request), DestroyRoom(room_target(kind, room.room_id)))
            messages.success(request, _deleted(kind, len(rooms)))
            return see_other(request, here)
        context: dict[str, Any] = {
            "rooms": rooms,
            "members": sum(room.member_count for room in rooms),
            "bulk_url": request.path,
            "cancel_url": here,
        }
        return render(request, "console/rooms/bulk.html", context)

    return room_bulk


def _deleted(kind: RoomKind, count: int) -> str:
    if kind == "group":
        said = ngettext("%(n)d group deleted.", "%(n)d groups deleted.", count)
    else:
        said = ngettext("%(n)d chatroom deleted.", "%(n)d chatrooms deleted.", count)
    return said % {"n": count}
