"""Who is signed in, which apps they may open, and what they may do there (console.md §4)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from accounts.actions.audit import Origin, acting, record
from accounts.domain.actor import Actor, AppRef
from accounts.domain.ids import Appkey
from accounts.models import Operator
from accounts.queries.operators import OperatorApp, apps_of
from accounts.rest.addresses import address_of
from chat.live.online import Reads, tolerating
from imadmin.console.apitwin import asked_sample

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(IntEnum):
    """What an operator is in one app; a higher one may all that a lower one may."""

    NONE = 0
    VIEWER = 1
    OPERATOR = 2
    OWNER = 3
    ADMIN = 4  # instance admin


_ROLES = {
    "viewer": Role.VIEWER,
    "operator": Role.OPERATOR,
    "owner": Role.OWNER,
    "admin": Role.ADMIN,
}


class ConsoleRequest(HttpRequest):
    """A request of a signed-in operator, as the middleware leaves it (for the type checker)."""

    user: Operator
    htmx: HtmxDetails
    request_id: str
    live_reads: Reads
    _messages: BaseStorage


class AppRequest(ConsoleRequest):
    """A request to a page of one app, which the operator may at least see."""

    app: AppRef
    role: Role
    apps: list[OperatorApp]  # all that the operator may open


@dataclass(frozen=True)
class Access:
    """What a view asks for, readable on the view as `.access` (tests, navigation).

    `see` is for GET and HEAD, `do` for everything else. `action` is the audit code of a denial.
    """

    kind: str  # "open", "signed_in", "admin", "app"
    see: Role = Role.NONE
    do: Role = Role.NONE
    action: str = ""


View = Callable[..., HttpResponseBase]


def is_signed_in(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_authenticated", False))


def signed_in(view: View) -> View:
    """Any operator; others go to sign-in and come back."""

    @wraps(view)
    def wrapper(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_signed_in(request):
            return to_login(request)
        role = Role.ADMIN if request.user.is_admin else Role.NONE
        with acting(origin_of(request, role)), live_reads(request):
            return view(request, *args, **kwargs)

    wrapper.access = Access("signed_in", Role.NONE, Role.NONE)  # type: ignore[attr-defined]
    return wrapper


def admin_page(action: str = "") -> Callable[[View], View]:
    """An instance admin's page. `action` is the audit code of a denied POST."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_signed_in(request):
                return to_login(request)
            if not request.user.is_admin:
                return deny(request, None, Role.NONE, Role.ADMIN, action)
            with acting(origin_of(request, Role.ADMIN)):
                return view(request, *args, **kwargs)

        wrapper.access = Access("admin", Role.ADMIN, Role.ADMIN, action)  # type: ignore[attr-defined]
        return wrapper

    return decorate


def app_page(
    *, see: Role = Role.VIEWER, do: Role = Role.OPERATOR, action: str = ""
) -> Callable[[View], View]:
    """A page of one app: takes `org` and `app` of the URL, sets request.app and request.role.

    What the actions beneath change is noted in the audit under the operator's name.

    `see` is the least role for GET, `do` for POST; `action` is the audit code of a denied POST
    (`user.create`). The view is called without `org` and `app`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(
            request: AppRequest, org: str, app: str, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if not is_signed_in(request):
                return to_login(request)
            request.apps = apps_of(request.user)  # the shell lists them, too
            request.app, request.role = app_or_404(request.apps, org, app)
            needed = see if request.method in READING else do
            if request.role < needed:
                return deny(request, request.app, request.role, needed, action)
            with acting(origin_of(request, request.role)), live_reads(request):
                response = view(request, *args, **kwargs)
            return asked_sample(request) or response

        wrapper.access = Access("app", see, do, action)  # type: ignore[attr-defined]
        return wrapper

    return decorate


@contextmanager
def live_reads(request: ConsoleRequest) -> Iterator[None]:
    """A page is shown also when nobody knows who is online; its shell says so. Acts fail then."""
    if request.method not in READING:
        yield
        return
    with tolerating() as reads:
        request.live_reads = reads
        yield


def open_page(view: View) -> View:
    """Marks a view that needs no sign-in: the access test wants every view to say what it asks."""
    view.access = Access("open")  # type: ignore[attr-defined]
    return view


def app_or_404(apps: Sequence[OperatorApp], org: str, app: str) -> tuple[AppRef, Role]:
    """Of the apps that an operator may open, this one and the role there; others do not exist."""
    key = Appkey(org, app).key
    for one in apps:
        if one.appkey.key == key:
            return one.ref, _ROLES.get(one.role, Role.NONE)
    raise Http404(_("There is no such app, or you are not a member of it."))


def deny(
    request: ConsoleRequest, app: AppRef | None, role: Role, needed: Role, action: str
) -> HttpResponseBase:
    """Record a refused change (outside any transaction) and answer 403 with a sentence."""
    if request.method not in READING:
        match = request.resolver_match
        record(
            action or (match.url_name if match and match.url_name else "unknown"),
            app=app,
            actor=request.user.name,
            role=role.name.lower(),
            via="console",
            address=address_of(request),
            target_kind="url",
            target_id=request.path[:200],
            request_id=request.request_id,
            allowed=False,
        )
    raise PermissionDenied(needs(needed))


def needs(role: Role) -> str:
    """The sentence of a 403."""
    return {
        Role.OPERATOR: _("This needs the role operator in this app. Ask an owner of the app."),
        Role.OWNER: _("This needs the role owner in this app. Ask an owner of the app."),
        Role.ADMIN: _("This needs an instance admin."),
    }.get(role, _("You may not open this page."))


def to_login(request: HttpRequest) -> HttpResponse:
    """Sign-in, then back here. htmx gets a 401 that moves the whole page."""
    login = reverse("console:login")
    htmx = cast("ConsoleRequest", request).htmx
    back = htmx.current_url_abs_path if htmx else request.get_full_path()
    if request.method not in READING and not htmx:
        back = ""
    target = f"{login}?{urlencode({'next': back})}" if back else login
    if htmx:
        response = HttpResponse(status=401)
        response.headers["HX-Redirect"] = target
        return response
    return HttpResponseRedirect(target)


def app_actor(request: AppRequest) -> Actor:
    """The app itself as actor, on behalf of the operator: what console actions run as."""
    return Actor(app=request.app, via="console", operator=request.user.name)


def origin_of(request: ConsoleRequest, role: Role) -> Origin:
    """Whose name stands in the audit for what the actions change during this request."""
    return Origin(
        actor=request.user.name,
        via="console",
        role=role.name.lower(),
        address=address_of(request),
        request_id=request.request_id,
    )


def may_read_bodies(request: AppRequest) -> bool:
    """Whether message bodies are shown: viewers see them only if the app allows it."""
    return request.role >= Role.OPERATOR or request.app.settings.bodies_visible_to_viewers
