"""The left bar: one list. A page is in it once its URL exists."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.domain.ids import Appkey
from imadmin.console.access import Role
from imadmin.console.nearness import near


@dataclass(frozen=True)
class Page:
    """`name` is the URL name; pages whose names start with one of `also` light it up too.

    `key` is the second key of the shortcut `g <key>`.
    """

    name: str
    label: str | Promise
    icon: str
    key: str = ""
    see: Role = Role.VIEWER
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    label: str | Promise
    pages: tuple[Page, ...]


NAVIGATION = (
    Section(
        _("Overview"),
        (
            Page("dashboard", _("Dashboard"), "layout-dashboard", "d"),
            Page("connect", _("Connect"), "plug-connected", "o"),
        ),
    ),
    Section(
        _("Data"),
        (
            Page("users", _("Users"), "users", "u"),
            Page("groups", _("Groups"), "users-group", "g"),
            Page("rooms", _("Chatrooms"), "messages", "r"),
            Page("messages", _("Messages"), "list-details", "m", also=("refused_sends",)),
        ),
    ),
    Section(
        _("Test"),
        (
            Page("send", _("Send"), "send", "s", see=Role.OPERATOR),
            Page("scenarios", _("Scenarios"), "flask", "c"),
        ),
    ),
    Section(
        _("Observe"),
        (
            Page("sessions", _("Sessions"), "devices", "e"),
            Page("webhooks", _("Webhooks"), "webhook", also=("delivery", "deliveries")),
        ),
    ),
    Section(
        _("App"),
        (
            Page("credentials", _("Credentials"), "key", see=Role.OWNER, also=("rotate",)),
            Page("members", _("Members"), "users", also=("member",)),
            Page("app_settings", _("Settings"), "settings", also=("app_delete", "app_clear")),
            Page("audit", _("Audit"), "history", "a", see=Role.OWNER),
        ),
    ),
)


def menu(appkey: Appkey, role: Role, url_name: str, here: str) -> list[dict[str, Any]]:
    """The sections and pages that the role may see, with the current page marked; addresses as
    they are called `here`."""
    kwargs = {"org": appkey.org, "app": appkey.app}
    sections = []
    for section in NAVIGATION:
        pages = [
            {
                "name": page.name,
                "label": page.label,
                "icon": page.icon,
                "key": page.key,
                "url": near(here, reverse(f"console:{page.name}", kwargs=kwargs)),
                "current": _is_current(page, url_name),
            }
            for page in section.pages
            if role >= page.see
        ]
        if pages:
            sections.append({"label": section.label, "pages": pages})
    return sections


def _is_current(page: Page, url_name: str) -> bool:
    stem = page.name.removesuffix("s")
    return url_name == page.name or url_name.startswith((f"{stem}_", *page.also))
