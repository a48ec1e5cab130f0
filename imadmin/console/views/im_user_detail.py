"""One user: its overview and the tabs with friends, groups, chatrooms and blocks."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries.im_users import UserInfo, get_user
from accounts.queries.profiles import get_profile
from chat.domain.targets import RoomKind
from chat.queries.conversations import counts_of
from chat.queries.log_views import LogView, views_of
from chat.queries.rooms import list_joined_rooms
from chat.queries.roster import list_blocks, page_roster
from chat.queries.tallies import UserTally, blockers_of, tally_of
from chat.queries.user_mutes import lasting_mutes
from chat.queries.watching import watched_until_ms
from chat.store.unread import Reader
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.acts import Family, find_or_404
from imadmin.console.apitwin import Call, path, twin
from imadmin.console.forms.roster import AddFriendsForm, BlockForm
from imadmin.console.queries.im_users import device_count
from imadmin.console.tables import after, after_number, keyset_page, page_size

MANY_LOGS = 300  # reading more would cost every tab more than itself: two tabs then stay uncounted
USERS = Family("user", "u", get_user)


def views_if_few(request: AppRequest, reader: Reader, tally: UserTally) -> list[LogView] | None:
    """All logs of a user; None of one who has very many."""
    return views_of(request.app.id, reader) if tally.pairs <= MANY_LOGS else None


def show(
    request: AppRequest,
    user: UserInfo,
    tab: str,
    template: str = "",
    tally: UserTally | None = None,
    views: list[LogView] | None = None,
    **more: Any,
) -> HttpResponse:
    """A tab of the user's page, from console/users/<template or tab>.html. `tally` and `views`:
    the user's, when they are at hand."""
    reader = Reader(user.id, user.username, user.born_id)
    tally = tally or tally_of(user.id)
    if views is None:
        views = views_if_few(request, reader, tally)
    context = {
        "user_info": user,
        "devices": device_count(request.app, user),
        "tally": tally,
        "counts": None if views is None else counts_of(request.app, reader, views),
        "tab": tab,
        **more,
    }
    return render(request, f"console/users/{template or tab}.html", context)


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_detail(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/"""
    user = find_or_404(USERS, request.app, u)
    call = Call("GET", path("users", user.username))
    return show(
        request,
        user,
        "overview",
        push=sorted((key, value) for key, value in user.push.items() if key != "devices"),
        attributes=sorted(get_profile(request.app, user.username).items()),
        mutes=lasting_mutes(user),
        watched_until_ms=watched_until_ms(user.id),
        twin=twin(request, request.app.appkey, [call]),
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_roster(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/roster/"""
    user = find_or_404(USERS, request.app, u)
    call = Call("GET", path("users", user.username, "contacts", "users"))
    items, more = page_roster(
        request.app, user.username, before=after_number(request), limit=page_size(request)
    )
    return show(
        request,
        user,
        "roster",
        page=keyset_page(request, items, more),
        items=items,
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
    user = find_or_404(USERS, request.app, u)
    size = page_size(request)
    joined = list_joined_rooms(request.app, user.username, kind, after=after(request), limit=size)
    page = keyset_page(request, list(joined.items), joined.next)
    name = "group" if kind == "group" else "room"
    return show(
        request,
        user,
        f"{name}s",
        template="joined",
        page=page,
        kind=kind,
        detail_name=f"{name}_detail",
        remove_name=f"{name}_members_remove",
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_blocks(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/blocks/: whom the user blocks, and who blocks the user."""
    user = find_or_404(USERS, request.app, u)
    call = Call("GET", path("users", user.username, "blocks", "users"))
    return show(
        request,
        user,
        "blocks",
        blocked=list_blocks(request.app, user.username),
        blockers=blockers_of(user.id),
        form=BlockForm(app=request.app),
        twin=twin(request, request.app.appkey, [call]),
    )
