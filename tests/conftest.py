"""What every test may use; the people and apps are in tests/cast.py."""

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


def pytest_collection_modifyitems(items):
    """Browser tests come last: Playwright's sync API keeps a loop running in the main thread,
    where no other loop can run from then on."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
