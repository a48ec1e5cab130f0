"""Callers of the server API, and what its tests ask again and again."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions.im_apps import change_app
from accounts.domain.actor import AppRef
from accounts.queries.im_users import get_user
from tests.cast import Rest
from tests.rest.api import A_TIME_MS, Api, Json
from tests.rest.ways import HotHandler

# Calls of these contracts have a hot way (imadmin.hot_rest): each test runs over both.
BOTH_WAYS = frozenset(
    {"test_messages", "test_online_status", "test_rate_limits", "test_tokens", "test_users"}
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in BOTH_WAYS:
        metafunc.parametrize("way", ["django", "hot"], indirect=True)


@pytest.fixture(autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """IM_TEST_REST=hot: every other test too takes the hot way where there is one."""
    if getattr(request, "param", os.environ.get("IM_TEST_REST")) == "hot":
        monkeypatch.setattr(Rest, "handler_class", HotHandler)


@pytest.fixture
def api(app: AppRef, app_token: str, demo1, demo2, demo3, stranger) -> Api:
    """The app's backend; the whole cast is registered."""
    return Api(app, app_token)


@pytest.fixture
def as_user(api: Api, user_token: Callable[[str], str]) -> Callable[[str], Api]:
    """`as_user("demo1")` calls with that user's token."""
    return lambda username: Api(api.app, user_token(username))


@pytest.fixture
def user_entity(api: Api) -> Callable[[str], Json]:
    """The user entity of rest.md 1.5, of a user without nickname or push settings."""

    def entity(username: str) -> Json:
        user = get_user(api.app, username)
        return {
            "uuid": user.uuid,
            "type": "user",
            "created": A_TIME_MS,
            "modified": A_TIME_MS,
            "username": username,
            "activated": True,
        }

    return entity


@pytest.fixture
def change_settings(api: Api) -> Callable[..., None]:
    """Change the app's limits and switches."""

    def change(**values: Any) -> None:
        change_app(api.app, settings=api.app.settings.changed(**values))

    return change
