"""What is suggested as one types usernames, or the names and ids of groups and chatrooms."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.domain.actor import AppRef
from accounts.queries.im_user_pages import names_starting
from accounts.queries.im_users import find_users
from chat.domain.targets import RoomKind
from chat.queries.rooms import known_rooms, rooms_starting
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.forms.fields import SEPARATORS, TO_TYPE

KINDS: dict[str, tuple[RoomKind, ...]] = {
    "group": ("group",),
    "chatroom": ("chatroom",),
    "room": ("group", "chatroom"),
}
LEAST = 2  # characters that something is suggested for
UNKNOWN_SHOWN = 20
MOST_WORDS = 4  # of a name, that are looked for together
_ENDS_NAME = re.compile(r"[\n,;，；、]")  # in a list; a name may hold spaces
_WORDS = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Pick:
    """`value` takes the place of `typed`, the end of what stands in the field; `name` is shown
    with it."""

    value: str
    typed: str
    name: str = ""


@app_page(see=Role.VIEWER, do=Role.VIEWER)
@require_POST
def picks(request: AppRequest) -> HttpResponse:
    """POST A picks/?of=<field>&kind= with that field as it stands (kind: user, group, chatroom,
    room for both, or to_type for what that field says): what begins like its end, and, unless it
    is a `filter`, the words that are nobody's name and no room's id. Nothing changes."""
    kind = request.GET.get("kind", "")
    if kind == TO_TYPE:
        kind = request.POST.get(TO_TYPE, "user")
    typed = request.POST.get(request.GET.get("of", ""), "").replace("\0", " ")
    rooms = KINDS.get(kind)
    found, unknown = (
        _rooms(request.app, rooms, typed) if rooms else _users(request.app, typed.lower())
    )
    is_filter = "filter" in request.GET
    context = {"kind": kind, "picks": found, "unknown": [] if is_filter else unknown}
    return render(request, "console/parts/_picks.html", context)


def _users(app: AppRef, typed: str) -> tuple[list[Pick], list[str]]:
    *whole, last = SEPARATORS.split(typed)
    begin_so = names_starting(app, last) if last else []
    unknown = _unknown([*whole, *([] if begin_so else [last])], find_users(app, whole))
    names = [name for name in begin_so if name != last] if len(last) >= LEAST else []
    return [Pick(name, last) for name in names], unknown


def _rooms(app: AppRef, kinds: Sequence[RoomKind], typed: str) -> tuple[list[Pick], list[str]]:
    """The end of a list is an id or a name, of which words may be written already."""
    words = _WORDS.findall(_ENDS_NAME.split(typed)[-1])[-MOST_WORDS:]
    for first in range(len(words)):
        end = "".join(words[first:])
        found = rooms_starting(app, kinds, end) if len(end) >= LEAST else []
        if found:
            picked = [Pick(room_id, end, name) for room_id, name in found if room_id != end]
            return picked, _unknown_rooms(app, kinds, typed.removesuffix(end))
    is_short = bool(words) and len(words[-1]) < LEAST
    return [], _unknown_rooms(app, kinds, typed[:-1] if is_short else typed)


def _unknown_rooms(app: AppRef, kinds: Sequence[RoomKind], text: str) -> list[str]:
    words = [word for word in SEPARATORS.split(text) if word]
    return _unknown(words, known_rooms(app, kinds, words))


def _unknown(words: Sequence[str], known: Container[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word and word not in known][:UNKNOWN_SHOWN]
