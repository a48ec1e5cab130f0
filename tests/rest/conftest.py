"""Callers of the server API, and what its tests ask again and again."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions.im_apps import change_app
from accounts.domain.actor import AppRef
from accounts.queries.im_users import get_user
from tests.rest.api import A_TIME_MS, Api, Json


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
