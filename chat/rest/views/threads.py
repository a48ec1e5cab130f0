"""Threads of groups (rest.md 3.10; msync.md 8.6)."""

from typing import ClassVar

from django.http import HttpResponse, QueryDict
from rest_framework.request import Request

from accounts.domain.actor import AppRef
from accounts.rest.base import AppView
from chat.actions.threads import (
    add_to_thread,
    create_thread,
    destroy_thread,
    join_thread,
    leave_thread,
    remove_from_thread,
    rename_thread,
)
from chat.domain.answers import MemberOutcome, ThreadInfo, ThreadPage
from chat.domain.listed import listed_message
from chat.domain.thread_errors import ThreadBodyUnreadable, ThreadValueTooLarge
from chat.domain.threads import (
    AddToThread,
    CreateThread,
    DestroyThread,
    JoinThread,
    LeaveThread,
    RemoveFromThread,
    RenameThread,
)
from chat.queries.threads import (
    get_thread,
    last_messages,
    list_group_threads,
    list_joined_threads,
    list_thread_members,
    list_threads,
)
from chat.rest.fields import Fields, Json, integer
from chat.rest.paging import cursor_of
from chat.rest.sdk_view import SdkView

MAX_ASKED = 20  # threads in one question for last messages
_OK: Json = {"status": "ok"}


class ThreadView(AppView):
    def fields(self) -> Fields:
        return Fields(self.json_object(ThreadBodyUnreadable), ThreadBodyUnreadable)

    def needed(self, fields: Fields, name: str) -> str:
        """Raises ThreadBodyUnreadable: it is missing or no text."""
        text = fields.text(name)
        if not text:
            raise ThreadBodyUnreadable
        return text

    def names(self) -> tuple[str, ...]:
        """The `usernames` of a batch."""
        names = self.fields().names("usernames")
        if not names:
            raise ThreadBodyUnreadable
        return names

    def asked(self) -> "Page":
        return Page(self.request.query_params, self.app)

    def page(self, found: ThreadPage, *, ids_only: bool = False) -> HttpResponse:
        """`properties` holds the cursor, and is empty at the end."""
        entities = [
            {"id": one.thread_id} if ids_only else thread_entity(one) for one in found.items
        ]
        more = {"cursor": found.next} if found.next else {}
        return self.envelope(entities=entities, properties=more, count=len(entities))


class Page:
    """What part of a list is asked for. Raises ThreadValueTooLarge: more than a page holds."""

    def __init__(self, query: QueryDict, app: AppRef) -> None:
        asked = integer(query.get("limit"))
        if asked is not None and asked > app.settings.max_thread_page:
            raise ThreadValueTooLarge(detail="query param reaches limit.")
        self.limit = asked if asked is not None and asked > 0 else app.settings.max_thread_page
        self.after = cursor_of(query).partition(".")[0]
        self.oldest_first = (query.get("sort") or "").lower() == "asc"


def thread_entity(one: ThreadInfo) -> Json:
    return {
        "name": one.name,
        "owner": one.owner,
        "id": one.thread_id,
        "msgId": str(one.message_id),
        "groupId": one.group_id,
        "created": one.created_ms,
    }


class ThreadsView(ThreadView):
    """GET, POST /{org}/{app}/thread"""

    token: ClassVar = {"GET": "app", "POST": "user"}

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        page = self.asked()
        found = list_threads(
            self.app, after=page.after, limit=page.limit, oldest_first=page.oldest_first
        )
        return self.page(found, ids_only=True)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        fields = self.fields()
        owner = self.needed(fields, "owner").lower()
        self.require_self(owner)
        message_id = integer(self.needed(fields, "msg_id")) or 0
        made = create_thread(
            self.actor,
            CreateThread(
                self.needed(fields, "group_id"),
                message_id if 0 < message_id < 1 << 63 else 0,
                fields.text("name") or "",
                owner,
            ),
        )
        return self.envelope(data={"thread_id": made.thread_id})


