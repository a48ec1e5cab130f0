"""The cast of every test: app demo#app with demo1, demo2, demo3 and a stranger.

Group G: owner demo1, members demo2 and demo3. Chatroom R: owner demo1, admin demo2.

All passwords are `123456`. A second app, other#app, has a demo1 of its own.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler

from accounts.actions.im_apps import NewApp, create_app
from accounts.actions.im_users import register_user
from accounts.actions.tokens import app_token as issue_app_token
from accounts.actions.tokens import user_token_by_id
from accounts.domain.actor import Actor, AppRef
from accounts.domain.ids import Appkey
from accounts.queries.im_users import UserInfo
from chat.actions.rooms import create_room
from chat.domain.answers import RoomInfo
from chat.domain.commands import CreateRoom
from chat.live import online
from tests.shared_world import forget_all

PASSWORD = "123456"


@pytest.fixture
def new_app(db: None) -> NewApp:
    """demo#app with its client id and secret; open registration is off."""
    return create_app(Appkey("demo", "app"))


@pytest.fixture
def app(new_app: NewApp) -> AppRef:
    return new_app.app


@pytest.fixture
def other_app(db: None) -> AppRef:
    """other#app: nothing of it may be seen from demo#app. It has a demo1, too."""
    made = create_app(Appkey("other", "app")).app
    register_user(made, "demo1", PASSWORD)
    return made


@pytest.fixture
def demo1(app: AppRef) -> UserInfo:
    return register_user(app, "demo1", PASSWORD)


@pytest.fixture
def demo2(app: AppRef) -> UserInfo:
    return register_user(app, "demo2", PASSWORD)


@pytest.fixture
def demo3(app: AppRef) -> UserInfo:
    return register_user(app, "demo3", PASSWORD)


@pytest.fixture
def stranger(app: AppRef) -> UserInfo:
    return register_user(app, "stranger", PASSWORD)


@pytest.fixture
def group(app: AppRef, demo1: UserInfo, demo2: UserInfo, demo3: UserInfo) -> RoomInfo:
    """Group G, public."""
    command = CreateRoom("group", "Group G", owner="demo1", members=("demo2", "demo3"))
    return create_room(Actor(app), command)


@pytest.fixture
def chatroom(app: AppRef, demo1: UserInfo, demo2: UserInfo) -> RoomInfo:
    """Chatroom R."""
    return create_room(
        Actor(app), CreateRoom("chatroom", "Chatroom R", owner="demo1", admins=("demo2",))
    )


@pytest.fixture(autouse=True)
def forgotten_rights() -> Iterator[None]:
    records = online.records  # a test may put another in its place
    yield
    records.cache_clear()
    forget_all()


@pytest.fixture
def acting(app: AppRef) -> Callable[..., Actor]:
    """`acting(demo1)` is that user as an Actor; `acting()` is the app itself."""

    def as_actor(user: UserInfo | None = None, **rest: Any) -> Actor:
        if user is None:
            return Actor(app, **rest)
        return Actor(app, user.username, user.id, **rest)

    return as_actor


@pytest.fixture
def app_token(new_app: NewApp) -> str:
    return issue_app_token(new_app.app, new_app.client_id, new_app.client_secret).token


@pytest.fixture
def user_token(app: AppRef) -> Callable[[str], str]:
    """`user_token("demo1")`: a token of that user, who must exist."""
    return lambda username: user_token_by_id(app, username).token


@dataclass
class Answer:
    """What a REST call gave. `json` is the whole body."""

    status: int
    json: Any
    headers: dict[str, str]
    content: bytes = field(repr=False, default=b"")

    @property
    def data(self) -> Any:
        """The result of a success of family E1."""
        assert self.status == 200, self.json
        return self.json["data"]

    @property
    def error(self) -> tuple[int, str, str]:
        """(status, error, error_description) of an error answer."""
        return self.status, self.json["error"], self.json["error_description"]


class Rest:
    """Calls paths under /{org}/{app}. The app's token goes along unless another one is named.

    `token=None` sends none. `json` is encoded; `data` goes as it is (bytes, or a form's text).
    """

    handler_class: type[ClientHandler] = ClientHandler

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self.token = token
        self.client = Client(raise_request_exception=False)
        self.client.handler = self.handler_class()

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> Answer:
        return self.call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = ...,
        data: bytes | str = b"",
        token: str | None = "",
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        base: str | None = None,
    ) -> Answer:
        bearer = self.token if token == "" else token
        sent = dict(headers or {})
        if bearer is not None:
            sent["Authorization"] = f"Bearer {bearer}"
        response = self.client.generic(
            method,
            (self.base if base is None else base) + path,
            data if json is ... else _dumps(json),
            content_type=content_type,
            headers=sent,
        )
        content = b"".join(response) if response.streaming else response.content
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return Answer(
            status=response.status_code,
            json=_loads(content) if is_json and content else None,
            headers=dict(response.headers),
            content=content,
        )


@pytest.fixture
def rest(app: AppRef, app_token: str) -> Rest:
    return Rest(f"/{app.appkey.org}/{app.appkey.app}", app_token)


@pytest.fixture
def on_commit_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on_commit callbacks at once: a test's own transaction never commits."""

    def run_now(func: Callable[[], object], using: str | None = None, robust: bool = False) -> None:
        func()

    monkeypatch.setattr(transaction, "on_commit", run_now)


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def _loads(content: bytes) -> Any:
    return json.loads(content)
