"""How many messages wait for a user (rest.md 3.2.13)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.queries.im_users import get_user
from accounts.rest.base import AppView
from chat.queries.conversations import offline_count


class OfflineCountView(AppView):
    """GET /{org}/{app}/users/{username}/offline_msg_count"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = get_user(self.app, username)
        waiting = offline_count(self.app, user.username)
        return self.envelope(data={user.username: waiting}, count=0)
