"""IM users: register, read, change, ban, close, delete (rest.md 3.2)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.actions.im_users import (
    NewUser,
    change_password,
    change_user,
    delete_user,
    force_offline,
    register_user,
    register_users,
    set_activated,
)
from accounts.domain.errors import (
    AccountNotFound,
    IllegalArgument,
    NewPasswordMissing,
    NicknameTooLong,
    RegistrationClosed,
    TooManyInBatch,
    Unauthenticated,
)
from accounts.queries.im_users import UserInfo, find_user, get_user, list_users
from accounts.rest.base import AppView
from accounts.rest.errors import NotJson
from accounts.rest.pagination import cursor_of, limit_of
from accounts.rest.push_settings import read_push
from accounts.rest.requests import raw_body
from accounts.rest.user_entities import user_entity

PATH = "/users"
PAGE = 10


class UsersView(AppView):
    """GET, POST, DELETE /{org}/{app}/users"""

    hot = frozenset({"POST"})
    rate = {"DELETE": "delete_users"}
    token = {"GET": "app", "POST": "user", "DELETE": "app"}

    def may_be_anonymous(self, request: Request) -> bool:
        return request.method == "POST"

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        users, cursor = self._page(request)
        return self._users(users, count=len(users), cursor=cursor)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        is_batch = raw_body(request._request).lstrip().startswith(b"[")
        self._check_registration(is_batch)
        asked = self.body()
        match asked:
            case list():
                return self._register_all(asked)
            case dict():
                new = _new_user(asked)
                user = register_user(self.app, new.username, new.password, new.nickname)
                return self._users([user])
            case _:
                raise NotJson(detail="an object or an array is needed")

    def delete(self, request: Request, org: str, app: str) -> HttpResponse:
        """The oldest users, a page a call; the cursor leads on while users remain."""
        users, cursor = self._page(request)
        gone = [delete_user(self.app, user.username) for user in users]
        return self._users(gone, count=len(gone), cursor=cursor)

    def _check_registration(self, is_batch: bool) -> None:
        """Source: rest.md 1.4 and 3.2.2 (a batch takes the app's token even in open mode)."""
        if self.bearer is not None and self.bearer.is_app:
            return
        is_open = self.app.settings.open_registration
        if self.bearer is None and not is_batch and not is_open:
            raise RegistrationClosed
        if is_batch or not is_open:
            raise Unauthenticated

    def _register_all(self, asked: list[Any]) -> HttpResponse:
        limit = self.app.settings.max_batch_users
        if len(asked) > limit:
            raise TooManyInBatch(size=len(asked), limit=limit)
        if not asked:
            raise IllegalArgument(detail="Request body array is empty")
        outcome = register_users(self.app, [_new_user(element) for element in asked])
        failed = [
            {"username": username, "registerUserFailReason": reason}
            for username, reason in outcome.failed
        ]
        return self._users(outcome.created, data=failed)

    def _page(self, request: Request) -> tuple[list[UserInfo], str]:
        limit = limit_of(request.GET, PAGE, self.app.settings.max_user_page)
        return list_users(self.app, after=cursor_of(request.GET), limit=limit)

    def _users(self, users: list[UserInfo], **more: Any) -> HttpResponse:
        return self.envelope([user_entity(user) for user in users], path=PATH, **more)


class UserView(AppView):
    """GET, PUT, DELETE /{org}/{app}/users/{username}"""

    token = {"GET": "user", "PUT": "user", "DELETE": "app"}
    own_user = {"PUT": "username"}

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = get_user(self.app, username)
        return self.envelope([user_entity(user)], count=1, path=PATH)

    def put(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = self.json_object()
        user = get_user(self.app, username)
        nickname = _optional_nickname(fields)
        user = change_user(self.app, user.username, nickname, read_push(fields, user.push))
        return self.envelope([user_entity(user)], path=PATH)

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = delete_user(self.app, username)
        return self.envelope([user_entity(user)], path=PATH)


class UserPasswordView(AppView):
    """PUT /{org}/{app}/users/{username}/password"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def put(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = self.json_object()
        if find_user(self.app, username) is None:
            raise AccountNotFound(username=username)
        password = fields.get("newpassword")
        if not isinstance(password, str) or not password:
            raise NewPasswordMissing
        change_password(self.app, username, password)
        return self.envelope(action="set user password", path=PATH)


class UserSwitchView(AppView):
    """POST /{org}/{app}/users/{username}/activate, …/deactivate: no body, idempotent."""

    token = "app"  # noqa: S105 (a kind, not a secret)
    activated = True

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = set_activated(self.app, username, self.activated)
        action = "activate user" if self.activated else "Deactivate user"
        return self.envelope([user_entity(user)], action=action, path=PATH)


class DisconnectView(AppView):
    """GET, POST /{org}/{app}/users/{username}/disconnect: close every device."""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        force_offline(self.app, username)
        return self.envelope(data={"result": True}, count=0, path=PATH)

    post = get


class DisconnectDeviceView(AppView):
    """GET, DELETE /{org}/{app}/users/{username}/disconnect/{resource}: close one device."""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(
        self, request: Request, org: str, app: str, username: str, resource: str
    ) -> HttpResponse:
        force_offline(self.app, username, resource)
        return self.envelope(data={"result": True}, count=0, path=PATH)

    delete = get


def _new_user(element: Any) -> NewUser:
    """What is no text counts as missing (rest.md 3.2.1); a missing nickname is none."""
    if not isinstance(element, dict):
        raise IllegalArgument(detail="each element must be an object")
    username, password = element.get("username"), element.get("password")
    return NewUser(
        username if isinstance(username, str) else "",
        password if isinstance(password, str) else "",
        _optional_nickname(element) or "",
    )


def _optional_nickname(fields: dict[str, Any]) -> str | None:
    match fields.get("nickname"):
        case None:
            return None
        case str() as nickname:
            return nickname
        case int() | float() as number:
            return str(number)
        case _:
            raise NicknameTooLong
