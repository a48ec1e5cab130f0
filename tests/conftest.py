"""What every test may use; the people and apps are in tests/cast.py."""

import os

from hypothesis import HealthCheck, settings

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

# A busy machine makes nothing wrong: neither examples nor their making have a time limit.
settings.register_profile("imadmin", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("imadmin")


def pytest_xdist_auto_num_workers():
    """One more than there are cores: tests of real servers wait more than they work."""
    return (os.cpu_count() or 1) + 1


SLOW = ("e2e", "browser", "fuzz")


def pytest_collection_modifyitems(items):
    """Slow files come first: worker processes take files in this order, and none is left alone
    with a long one at the end."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, SLOW)))
