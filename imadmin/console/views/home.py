"""Where /console/ leads, and the help page."""

import platform
from importlib.metadata import version

import django
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.queries.operators import apps_of
from imadmin.console.access import ConsoleRequest, open_page, signed_in
from imadmin.console.htmx import see_other

# Word and meaning, in the order in which one meets them (console.md §11).
GLOSSARY = (
    (_("appkey"), _("organisation#app: the app, inside which everything else lives.")),
    (_("operator"), _("A person who signs in to this console. Not an end user.")),
    (_("user"), _("An end user of the app, known by a username in lower case.")),
    (_("friend (roster)"), _("A contact of a user. Friendship goes both ways.")),
    (_("block list"), _("Users whose messages a user does not want.")),
    (_("group"), _("Members stay until they leave or are removed, and get messages later.")),
    (_("chatroom"), _("One is a member only while being there; nothing is kept for later.")),
    (_("owner, admin"), _("Ranks in a group or chatroom; an owner ranks above admins.")),
    (_("super admin"), _("A user who may create chatrooms from a client.")),
    (_("mute"), _("A member who may read but not write. Mute all: nobody but the allow list.")),
    (_("ban"), _("A user who may not sign in.")),
    (_("force offline"), _("End a user's connections; they may sign in again.")),
    (_("ext"), _("JSON of your own that travels with a message.")),
    (_("cmd"), _("A message that the client acts upon and does not show.")),
    (_("custom"), _("A message of a type of your own, with an event name and values.")),
    (_("recall"), _("Take a message back on all clients.")),
    (_("offline queue"), _("What a user's devices have not received yet.")),
    (_("session"), _("One connection of a client to the gateway.")),
    (_("credentials"), _("Client id and secret: with them your server gets an app token.")),
)

# How one tests an integration with this console, in order.
WAYS = (
    (_("Connect"), _("gives the addresses and code for your client, and waits until it is there.")),
    (_("Users, Groups, Chatrooms"), _("make who talks to whom; Import takes a whole list.")),
    (_("Send"), _("sends anything to anybody, and shows how far it came on each device.")),
    (_("Sessions"), _("shows who is connected by what, and ends connections as you choose.")),
    (_("Messages"), _("finds each message again, with its body as clients get it.")),
    (_("Webhooks"), _("tell your server what happens, and keep what it answered.")),
    (_("Scenarios"), _("play the four tests that every integrator does first.")),
    (_("Settings, Audit"), _("change the app's rules, and say who changed what.")),
)

LICENCES = (
    ("Django", django.get_version(), "BSD-3-Clause"),
    ("Tabler", "1.6.1", "MIT"),
    ("Tabler Icons", "3.52.0", "MIT"),
    ("htmx", "2", "0BSD"),
)


@signed_in
@require_safe
def home(request: ConsoleRequest) -> HttpResponse:
    """GET /console/: the only app's dashboard, or the list of apps."""
    apps = apps_of(request.user)
    if len(apps) == 1:
        appkey = apps[0].appkey
        target = reverse("console:dashboard", kwargs={"org": appkey.org, "app": appkey.app})
        return see_other(request, target)
    return see_other(request, reverse("console:apps"))


@open_page
@require_safe
def help_page(request: ConsoleRequest) -> HttpResponse:
    """GET /console/help/"""
    packages = [(name, version(name.lower())) for name in ("channels", "daphne", "whitenoise")]
    context = {
        "glossary": GLOSSARY,
        "ways": WAYS,
        "licences": LICENCES,
        "packages": packages,
        "python": platform.python_version(),
        "version": settings.SPECTACULAR_SETTINGS["VERSION"],
    }
    return render(request, "console/help/page.html", context)
