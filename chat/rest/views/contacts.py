"""Contacts of a user: add, remove, list, remark (rest.md 3.3.1–3.3.5)."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument, ImError, UserNotFound
from accounts.queries.im_users import get_user
from accounts.rest.base import AppView
from accounts.rest.user_entities import user_entity
from chat.actions.roster import add_contact, remove_contact, set_remark
from chat.domain.commands import AddContact, RemoveContact, SetRemark
from chat.domain.errors import ContactLimit, InviterContactLimit
from chat.queries.roster import list_roster, page_contacts
from chat.rest.fields import Fields, integer
from chat.rest.paging import cursor_of, page_size

MAX_IMPORTED = 10


class ContactView(AppView):
    """POST, DELETE, PUT /{org}/{app}/users/{username}/contacts/users/{contact}"""

    token: ClassVar = {"POST": "app", "DELETE": "user", "PUT": "user"}
    own_user = "username"

    def post(
        self, request: Request, org: str, app: str, username: str, contact: str
    ) -> HttpResponse:
        add_contact(self.actor, AddContact(username.lower(), contact.lower()))
        return self._answer(username, contact)

    def delete(
        self, request: Request, org: str, app: str, username: str, contact: str
    ) -> HttpResponse:
        remove_contact(self.actor, RemoveContact(contact.lower(), owner=username.lower()))
        return self._answer(username, contact)

    def _answer(self, username: str, contact: str) -> HttpResponse:
        owner, other = get_user(self.app, username), get_user(self.app, contact)
        path = f"/users/{owner.uuid}/contacts"
        return self.envelope(entities=[user_entity(other)], path=path)

    def put(
        self, request: Request, org: str, app: str, username: str, contact: str
    ) -> HttpResponse:
        get_user(self.app, username)
        get_user(self.app, contact)
        remark = Fields(self.json_object(), IllegalArgument).text("remark")
        if remark is None:
            raise IllegalArgument(detail="remark must be provided")
        set_remark(self.actor, SetRemark(contact.lower(), remark, owner=username.lower()))
        return self.envelope(status="ok")


class ContactImportView(AppView):
    """POST /{org}/{app}/users/{username}/contacts/import: up to ten friends at once."""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        get_user(self.app, username)
        names = Fields(self.json_object(IllegalArgument), IllegalArgument).names("usernames")
        if names is None:
            raise IllegalArgument(detail="usernames must be provided")
        if len(names) > MAX_IMPORTED:
            raise IllegalArgument(detail=f"request user over flow limit:{MAX_IMPORTED}.")
        tells = request.query_params.get("isSendNotice") != "false"
        outcomes: dict[str, list[str]] = {
            "success": [], "NotExistFailed": [], "maxLimitFailed": [], "UnKnowFailed": [],
        }  # fmt: skip
        for name in names:
            outcomes[self._add(username.lower(), name, tells=tells)].append(name)
        if names and len(outcomes["maxLimitFailed"]) == len(names) and self._is_full(username):
            raise InviterContactLimit
        return self.envelope(data=outcomes)

    def _add(self, owner: str, name: str, *, tells: bool) -> str:
        """The list of the answer in which the name belongs."""
        try:
            add_contact(self.actor, AddContact(owner, name, tells=tells))
        except UserNotFound:
            return "NotExistFailed"
        except ContactLimit:
            return "maxLimitFailed"
        except ImError:  # oneself
            return "UnKnowFailed"
        return "success"

    def _is_full(self, username: str) -> bool:
        friends = [one for one in list_roster(self.app, username) if one.state == "friends"]
        return len(friends) >= self.app.settings.max_contacts


class ContactListView(AppView):
    """GET /{org}/{app}/users/{username}/contacts/users"""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        friends = [one for one in list_roster(self.app, username) if one.state == "friends"]
        entities = []
        if request.query_params.get("needReturnRemark") == "true":
            entities = [{"username": one.username, "remark": one.remark} for one in friends]
        names = [one.username for one in friends]
        return self.envelope(entities=entities, data=names, count=len(names))


class ContactPagesView(AppView):
    """GET /{org}/{app}/user/{username}/contacts, and /users/{username}/contacts"""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        most = self.app.settings.max_contact_page
        if (integer(query.get("limit")) or 0) > most:
            detail = f"getContacts | page size more than max limit : {most}"
            raise IllegalArgument(detail=detail)
        limit = page_size(query.get("limit"), min(10, most), most)
        friends, cursor = page_contacts(self.app, username, after=cursor_of(query), limit=limit)
        contacts = [{"username": one.username, "remark": one.remark or None} for one in friends]
        return self.envelope(data={"contacts": contacts}, count=len(contacts), cursor=cursor)
