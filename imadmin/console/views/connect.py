"""How to point a client or a server at this app, with its values filled in."""

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.tokens import user_token_for_console
from accounts.domain.errors import ImError
from accounts.queries.im_apps import client_id_of
from accounts.queries.im_users import find_users
from chat.store.clock import now_ms
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.apitwin import rest_base, socket_base
from imadmin.console.hosts import host_name, lan_addresses
from imadmin.console.htmx import no_store, render_part, see_other
from imadmin.console.page_snippet import DEMO_USERS
from imadmin.console.queries.connect_check import (
    LOOK_BACK_MS,
    WAIT_MS,
    first_connection,
    seen_instead,
)
from imadmin.console.refusals import explain
from imadmin.console.sdk_notes import NOTES
from imadmin.console.snippets import TABS, samples

TOKEN_TTL_S = 600


@app_page()
@require_safe
def connect(request: AppRequest) -> HttpResponse:
    """GET A connect/?sdk=…"""
    chosen = request.GET.get("sdk", "")
    if chosen not in {tab.name for tab in TABS}:
        chosen = TABS[0].name
    base, sockets = rest_base(request), socket_base(request)
    came_by = request.build_absolute_uri("/").rstrip("/")
    context = {
        "tabs": TABS,
        "tab": next(tab for tab in TABS if tab.name == chosen),
        "samples": samples(chosen, request.app.appkey, base, sockets, client_id_of(request.app)),
        "notes": NOTES.get(chosen),
        "rest_base": base,
        "socket_url": f"{sockets}/ws/native/",
        "other_sockets": (("msync", f"{sockets}/websocket"), ("sockjs", f"{base}/ws"),
                          ("xmpp", f"{sockets}/ws/")),
        "came_by": came_by,
        "public_url": settings.PUBLIC_URL,
        "is_elsewhere": settings.IS_PUBLIC_URL_GIVEN and came_by != settings.PUBLIC_URL,
        "has_underscore": "_" in str(request.app.appkey),
        "is_loopback": host_name(request.get_host()) in {"localhost", "127.0.0.1", "::1"},
        "lan": lan_addresses(),
        **DEMO_USERS,
    }  # fmt: skip
    return render(request, "console/connect/page.html", context)


@app_page()
@require_safe
def connect_check(request: AppRequest) -> HttpResponse:
    """GET A connect/check/?user=&since=: waits for the first connection of a user, or of anybody.

    `since` (ms) is when it began; without one it begins now, at an address that may be reloaded.
    """
    user = request.GET.get("user", "").strip().lower()[:64]
    now = now_ms()
    since = request.GET.get("since", "")
    if not (since.isascii() and since.isdigit() and now - LOOK_BACK_MS <= int(since[:15]) <= now):
        return see_other(
            request, f"{request.path}?{urlencode([('user', user), ('since', str(now))])}"
        )
    began = int(since[:15])
    found = first_connection(request.app, user, began)
    context = {
        "waits_for": user,
        "waited_s": (now - began) // 1000,
        "is_long": now - began >= WAIT_MS,
        "found": found,
        "seen": seen_instead(request.app, began, foreign=request.user.is_admin),
        "is_user_there": not user or bool(find_users(request.app, [user])),
        "socket_url": f"{socket_base(request)}/ws/native/",
        "rest_base": rest_base(request),
    }
    return render_part(
        request, "console/connect/check.html", "console/connect/_check.html", context
    )


@app_page(do=Role.OPERATOR, action="token.issue")
@require_POST
def connect_token(request: AppRequest) -> HttpResponse:
    """POST A connect/token/: `user` → {"user", "token", "expires_in_s"}, or 422 {"error"}."""
    try:
        issued = user_token_for_console(request.app, request.POST.get("user", ""), TOKEN_TTL_S)
    except ImError as exc:
        return JsonResponse({"error": explain(exc)}, status=422)
    user = issued.user.username if issued.user else ""
    told = {"user": user, "token": issued.token, "expires_in_s": issued.expires_in_s}
    return no_store(JsonResponse(told))
