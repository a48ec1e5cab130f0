"""Where /console/ leads, and the help page."""

import platform

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.queries.operators import apps_of
from imadmin.console.access import ConsoleRequest, open_page, signed_in
from imadmin.console.htmx import see_other
from imadmin.console.navigation import NAVIGATION
from imadmin.console.queries.licences import licences

# Word and meaning, in the order in which one meets them (console.md §11).
GLOSSARY = (
    (_("appkey"), _("organisation#app: the app, inside which everything else lives.")),
    (_("operator"), _("A person who signs in to this console. Not an end user.")),
    (_("user"), _("An end user of the app, known by a username in lower case.")),
    (_("friend (roster)"), _("A contact of a user. Friendship goes both ways.")),
    (_("block list"), _("Users whose messages a user does not want.")),
    (_("allow list"), _("Who may write in a group or chatroom while everybody is muted.")),
    (_("group"), _("Members stay until they leave or are removed, and get messages later.")),
    (_("chatroom"), _("One is a member only while being there; nothing is kept for later.")),
    (_("owner, admin"), _("Ranks in a group or chatroom; an owner ranks above admins.")),
    (_("super admin"), _("A user who may create chatrooms from a client.")),
    (_("mute"), _("A member who may read but not write. Mute all: nobody but the allow list.")),
    (_("ban"), _("A user who may not sign in.")),
    (_("announcement"), _("A text that every member of a group or chatroom can read.")),
    (_("force offline"), _("End a user's connections; they may sign in again.")),
    (_("message"), _("What somebody sent to a user, a group or a chatroom; it has one id.")),
    (_("ext"), _("JSON of your own that travels with a message.")),
    (_("cmd"), _("A message that the client acts upon and does not show.")),
    (_("custom"), _("A message of a type of your own, with an event name and values.")),
    (_("recall"), _("Take a message back on all clients.")),
    (_("accepted, refused"), _("The server took the message, or said why not.")),
    (_("stored"), _("The message is in the log, from where every device can fetch it.")),
    (_("written, confirmed"), _("Handed to a device's connection; the device said it has it.")),
    (_("read"), _("A user said so by a read receipt, which the sender is told.")),
    (_("offline queue"), _("What a user's devices have not received yet.")),
    (_("unread"), _("Messages by others in a conversation that the user has not read.")),
    (_("device"), _("One installation of a client; a user may have several.")),
    (_("session"), _("One connection of a client to the gateway.")),
    (_("scenario"), _("A test that real clients play against this server, step by step.")),
    (_("webhook"), _("A call to your server. Before a send it may refuse; after it only hears.")),
    (_("replay"), _("The same call to your server again, marked as one.")),
    (_("viewer, operator, owner"), _("Roles in an app: look; act; also its settings and members.")),
    (_("environment"), _("Test or live. In a live app nothing is played or broken on purpose.")),
    (_("audit"), _("Who changed what and when, from here, by REST or by a command.")),
    (_("credentials"), _("Client id and secret: with them your server gets an app token.")),
    (_("rotate"), _("Make a new client secret; the old one may be good for some hours more.")),
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
    context = {
        "glossary": GLOSSARY,
        "go_keys": [(page.key, page.label) for one in NAVIGATION for page in one.pages if page.key],
        "ways": WAYS,
        "licences": licences(),
        "python": platform.python_version(),
        "version": settings.SPECTACULAR_SETTINGS["VERSION"],
    }
    return render(request, "console/help/page.html", context)
