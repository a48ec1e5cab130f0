"""What every test may use; the people and apps are in tests/cast.py."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from xdist.scheduler import LoadFileScheduling

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
from tests.e2e.backends import database
from tests.e2e.ready_made import copy_database
from tests.e2e.worlds import is_left_out, suite_and_kind
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


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    return True  # as it is made and removed below


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """A migrated database is copied: to migrate one takes each worker process seconds."""
    if "sqlite" not in settings.DATABASES["default"]["ENGINE"]:
        creation: Any = connection.creation
        with database(os.environ["DATABASE_URL"], creation._get_test_db_name()):
            yield
        return
    place = Path(settings.DATABASES["default"]["TEST"]["NAME"])
    copy_database(place)
    yield
    place.unlink(missing_ok=True)


# A busy machine makes nothing wrong: neither examples nor their making have a time limit.
hypothesis.settings.register_profile(
    "imadmin", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("imadmin")


def pytest_xdist_auto_num_workers(config):
    """One more than there are cores: tests of real servers wait more than they work."""
    are_servers_left_out = "not e2e" in config.getoption("markexpr")
    return (os.cpu_count() or 1) + (0 if are_servers_left_out else 1)


class ByServer(LoadFileScheduling):  # type: ignore[misc]  # xdist is not typed
    """Files to worker processes; but what shares a server goes to one process together."""

    def _split_scope(self, nodeid):
        return suite_and_kind(nodeid) or super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return ByServer(config, log) if config.getvalue("dist") == "loadfile" else None


SLOW = ("e2e", "browser", "fuzz")


def pytest_collection_modifyitems(config, items):
    """What is left out goes. Of the rest the longest comes first: worker processes take suites and
    files in this order, and none is left alone with a long one at the end."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        return not suite_and_kind(item.nodeid), not any(map(item.get_closest_marker, SLOW))

    config.hook.pytest_deselected(items=[item for item in items if is_left_out(item)])
    items[:] = [item for item in items if not is_left_out(item)]

    items.sort(key=place)
