"""Contacts and blocks as client SDKs change them, with a user's own token (msync.md 8.2)."""

from dataclasses import replace

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from chat.actions.blocks import block_users, unblock_user
from chat.actions.roster import answer_contact, request_contact
from chat.domain.commands import AnswerContact, BlockUsers, RequestContact, UnblockUser
from chat.domain.errors import NoSuchRequest
from chat.rest.fields import Fields
from chat.rest.sdk_view import SdkView


class ContactRequestView(SdkView):
    """POST /{org}/{app}/users/{username}/contacts/apply"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = Fields(self.json_object(), IllegalArgument)
        names = fields.names("usernames")
        if not names:
            raise IllegalArgument(detail="usernames must be provided")
        reason = fields.text("reason") or ""
        for name in names:
            request_contact(self.actor, RequestContact(name, reason))
        return self.envelope(data=list(names))


class ContactAnswerView(SdkView):
    """POST /{org}/{app}/users/{username}/contacts/accept/users/{contact}, and decline"""

    accept = True

    def post(
        self, request: Request, org: str, app: str, username: str, contact: str
    ) -> HttpResponse:
        # Without its device: who accepts is told that the contact is there (msync.md 6.3).
        actor = replace(self.actor, device="")
        try:
            answer_contact(actor, AnswerContact(contact.lower(), self.accept))
        except NoSuchRequest:
            if self.accept:
                raise
        return self.envelope(data={"result": True})


class SdkBlocksView(SdkView):
    """POST, DELETE /{org}/{app}/sdk/user/{username}/blocks"""

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self.envelope(data=block_users(self.actor, BlockUsers(self._names())))

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        names = self._names()
        for name in names:
            unblock_user(self.actor, UnblockUser(name))
        return self.envelope(data=list(names))

    def _names(self) -> tuple[str, ...]:
        names = Fields(self.json_object(), IllegalArgument).names("usernames")
        if not names:
            raise IllegalArgument(detail="usernames must be provided")
        return names
