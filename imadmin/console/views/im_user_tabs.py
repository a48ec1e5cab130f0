"""What a user's devices do and have: the tabs with sessions, conversations, queue and messages."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.domain.actor import Actor
from chat.domain.commands import ListConversations
from chat.queries.conversations import list_conversations, waiting_messages
from chat.queries.faults import refused_until_ms
from chat.queries.message_log import MessageFilter, find_messages
from chat.queries.observed import ended_connections
from chat.rest.views.user_channels import MAX_LIST, conversation_info
from chat.store.unread import Reader
from imadmin.console.access import AppRequest, Role, app_page, may_read_bodies
from imadmin.console.acts import find_or_404
from imadmin.console.apitwin import Call, path, twin
from imadmin.console.queries.messages import conversation_row, row_of, size_of
from imadmin.console.queries.sessions import sessions_of
from imadmin.console.tables import RICH_SIZE, after, after_number, cut, keyset_page, page_size
from imadmin.console.views.im_user_detail import USERS, found_user, pairs_in, show, views_if_few

MESSAGES_A_PAGE = 10  # as a client pages its history


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_sessions(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/sessions/: the user's live connections, and the last that ended."""
    user, tally = found_user(request, u)
    size, before = page_size(request, RICH_SIZE), after_number(request)
    found = ended_connections(request.app, size + 1, user.id, before=before)
    ended, more = cut(found, size)
    return show(
        request,
        user,
        tally,
        "sessions",
        rows=sessions_of(request.app, user.id),
        page=keyset_page(request, ended, more),
        ended=ended,
        refused_until_ms=refused_until_ms(user.id),
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_conversations(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/conversations/: the list as the user's clients get it, with unread."""
    user, tally = found_user(request, u)
    start = after(request)
    command = ListConversations(
        after=start if start.isascii() and start.isdigit() else "",
        limit=page_size(request, RICH_SIZE),
    )
    actor = Actor(request.app, user.username, user.id)
    reader = Reader(user.id, user.username, user.born_id)
    views = views_if_few(request, reader, tally)
    found = list_conversations(actor, command, reader=reader, with_reads=False, views=views)
    bodies = may_read_bodies(request)
    rows = [conversation_row(item, with_body=bodies) for item in found.items]
    call = Call("GET", path("sdk", "user", user.username, "user_channels", "list"))
    return show(
        request,
        user,
        tally,
        "conversations",
        views=views,
        page=keyset_page(request, rows, found.next),
        twin=twin(request, request.app.appkey, [call]),
        bodies=bodies,
    )


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_conversations_json(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/conversations.json: the list as an SDK gets it by REST."""
    user = find_or_404(USERS, request.app, u)
    if not may_read_bodies(request):
        raise PermissionDenied(_("This app shows the content of messages to operators only."))
    actor = Actor(request.app, user.username, user.id)
    found = list_conversations(actor, ListConversations(limit=MAX_LIST))
    infos = [conversation_info(item, str(request.app.appkey)) for item in found.items]
    text = {"ensure_ascii": False, "indent": 2}
    return JsonResponse({"data": {"channel_infos": infos}}, json_dumps_params=text)


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_queue(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/queue/: what no device of the user has received, the oldest first."""
    user, tally = found_user(request, u)
    bodies = may_read_bodies(request)
    reader = Reader(user.id, user.username, user.born_id)
    views = views_if_few(request, reader, tally)
    start, size = after_number(request), page_size(request, RICH_SIZE)
    queue = waiting_messages(request.app, reader, views, size, offset=start)
    lines = [
        (start + number, row_of(entry, with_body=bodies), size_of(entry))
        for number, entry in enumerate(queue.entries, 1)
    ]
    more = start + size if queue.total > start + size else 0
    page = keyset_page(request, lines, more, queue.total, start=start)
    return show(request, user, tally, "queue", views=views, page=page, queue=queue)


@app_page(see=Role.VIEWER, do=Role.OPERATOR)
@require_safe
def user_messages(request: AppRequest, u: str) -> HttpResponse:
    """GET A users/u/<u>/messages/: sent by the user or to it one-to-one, ten a page."""
    user, tally = found_user(request, u)
    views = views_if_few(request, Reader(user.id, user.username, user.born_id), tally)
    found = find_messages(
        request.app,
        MessageFilter(party=user.username),
        before=after_number(request),
        limit=MESSAGES_A_PAGE,
        pairs=pairs_in(views),
    )
    bodies = may_read_bodies(request)
    rows = [row_of(entry, with_body=bodies) for entry in found.entries]
    page = keyset_page(request, rows, found.more)
    return show(request, user, tally, "messages", views=views, page=page, is_last=not found.more)
