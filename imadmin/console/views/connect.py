"""How to point a client or a server at this app, with its values filled in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries.im_apps import client_id_of
from imadmin.console.access import AppRequest, app_page
from imadmin.console.apitwin import rest_base, socket_base
from imadmin.console.hosts import host_name, lan_addresses
from imadmin.console.snippets import TABS, samples


@app_page()
@require_safe
def connect(request: AppRequest) -> HttpResponse:
    """GET A connect/?sdk=…"""
    chosen = request.GET.get("sdk", "")
    if chosen not in {tab.name for tab in TABS}:
        chosen = TABS[0].name
    base, sockets = rest_base(request), socket_base(request)
    context = {
        "tabs": TABS,
        "tab": next(tab for tab in TABS if tab.name == chosen),
        "samples": samples(chosen, request.app.appkey, base, sockets, client_id_of(request.app)),
        "rest_base": base,
        "socket_url": f"{sockets}/ws/native/",
        "is_loopback": host_name(request.get_host()) in {"localhost", "127.0.0.1", "::1"},
        "lan": lan_addresses(),
    }
    return render(request, "console/connect/page.html", context)
