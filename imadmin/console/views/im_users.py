"""The users list, a new user."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.im_users import register_user
from accounts.actions.passwords import make_password
from accounts.domain.errors import ImError
from accounts.queries.im_user_pages import list_page, names_starting
from accounts.queries.im_users import UserFilter, UserSort
from chat.live.online import connections
from chat.queries.user_mutes import muted_users
from chat.queries.waiting import waiting_in
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.acts import address, find_or_404, sample_of
from imadmin.console.apitwin import twin
from imadmin.console.forms.im_users import UserFilterForm, UserForm
from imadmin.console.htmx import no_store, render_part, see_other
from imadmin.console.queries.im_users import user_rows
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import RICH_SIZE, after, keyset_page, page_size
from imadmin.console.twins import user_new
from imadmin.console.views.im_user_bulk import BULK_ACTS
from imadmin.console.views.im_user_detail import USERS

SORTS: tuple[UserSort, ...] = ("-created", "created", "username", "-username", "-seen")
_SINCE = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
_USER_FIELDS = {
    "*": "username",
    "password_missing": "password",
    "password_too_long": "password",
    "nickname_too_long": "nickname",
}


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_list(request: AppRequest) -> HttpResponse:
    """GET A users/"""
    form = UserFilterForm(request.GET, app=request.app)
    wanted = wanted_users(request, form.cleaned_data if form.is_valid() else {})
    size = page_size(request, RICH_SIZE)
    found = list_page(request.app, wanted, after=after(request), limit=size)
    page = keyset_page(request, user_rows(request.app, found.users), found.next, found.total)
    context = {
        "form": form,
        "page": page,
        "target": "user-list",
        "sort": wanted.sort,
        "bulk_acts": [(act, label) for act, (label, _) in BULK_ACTS.items()],
        "is_filtered": wanted != UserFilter(sort=wanted.sort),
    }
    return render_part(request, "console/users/list.html", "console/users/_list.html", context)


def wanted_users(request: AppRequest, data: dict[str, Any]) -> UserFilter:
    since = _SINCE.get(data.get("created", ""))
    from_ms = int((timezone.now() - since).timestamp() * 1000) if since else 0
    sort = next((one for one in SORTS if one == request.GET.get("sort")), SORTS[0])
    state, ids, not_ids = data.get("state", ""), None, None
    if state in {"online", "offline"}:
        here = frozenset(one.user_id for one in connections(request.app.id))
        ids, not_ids = (here, None) if state == "online" else (None, here)
    elif state == "muted":
        ids = muted_users(request.app)
    if data.get("queue"):
        waiting = frozenset(waiting_in(request.app).by_user)
        ids = waiting if ids is None else ids & waiting
    return UserFilter(
        text=data.get("q", ""),
        state=state if state in {"active", "banned"} else "",
        ids=ids,
        not_ids=not_ids,
        is_demo=True if data.get("demo") else None,
        created_from_ms=from_ms,
        sort=sort,
    )


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.create")
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def user_new_view(request: AppRequest) -> HttpResponse:
    """GET, POST A users/new/; `another` in the form comes back for the next one."""
    form = UserForm(request.POST if request.method == "POST" else None, app=request.app)
    if request.method == "POST" and "generate" in request.POST:
        kept = {**request.POST.dict(), "password": make_password()}
        form = UserForm(initial=kept, app=request.app)
    elif form.is_valid():
        data = form.cleaned_data
        try:
            made = register_user(request.app, data["username"], data["password"], data["nickname"])
        except ImError as exc:
            add_refusal(form, exc, _USER_FIELDS)
        else:
            said = _("User %(name)s created.") % {"name": made.username}
            messages.success(request, said)
            if "another" in request.POST:
                return see_other(request, address(request.app, "user_new"))
            return see_other(request, address(request.app, "user_detail", u=made.username))
    taken = form.data.get("username", "").lower() if form.has_error("username") else ""
    context = {
        "form": form,
        "taken": taken if _exists(request, taken) else "",
        "twin": twin(request, request.app.appkey, user_new(sample_of(form))),
    }
    status = 422 if form.is_bound else 200
    return no_store(render(request, "console/users/new.html", context, status=status))


@app_page(see=Role.OPERATOR, do=Role.OPERATOR)
@require_safe
def user_menu(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/menu/: what a row of the list leads to; with script it opens there."""
    context = {"info": find_or_404(USERS, request.app, u)}
    return render_part(request, "console/users/menu.html", "console/users/_menu.html", context)


def _exists(request: AppRequest, name: str) -> bool:
    return bool(name) and name in names_starting(request.app, name, 1)
