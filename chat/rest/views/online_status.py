"""Who is online (rest.md 3.2.11)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from accounts.queries.im_users import find_users, get_user
from accounts.rest.base import AppView, Then
from accounts.rest.envelope import Json
from accounts.rest.requests import read_object
from chat.live import online
from chat.rest.fields import Fields


class UserStatusView(AppView):
    """GET /{org}/{app}/users/{username}/status"""

    hot = frozenset({"GET"})
    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self.envelope(**self._told(username))

    def answer_quickly(self, body: bytes, then: Then, **names: str) -> bool:
        then(self._told(names["username"]))
        return True

    def _told(self, username: str) -> Json:
        user = get_user(self.app, username)
        is_online = user.id in online.online_users(self.app.id, [user.id])
        return {"data": {user.username: _word(is_online)}, "count": 0}


class BatchStatusView(UserStatusView):
    """POST /{org}/{app}/users/batch/status; GET is of a user named batch"""

    hot = frozenset({"GET", "POST"})
    rate = {"POST": "batch_status"}

    def get(self, request: Request, org: str, app: str, username: str = "batch") -> HttpResponse:
        return super().get(request, org, app, username)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        return self.envelope(**self._told_all(self.json_object()))

    def answer_quickly(self, body: bytes, then: Then, **names: str) -> bool:
        if self.place.method == "GET":
            return super().answer_quickly(body, then, username="batch")
        then(self._told_all(read_object(body)))
        return True

    def _told_all(self, asked: Json) -> Json:
        names = Fields(asked, IllegalArgument).names("usernames")
        if names is None:
            raise IllegalArgument(detail="usernames must be provided")
        most = self.app.settings.max_batch_names
        if len(names) > most:
            detail = f"request body exceeds maximum limit, maximum limit is {most}"
            raise IllegalArgument(detail=detail)
        known = find_users(self.app, names)
        ids = {name: user.id for name, user in known.items()}
        here = online.online_users(self.app.id, ids.values())
        data = [{name: _word(ids.get(name) in here)} for name in names]
        return {"data": data, "count": 0, "action": "get batch user status"}


class UserDevicesView(AppView):
    """GET /{org}/{app}/users/{username}/resources: one's connected devices"""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = get_user(self.app, username)
        devices = [
            {
                "res": record.device,
                "device_uuid": record.device.rpartition("_")[2],
                "device_name": record.client or record.sdk,
            }
            for record in online.devices_of(self.app.id, user.id)
        ]
        return self.envelope(data=devices, count=len(devices))


def _word(is_online: bool) -> str:
    return "online" if is_online else "offline"
