"""The dashboard's numbers, and that the table says what the chart draws."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse

from accounts.actions.operators import set_role
from accounts.actions.tokens import app_token
from accounts.domain.actor import Actor
from chat.actions.messages import post_message_now
from chat.actions.own_history import drop_from_queue
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToGroup, ToUser
from chat.live.online import DeviceOnline, records
from chat.models import MinuteCount
from chat.queries import waiting
from chat.queries.conversations import offline_count
from chat.queries.waiting import forget_waiting
from chat.store import observed
from chat.store.clock import now_ms
from imadmin.console.models import ScenarioRun, UserJob
from imadmin.console.queries.dashboard import chart_of, version_of
from tests.console.conftest import SignIn
from tests.console.pages import text_of, url


@pytest.fixture(autouse=True)
def nothing_waits(db):
    observed.flush()
    MinuteCount.objects.all().delete()


def tile(text: str, name: str) -> str:
    found = re.search(rf'data-test="tile-{name}".*?tile-value">([^<]*)<', text, re.DOTALL)
    assert found
    return found[1]


def minutes_ago(app, key: str, minutes: int, n: int) -> None:
    MinuteCount.objects.create(app_id=app.id, minute=now_ms() // 60_000 - minutes, key=key, n=n)


def test_empty_app_shows_zeros_and_the_first_steps(viewer, app, browse: SignIn):
    text = text_of(browse(viewer).get(url("dashboard")))
    assert tile(text, "users") == tile(text, "minute") == tile(text, "up") == "0"
    assert 'data-test="chart-empty"' in text
    assert text.count('data-done="no"') == 5


def test_tiles_count_what_there_is(
    viewer, app, demo1, demo2, browse: SignIn, django_assert_max_num_queries
):
    for device in ("phone", "web"):
        one = DeviceOnline(app.id, demo1.id, "demo1", device, "native", "web", "1.2.3.4", now_ms())
        records().put([one])
    sent = SendMessage(ToUser("demo2"), Body("txt", {"msg": "seen here"}), sender="demo1")
    post_message_now(Actor(app), sent)
    observed.count(app.id, "down", 3)
    observed.flush()
    minutes_ago(app, "failed", 30, 4)
    minutes_ago(app, "failed", 90, 5)
    client = browse(viewer)
    with django_assert_max_num_queries(12):
        text = text_of(client.get(url("dashboard")))
    shown = {name: tile(text, name) for name in ("users", "connections", "minute", "up", "down")}
    assert shown == {"users": "1", "connections": "2", "minute": "1", "up": "1", "down": "3"}
    assert tile(text, "failed") == "4"
    assert "seen here" in text
    assert text.count('data-test="recent-connection"') == 2


def test_queued_tile_counts_each_message_for_each_who_lacks_it(
    viewer, app, demo1, demo2, demo3, group, browse: SignIn
):
    client = browse(viewer)
    sent = [
        post_message_now(Actor(app), SendMessage(target, Body("txt", {"msg": "a"}), sender="demo1"))
        for target in (ToUser("demo2"), ToUser("demo3"), ToGroup(group.room_id))
    ]
    each = sum(offline_count(app, name) for name in ("demo1", "demo2", "demo3"))
    forget_waiting()
    assert tile(text_of(client.get(url("dashboard"))), "queued") == str(each) == "4"
    drop_from_queue(app, "demo2", [sent[0].message_id])
    forget_waiting()
    assert tile(text_of(client.get(url("dashboard"))), "queued") == "3"


def test_large_app_tells_at_least_how_many_wait_and_how_old_that_is(
    viewer, app, demo1, demo2, browse: SignIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(waiting, "_COUNT", waiting._COUNT.replace("LIMIT 500", "LIMIT 2"))
    monkeypatch.setattr(waiting, "LOOKED_AT", 2)
    monkeypatch.setattr(waiting, "COST_SHARE", 1e9)
    for _ in range(3):
        post_message_now(Actor(app), SendMessage(ToUser("demo2"), Body("txt", {"msg": "a"})))
    text = text_of(browse(viewer).get(url("dashboard")))
    assert tile(text, "queued") == "2+"
    assert "of the latest" in text
    assert "queued-age" not in text
    # The count is kept, and its age is told once it is worth telling.
    held = waiting._held[app.id]
    old = replace(held.value, at_ms=held.value.at_ms - 9_000)
    waiting._held[app.id] = replace(held, value=old)
    text = text_of(browse(viewer).get(url("dashboard")))
    assert re.search(r'data-test="queued-age">(9|10) seconds ago', text)


def test_DSH_2_table_and_json_have_the_numbers_of_the_chart(viewer, app, browse: SignIn):
    minutes_ago(app, "up", 3, 7)
    minutes_ago(app, "down", 3, 12)
    minutes_ago(app, "up", 200, 50)
    client = browse(viewer)
    text = text_of(client.get(url("dashboard")))
    [row] = re.findall(r'data-test="chart-row">(.*?)</tr>', text, re.DOTALL)
    assert re.findall(r'<td class="num">([^<]*)<', row) == ["7.0", "12.0", "0.0"]
    data = client.get(url("stats")).json()
    assert (sum(data["series"]["up"]), sum(data["series"]["down"])) == (7, 12)
    assert len(data["times"]) == 60
    day = client.get(url("stats"), {"range": "24h"}).json()
    assert day["minutes"] == 15
    assert round(sum(day["series"]["up"]) * 15) == 57


def test_chart_scales_to_a_round_number_and_stays_inside(app):
    minutes_ago(app, "up", 1, 130)
    chart = chart_of(app, "1h")
    assert chart.top == 200
    ys = [float(point.split(",")[1]) for one in chart.series for point in one.points.split()]
    assert min(ys) >= 0
    assert max(ys) <= 180


def test_version_moves_with_messages_connections_and_counts(app, demo1):
    seen = {version_of(app)}
    post_message_now(Actor(app), SendMessage(ToUser("demo1"), Body("txt", {"msg": "a"})))
    seen.add(version_of(app))
    records().put([DeviceOnline(app.id, demo1.id, "demo1", "d", "native", "", "", now_ms())])
    seen.add(version_of(app))
    observed.flush()
    seen.add(version_of(app))
    assert len(seen) == 4


def test_first_steps_go_when_all_are_done(viewer, app, new_app, demo1, browse: SignIn):
    app_token(app, new_app.client_id, new_app.client_secret)
    observed.ended(
        app_id=app.id, user_id=demo1.id, username="demo1", device="d", wire="native",
        since_ms=1, until_ms=2, code=1000,
    )  # fmt: skip
    observed.count(app.id, "down")
    observed.flush()
    client = browse(viewer)
    text = text_of(client.get(url("dashboard")))
    assert 'data-test="step-scenarios" data-done="no"' in text
    assert text.count('data-done="yes"') == 4
    ScenarioRun.objects.create(app_id=app.id, scenarios=["s1"], wires=["xmpp"], state="passed")
    assert "first-steps" not in text_of(client.get(url("dashboard")))


def test_first_steps_are_hidden_and_brought_back_for_one_operator_and_app(
    viewer, operator, app, other_app, browse: SignIn
):
    set_role(viewer, other_app, "viewer")
    client = browse(viewer)
    assert 'data-test="steps-hide"' in text_of(client.get(url("dashboard")))
    answer = client.post(url("first_steps"))
    assert (answer.status_code, answer["Location"]) == (303, url("dashboard"))
    hidden = text_of(client.get(url("dashboard")))
    assert 'data-test="first-steps"' not in hidden
    assert 'data-test="steps-show"' in hidden
    elsewhere = reverse("console:dashboard", args=[other_app.appkey.org, other_app.appkey.app])
    assert 'data-test="first-steps"' in text_of(client.get(elsewhere))
    assert 'data-test="first-steps"' in text_of(browse(operator).get(url("dashboard")))
    client.post(url("first_steps"), {"shown": "on"})
    shown = text_of(client.get(url("dashboard")))
    assert 'data-test="first-steps"' in shown
    assert 'data-test="steps-show"' not in shown


def test_ended_connections_are_on_the_users_page(viewer, app, demo1, browse: SignIn):
    observed.ended(
        app_id=app.id, user_id=demo1.id, username="demo1", device="old-phone", wire="xmpp",
        since_ms=1, until_ms=2, code=1001, reason="going away",
    )  # fmt: skip
    observed.flush()
    text = text_of(browse(viewer).get(url("user_sessions", u="demo1")))
    assert "old-phone" in text
    assert "1001 going away" in text


@pytest.mark.parametrize("kind", ["import", "batch"])
def test_job_that_runs_is_shown_to_who_may_open_it(kind, operator, viewer, app, browse: SignIn):
    job = UserJob.objects.create(app_id=app.id, kind=kind, report={}, state="running")
    page = f"/console/apps/demo/app/users/{kind}/{job.pk}/"
    for who, sees in ((operator, True), (viewer, False)):
        assert (page in browse(who).get(url("dashboard")).content.decode()) is sees
    UserJob.objects.update(state="done")
    assert page not in browse(operator).get(url("dashboard")).content.decode()
