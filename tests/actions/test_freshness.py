"""What every send looks at is read again by one thread before it is too old."""

import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.queries.im_apps import peek_settings, settings_of
from chat.actions.freshness import keep_fresh
from chat.queries.user_mutes import mutes
from chat.queries.watching import watched
from chat.webhooks.book import enabled_rules

pytestmark = pytest.mark.django_db


def test_what_is_due_is_read_once_and_stays_at_hand(app, monkeypatch):
    mutes.forget_all()
    watched.forget_all()
    enabled_rules.forget_all()
    settings_of(app.id)
    mutes.of(app.id)
    watched.of(app.id)
    enabled_rules.of(app.id)
    waiting: list[Callable[[], None]] = []
    keep_fresh(app.id, waiting.append)
    assert waiting == []
    now = time.monotonic()
    monkeypatch.setattr("chat.actions.freshness.time.monotonic", lambda: now + 1.5)
    for _ in range(3):  # three senders
        keep_fresh(app.id, waiting.append)
    assert len(waiting) == 4
    with CaptureQueriesContext(connection) as queries:
        for work in waiting:
            work()
    assert len(queries) == 4
    assert peek_settings(app.id) is not None
    assert mutes.peek(app.id) is not None
    assert watched.peek(app.id) is not None
    assert enabled_rules.peek(app.id) is not None
