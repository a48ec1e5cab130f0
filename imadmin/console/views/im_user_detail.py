"""One user: its overview and the tabs with friends, groups, chatrooms and blocks."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries.im_users import UserInfo, get_user
from accounts.queries.profiles import get_profile
from chat.domain.targets import RoomKind
from chat.queries.conversations import Queue, counts_of
from chat.queries.log_views import LogView, views_of
from chat.queries.message_log import MessageFilter, find_messages
from chat.queries.name_pages import page_blockers_of
from chat.queries.room_members import stays_of
from chat.queries.rooms import list_joined_rooms
from chat.queries.roster import page_blocks, page_roster
from chat.queries.tallies import UserTally, user_with_tally
from chat.store.unread import Reader
from imadmin.console import twins
from imadmin.console.access import AppRequest, Role, app_page, may_read_bodies
from imadmin.console.acts import Family, find_or_404
from imadmin.console.apitwin import Call, path, twin
from imadmin.console.forms.groups import ROOM_ID_FORMS
from imadmin.console.forms.roster import AddFriendsForm, BlockForm
from imadmin.console.queries.im_users import device_count, roster_rows
from imadmin.console.queries.messages import row_of
from imadmin.console.queries.sessions import last_connections
from imadmin.console.tables import RICH_SIZE, after, after_number, keyset_page, page_size

MANY_LOGS = 300  # reading more would cost every tab more than itself: two tabs then stay uncounted
LAST = 5
BLOCKERS = "blockers"  # the second list's cursor
USERS = Family("user", "u", get_user)
WITH_TALLY = replace(USERS, find=user_with_tally)


def views_if_few(request: AppRequest, reader: Reader, tally: UserTally) -> list[LogView] | None:
    """All logs of a user; None of one who has very many."""
    return views_of(request.app.id, reader) if tally.pairs <= MANY_LOGS else None


def pairs_in(views: list[LogView] | None) -> list[tuple[int, int]] | None:
    """The one-to-one logs of a user's views, and how much they hold."""
    if views is None:
        return None
    return [(view.row.pk, view.row.last_seq) for view in views if view.row.kind == "pair"]


def found_user(request: AppRequest, username: str) -> tuple[UserInfo, UserTally]:
    found: tuple[UserInfo, UserTally] = find_or_404(WITH_TALLY, request.app, username)
    return found


def show(
    request: AppRequest,
    user: UserInfo,
    tally: UserTally,
    tab: str,
    template: str = "",
    views: list[LogView] | None = None,
    queue: Queue | None = None,
    **more: Any,
) -> HttpResponse:
    """A tab of the user's page, from console/users/<template or tab>.html. `views`, `queue`: the
    user's, when they are at hand."""
    reader = Reader(user.id, user.username, user.born_id)
    if views is None:
        views = views_if_few(request, reader, tally)
    context = {
        "user_info": user,
        "devices": device_count(request.app, user),
        "tally": tally,
        "counts": None
        if views is None
        else counts_of(request.app, reader, views, waiting=queue.total if queue else None),
        "queue": queue,
        "tab": tab,
        **more,
    }
    return render(request, f"console/users/{template or tab}.html", context)


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_detail(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/"""
    user, tally = found_user(request, u)
    call = Call("GET", path("users", user.username))
    views = views_if_few(request, Reader(user.id, user.username, user.born_id), tally)
    found = find_messages(
        request.app, MessageFilter(party=user.username), limit=LAST, pairs=pairs_in(views)
    )
    return show(
        request,
        user,
        tally,
        "overview",
        push=sorted((key, value) for key, value in user.push.items() if key != "devices"),
        attributes=sorted(get_profile(request.app, user.username).items()),
        views=views,
        last_connections=last_connections(request.app, user.id, LAST),
        last_messages=[
            row_of(entry, with_body=may_read_bodies(request)) for entry in found.entries
        ],
        twin=twin(request, request.app.appkey, [call]),
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_roster(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/roster/"""
    user, tally = found_user(request, u)
    call = Call("GET", path("users", user.username, "contacts", "users"))
    items, more = page_roster(
        request.app,
        user.username,
        before=after_number(request),
        limit=page_size(request, RICH_SIZE),
    )
    return show(
        request,
        user,
        tally,
        "roster",
        page=keyset_page(request, roster_rows(request.app, items), more),
        form=AddFriendsForm(app=request.app),
        twin=twin(request, request.app.appkey, [call]),
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_groups(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/groups/"""
    return _joined(request, u, "group")


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_rooms(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/rooms/"""
    return _joined(request, u, "chatroom")


def _joined(request: AppRequest, u: str, kind: RoomKind) -> HttpResponse:
    user, tally = found_user(request, u)
    size = page_size(request, RICH_SIZE)
    joined = list_joined_rooms(request.app, user.username, kind, after=after(request), limit=size)
    stays = stays_of(user.id, [room.row_id for room in joined.items])
    rows = [(room, stays[room.row_id]) for room in joined.items]
    page = keyset_page(request, rows, joined.next)
    name = "group" if kind == "group" else "room"
    call = Call("GET", path("users", user.username, f"joined_{twins.ROOT[kind]}"))
    return show(
        request,
        user,
        tally,
        f"{name}s",
        template="joined",
        page=page,
        kind=kind,
        form=ROOM_ID_FORMS[kind](app=request.app),
        add_name=f"user_{name}s_add",
        twin=twin(request, request.app.appkey, [call]),
        detail_name=f"{name}_detail",
        remove_name=f"{name}_members_remove",
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_blocks(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/blocks/: whom the user blocks, and who blocks the user."""
    user, tally = found_user(request, u)
    call = Call("GET", path("users", user.username, "blocks", "users"))
    size = page_size(request)
    blocked = page_blocks(request.app, user.username, after=after(request), limit=size)
    blockers = page_blockers_of(user.id, after_number(request, BLOCKERS), size)
    return show(
        request,
        user,
        tally,
        "blocks",
        blocked=keyset_page(request, *blocked),
        blockers=keyset_page(request, *blockers, name=BLOCKERS),
        form=BlockForm(app=request.app),
        twin=twin(request, request.app.appkey, [call]),
    )
