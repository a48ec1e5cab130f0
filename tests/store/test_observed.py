"""Counts a minute and ended connections: gathered in memory, written in bulk."""

import pytest
from prometheus_client import REGISTRY

from accounts.domain.actor import Actor
from chat.actions.messages import post_message_now, post_messages_now
from chat.actions.retention import DAY_MS, sweep
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToGroup, ToUser
from chat.models import EndedConnection, MinuteCount
from chat.queries.observed import ended_connections, minutes_of, newest_ended, totals_of
from chat.store import observed
from chat.store.clock import now_ms

GONE = {"username": "demo1", "device": "d", "wire": "native", "since_ms": 1, "user_id": 7}


@pytest.fixture(autouse=True)
def nothing_waits(db):
    observed.flush()
    MinuteCount.objects.all().delete()


def test_counts_of_a_minute_add_up_over_flushes(app, other_app):
    for _ in range(3):
        observed.count(app.id, "up", 2)
    observed.count(other_app.id, "up")
    observed.flush()
    observed.count(app.id, "up")
    observed.flush()
    minute = now_ms() // 60_000
    assert totals_of(app, minute - 1) == {"up": 7}
    assert sum(minutes_of(app, minute - 1, 2)["up"]) == 7
    assert minutes_of(app, minute - 100, 3) == {"up": [0] * 3, "down": [0] * 3, "failed": [0] * 3}


def test_what_was_handed_to_connections_is_in_the_metrics_after_a_flush(app, other_app):
    before = _deliveries()
    observed.count(app.id, "down", 200)
    observed.count(app.id, "down", 200)
    observed.count(other_app.id, "down")
    observed.count(app.id, "up")
    observed.flush()
    assert _deliveries() - before == 401
    assert totals_of(app, 0) == {"down": 400, "up": 1}


def _deliveries() -> float:
    return REGISTRY.get_sample_value("imadmin_deliveries_total") or 0.0


def test_stored_and_refused_messages_are_counted(app, demo1, demo2):
    message = SendMessage(ToUser("demo2"), Body("txt", {"msg": "hello"}), client_id="one")
    actor = Actor(app, "demo1", demo1.id, device="d")
    post_message_now(actor, message)
    post_message_now(actor, message)  # a retry stores nothing
    post_messages_now(actor, [SendMessage(ToGroup("no-such"), Body("txt", {"msg": "x"}))])
    observed.flush()
    assert totals_of(app, 0) == {"up": 1, "failed": 1}


def test_old_counts_are_removed_once_an_hour(app):
    old = now_ms() // 60_000 - observed.KEPT_MINUTES - 5
    MinuteCount.objects.create(app_id=app.id, minute=old, key="up", n=1)
    observed._forgotten[0] = 0
    observed.count(app.id, "up")
    observed.flush()
    assert [row.minute > old for row in MinuteCount.objects.all()] == [True]


def test_ended_connections_are_listed_newest_first_and_kept_seven_days(app):
    for until in (now_ms() - 8 * DAY_MS, now_ms() - 5, now_ms()):
        observed.ended(**GONE, app_id=app.id, until_ms=until, code=1000)
    observed.flush()
    assert newest_ended(app) == EndedConnection.objects.latest("id").pk
    assert len(ended_connections(app, 10)) == 3
    assert ended_connections(app, 10, user_id=8) == []
    for _ in sweep():
        pass
    assert len(ended_connections(app, 10, user_id=7)) == 2


def test_more_ended_connections_than_may_wait_are_dropped(app, monkeypatch):
    monkeypatch.setattr(observed, "MAX_ENDED", 2)
    for _ in range(5):
        observed.ended(**GONE, app_id=app.id, until_ms=now_ms())
    observed.flush()
    assert EndedConnection.objects.count() == 2


def test_an_ended_connection_is_kept_as_it_was_told(app):
    told = {
        "app_id": app.id, "user_id": 7, "username": "demo1", "device": "d", "wire": "msync",
        "client": "web", "sdk": "s", "version": "4", "address": "a:1", "since_ms": 1,
        "until_ms": 2, "code": 1001, "reason": "kicked",
    }  # fmt: skip
    observed.ended(**told)
    observed.ended(**GONE, app_id=app.id, until_ms=3)
    observed.flush()
    full, bare = (dict(row) for row in EndedConnection.objects.order_by("id").values())
    assert {name: full[name] for name in told} == told
    assert (bare["code"], bare["reason"], bare["client"], bare["until_ms"]) == (0, "", "", 3)
