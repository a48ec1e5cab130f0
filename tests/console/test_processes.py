"""The server's processes: what each says of itself, and how the health page shows them."""

import os
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from accounts.domain.actor import AppRef
from accounts.models import Operator
from chat.store import observed
from chat.store.clock import now_ms
from imadmin.console.actions.processes import (
    BEAT_S,
    SOON_S,
    Pulse,
    Vitals,
    drop_silent,
)
from imadmin.console.models import ServerProcess
from tests.console.conftest import SignIn
from tests.console.pages import text_of, url

ENGLISH = {"accept-language": "en"}
REDIS = "redis://127.0.0.1:1/0"


def pulse(name: str = "a1", connections: int = 3, relay_ms: float | None = None) -> Pulse:
    return Pulse(name, lambda: Vitals(connections, relay_ms))


def rows_of(client: Any) -> dict[str, str]:
    """Process → its row on the health page."""
    page = text_of(client.get("/console/settings/", headers=ENGLISH))
    rows = [row for row in page.split("<tr ") if 'data-test="process-row"' in row]
    return {row.split('data-id="')[1].split('"')[0]: row for row in rows}


@pytest.fixture
def client(admin: Operator, browse: SignIn) -> Any:
    return browse(admin)


def test_process_says_that_it_lives_until_it_ends(client: Any, settings: Any):
    settings.REDIS_URL = ""
    assert "No process has said that it serves" in text_of(
        client.get("/console/settings/", headers=ENGLISH)
    )
    one = pulse()
    assert one.turn(Event()) == BEAT_S
    made = ServerProcess.objects.get()
    assert (made.pid, made.connections) == (os.getpid(), 3)
    assert 'data-ok="yes"' in rows_of(client)["a1"]
    ServerProcess.objects.update(beat_at=timezone.now() - timedelta(minutes=5))
    one.turn(Event())
    again = ServerProcess.objects.get()
    assert (again.started_at, again.beat_at > made.beat_at) == (made.started_at, True)
    one.end()
    assert rows_of(client) == {}


def test_process_that_was_killed_is_red_and_forgotten_after_an_hour(client: Any):
    pulse().turn(Event())
    ServerProcess.objects.update(beat_at=timezone.now() - timedelta(seconds=29))
    assert 'data-ok="yes"' in rows_of(client)["a1"]
    ServerProcess.objects.update(beat_at=timezone.now() - timedelta(seconds=32))
    row = rows_of(client)["a1"]
    assert 'data-ok="no"' in row
    assert ("32 seconds ago" in row, "It was killed, its machine is away" in row) == (True, True)
    assert drop_silent() == 0
    ServerProcess.objects.update(beat_at=timezone.now() - timedelta(minutes=61))
    assert drop_silent() == 1


def test_only_process_of_an_instance_takes_away_who_was_killed_before(settings: Any, db: None):
    settings.REDIS_URL = ""
    for name in ("old", "new"):
        pulse(name).turn(Event())
    assert ServerProcess.objects.get().name == "new"


def test_processes_stand_side_by_side_and_the_layer_is_measured(client: Any, settings: Any):
    settings.REDIS_URL = REDIS
    pulse("a1", 5, 0.84).turn(Event())
    pulse("b2", 12_345, 12.26).turn(Event())
    rows = rows_of(client)
    assert list(rows) == ["a1", "b2"]
    assert ("0.8 ms" in rows["a1"], "10k+" in rows["b2"]) == (True, True)
    page = text_of(client.get("/console/settings/", headers=ENGLISH))
    layer = page.split('data-id="layer"')[1].split("</tr>")[0]
    assert ('data-ok="yes"' in layer, "12.3 ms there and back" in layer) == (True, True)


def test_counts_that_wait_for_two_minutes_are_told_on_the_dashboard(
    owner: Operator, browse: SignIn, settings: Any
):
    settings.REDIS_URL = ""
    board = browse(owner)
    now = timezone.now()
    for waited, shown in ((0, False), (110, False), (130, True)):
        since_ms = int(now.timestamp() * 1000) - waited * 1000 if waited else 0
        vitals = Vitals(1, None, since_ms)
        Pulse("a1", lambda vitals=vitals: vitals).turn(Event())  # type: ignore[misc]
        page = text_of(board.get(url("dashboard"), headers=ENGLISH))
        time = timezone.localtime(now - timedelta(seconds=waited)).strftime("%H:%M:%S")
        assert (f"stale since {time}" in page) is shown
    ServerProcess.objects.update(beat_at=now - timedelta(minutes=5))  # killed: it counts no more
    assert "stale since" not in text_of(board.get(url("dashboard"), headers=ENGLISH))


def test_what_was_counted_waits_until_it_is_written(app: AppRef):
    observed.flush()
    assert observed.waits_since_ms() == 0
    before = now_ms()
    observed.count(app.id, "up")
    assert before <= observed.waits_since_ms() <= now_ms()
    observed.flush()
    assert observed.waits_since_ms() == 0


def test_process_that_hears_nothing_through_redis_is_red(client: Any, settings: Any):
    settings.REDIS_URL = REDIS
    pulse("a1", 5, 0.84).turn(Event())
    assert pulse("b2", 5, None).turn(Event()) == SOON_S
    rows = rows_of(client)
    assert 'data-ok="yes"' in rows["a1"]
    assert 'data-ok="no"' in rows["b2"]
    assert "It does not hear the other processes" in rows["b2"]
    page = text_of(client.get("/console/settings/", headers=ENGLISH))
    assert "nothing comes through" in page.split('data-id="layer"')[1].split("</tr>")[0]