class OneThreadView(ThreadView):
    """GET, PUT, DELETE /{org}/{app}/thread/{thread_id}"""

    def get(self, request: Request, org: str, app: str, thread_id: str) -> HttpResponse:
        return self.envelope(data=_detail(get_thread(self.actor, thread_id)))

    def put(self, request: Request, org: str, app: str, thread_id: str) -> HttpResponse:
        name = self.fields().text("name") or ""
        changed = rename_thread(self.actor, RenameThread(thread_id, name))
        return self.envelope(data={"name": changed.name})

    def delete(self, request: Request, org: str, app: str, thread_id: str) -> HttpResponse:
        destroy_thread(self.actor, DestroyThread(thread_id))
        return self.envelope(data=_OK)


def _detail(one: ThreadInfo) -> Json:
    return thread_entity(one) | {"affiliations_count": one.member_count}


class ThreadMembersView(ThreadView):
    """GET, POST, DELETE /{org}/{app}/thread/{thread_id}/users"""

    token: ClassVar = {"GET": "user", "POST": "app", "DELETE": "app"}

    def get(self, request: Request, org: str, app: str, thread_id: str) -> HttpResponse:
        page = self.asked()
        names, more = list_thread_members(self.actor, thread_id, after=page.after, limit=page.limit)
        properties = {"cursor": more} if more else {}
        return self.envelope(data={"affiliations": names}, properties=properties, count=len(names))

    def post(self, request: Request, org: str, app: str, thread_id: str) -> HttpResponse:
        add_to_thread(self.actor, AddToThread(thread_id, self.names()))
        return self.envelope(data=_OK)

    def delete(self, request: Request, org: str, app: str, thread_id: str) -> HttpResponse:
        done = remove_from_thread(self.actor, RemoveFromThread(thread_id, self.names()))
        return self.envelope(entities=[_removed(one) for one in done])


def _removed(one: MemberOutcome) -> Json:
    return {"result": one.done, "user": one.username}


class ThreadMemberView(ThreadView):
    """DELETE /{org}/{app}/thread/{thread_id}/users/{username}"""

    def delete(
        self, request: Request, org: str, app: str, thread_id: str, username: str
    ) -> HttpResponse:
        [done] = remove_from_thread(self.actor, RemoveFromThread(thread_id, (username.lower(),)))
        return self.envelope(entities=[_removed(done)], data=_removed(done))


class ThreadJoinView(SdkView):
    """POST /{org}/{app}/thread/{thread_id}/user/{username}/join"""

    def post(
        self, request: Request, org: str, app: str, thread_id: str, username: str
    ) -> HttpResponse:
        joined = join_thread(self.actor, JoinThread(thread_id))
        return self.envelope(data={"status": "ok", "detail": _detail(joined)})


class ThreadQuitView(SdkView):
    """DELETE /{org}/{app}/thread/{thread_id}/user/{username}/quit"""

    def delete(
        self, request: Request, org: str, app: str, thread_id: str, username: str
    ) -> HttpResponse:
        leave_thread(self.actor, LeaveThread(thread_id))
        return self.envelope(data=_OK)


class GroupThreadsView(ThreadView):
    """GET /{org}/{app}/threads/chatgroups/{group_id}"""

    def get(self, request: Request, org: str, app: str, group_id: str) -> HttpResponse:
        page = self.asked()
        found = list_group_threads(
            self.actor,
            group_id,
            after=page.after,
            limit=page.limit,
            oldest_first=page.oldest_first,
        )
        return self.page(found)


class JoinedThreadsView(ThreadView):
    """GET /{org}/{app}/threads/user/{username}, /threads/chatgroups/{group_id}/user/{username}"""

    own_user: ClassVar = "username"

    def get(
        self, request: Request, org: str, app: str, username: str, group_id: str = ""
    ) -> HttpResponse:
        page = self.asked()
        found = list_joined_threads(
            self.app,
            username,
            group_id=group_id,
            after=page.after,
            limit=page.limit,
            oldest_first=page.oldest_first,
        )
        return self.page(found)


class LastThreadMessagesView(ThreadView):
    """POST /{org}/{app}/thread/message: the last message of each of some threads"""

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        thread_ids = self.fields().texts("threadIds")
        if len(thread_ids) > MAX_ASKED:
            raise ThreadValueTooLarge(detail="request body reaches limit.")
        appkey = str(self.app.appkey)
        entities = [
            {
                "thread_id": thread_id,
                "last_message": {} if last is None else listed_message(last, appkey),
            }
            for thread_id, last in last_messages(self.actor, thread_ids).items()
        ]
        return self.envelope(entities=entities)
