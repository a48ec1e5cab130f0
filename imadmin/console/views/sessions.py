"""Live connections: the list, one of them, and the ways to end it."""

from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.actions.im_users import expire_tokens
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import UserNotFound
from chat.actions.sessions import close_session, kick_session
from chat.domain.answers import RoomInfo
from chat.domain.errors import SessionNotFound
from chat.live.online import watch_counters
from chat.queries.observed import ended_connections
from chat.queries.rooms import list_joined_rooms
from imadmin.console.access import AppRequest, Role, app_page
from imadmin.console.acts import Act, Family, Outcome
from imadmin.console.forms.im_users import ConfirmForm
from imadmin.console.forms.sessions import CloseForm, KickForm, SessionFilterForm
from imadmin.console.htmx import render_part
from imadmin.console.queries.connection_events import events_of
from imadmin.console.queries.sessions import SessionFilter, get_session, page_sessions, row_of
from imadmin.console.refusals import explain
from imadmin.console.tables import RICH_SIZE, after, keyset_page, page_size

Json = dict[str, Any]
ROOMS_SHOWN = 20
STOP_POLLING = 286  # htmx's
ENDED_SHOWN = 20
SESSIONS = Family("session", "conn", get_session)


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def session_list(request: AppRequest) -> HttpResponse:
    """GET A sessions/; with script the list asks for itself every two seconds."""
    form = SessionFilterForm(request.GET, app=request.app)
    data = form.cleaned_data if form.is_valid() else {}
    wanted = SessionFilter(
        user=data.get("user", ""),
        client=data.get("client", ""),
        wire=data.get("wire", ""),
        address=data.get("address", ""),
        idle_s=int(data.get("idle") or 0),
    )
    watch_counters()
    rows, more, count = page_sessions(
        request.app,
        wanted,
        by_user=bool(data.get("by_user")),
        after=after(request),
        limit=page_size(request, RICH_SIZE),
    )
    context = {
        "form": form,
        "rows": rows,
        "page": keyset_page(request, rows, more, count),
        "target": "session-list",
        "is_filtered": any(value for name, value in data.items() if name != "by_user"),
    }
    return render_part(
        request, "console/sessions/list.html", "console/sessions/_list.html", context
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def session_detail(request: AppRequest, conn: str) -> HttpResponse:
    """GET A sessions/<conn>/; its facts ask for themselves until it has ended."""
    try:
        session = get_session(request.app, conn)
    except SessionNotFound as exc:
        if request.htmx:
            return render(request, "console/sessions/_gone.html", status=STOP_POLLING)
        raise Http404(explain(exc)) from exc
    watch_counters()
    context = {
        "row": row_of(session),
        "session": session,
        "form": KickForm(app=request.app),
        "rooms": _chatrooms(request.app, session.username),
        "events": partial(events_of, request.app, session),  # not for the facts alone
        "ended": ended_connections(request.app, ENDED_SHOWN, session.user_id),
    }
    return render_part(
        request, "console/sessions/detail.html", "console/sessions/_facts.html", context
    )


def _chatrooms(app: AppRef, username: str) -> tuple[RoomInfo, ...]:
    try:
        return list_joined_rooms(app, username, "chatroom", limit=ROOMS_SHOWN).items
    except UserNotFound:
        return ()


def _kick(actor: Actor, conn: str, data: Json) -> Outcome:
    session = get_session(actor.app, conn)
    kick_session(actor.app, session, data["kind"])
    return Outcome(_("%(name)s was kicked.") % {"name": session.username})


def _close(actor: Actor, conn: str, data: Json) -> Outcome:
    session = get_session(actor.app, conn)
    close_session(actor.app, session, data["refuse_for"])
    return Outcome(_("The connection of %(name)s was closed.") % {"name": session.username})


def _expire(actor: Actor, conn: str, _data: Json) -> Outcome:
    session = get_session(actor.app, conn)
    expire_tokens(actor.app, session.username)
    return Outcome(_("All tokens of %(name)s are invalid now.") % {"name": session.username})


SESSION_ACTS = (
    Act(
        name="session_kick",
        path="do/kick/",
        title=gettext_lazy("Kick"),
        button=gettext_lazy("Kick"),
        audit="session.kick",
        form=KickForm,
        run=_kick,
        back="sessions",
        back_is_list=True,
        danger=True,
    ),
    Act(
        name="session_close",
        path="do/close/",
        title=gettext_lazy("Close the socket"),
        button=gettext_lazy("Close the socket"),
        audit="session.close",
        form=CloseForm,
        run=_close,
        back="sessions",
        back_is_list=True,
        danger=True,
        note=gettext_lazy("As if the server restarted: most clients come back by themselves."),
    ),
    Act(
        name="session_expire",
        path="do/expire/",
        title=gettext_lazy("Expire the user's tokens"),
        button=gettext_lazy("Expire the tokens"),
        audit="session.expire",
        form=ConfirmForm,
        run=_expire,
        back="session_detail",
        danger=True,
        note=gettext_lazy(
            "The connection stays. The next REST call and the next sign-in with a token fail."
        ),
    ),
)
