"""What every test may use; the people and apps are in tests/cast.py."""

from tests.cast import (
    acting,
    app,
    app_token,
    chatroom,
    demo1,
    demo2,
    demo3,
    forgotten_rights,
    group,
    new_app,
    on_commit_now,
    other_app,
    rest,
    stranger,
    user_token,
)
from tests.published import published

__all__ = [
    "acting",
    "app",
    "app_token",
    "chatroom",
    "demo1",
    "demo2",
    "demo3",
    "forgotten_rights",
    "group",
    "new_app",
    "on_commit_now",
    "other_app",
    "published",
    "rest",
    "stranger",
    "user_token",
]
