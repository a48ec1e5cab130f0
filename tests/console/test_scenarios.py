"""The pages of scenarios, and their runs as rows; the scenarios themselves need a real server."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from accounts.models import ImApp
from imadmin.console.actions import scenarios
from imadmin.console.models import ScenarioRun, ScenarioStep
from imadmin.console.queries.scenarios import cases_of, newest_version, version_of
from imadmin.console.scenarios.checks import SCENARIOS
from imadmin.console.scenarios.words import NAMES, STEPS
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

WIRES = {"wires": ["native", "msync"]}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the jobs that would have begun."""
    names: list[str] = []

    def start(name: str, _work: Any) -> bool:
        names.append(name)
        return True

    monkeypatch.setattr(scenarios, "start_job", start)
    return names


@pytest.fixture
def failed_run(app) -> ScenarioRun:
    run = ScenarioRun.objects.create(
        app_id=app.id, scenarios=["s1", "s2"], wires=["xmpp"], state="failed"
    )
    for slug, number, key, state in (
        ("s1", 1, "create_user", "passed"),
        ("s2", 1, "create_users", "passed"),
        ("s2", 2, "receives_once", "failed"),
    ):
        ScenarioStep.objects.create(
            run=run, scenario=slug, wire="xmpp", number=number, key=key, state=state, ms=7,
            expected="1 <message>" if state == "failed" else "",
            actual="none" if state == "failed" else "",
            lines=["b ← <presence/>\x00"] if state == "failed" else [],
        )  # fmt: skip
    return run


def test_run_is_begun_noted_and_shown(operator, app, browse: SignIn, started):
    client = browse(operator)
    where = done(post(client, "scenario_run", {**WIRES, "keep": "on"}, slug="s2"))
    run = ScenarioRun.objects.get()
    assert where == url("scenario_run_detail", number=run.pk)
    assert (run.scenarios, run.wires, run.keep) == (["s2"], ["native", "msync"], True)
    assert started == [f"scenario run {run.pk}"]
    assert audited("scenario.run").diff["wires"] == [None, "native, msync"]
    text = text_of(client.get(where))
    assert 'data-state="running"' in text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in text
    again = post(client, "scenario_run", WIRES, slug="all")
    refused(again, f"Run #{run.pk} is not done yet.")
    assert f'href="{where}" data-test="active-run"' in text_of(again)


def test_run_needs_a_wire_a_known_scenario_and_the_demo_users(
    operator, app, browse: SignIn, started
):
    client = browse(operator)
    refused(post(client, "scenario_run", slug="all"), "This field is required.")
    assert post(client, "scenario_run", WIRES, slug="s99").status_code == 404
    again = post(client, "scenario_run", {**WIRES, "reuse_demo": "on"}, slug="s2")
    refused(again, "load the demo data first")
    assert started == []


def test_live_app_refuses_scenarios(operator, app, browse: SignIn, started):
    page = url("scenarios")
    assert "scenario-live" not in text_of(browse(operator).get(page))
    ImApp.objects.filter(id=app.id).update(environment="live")
    assert "scenario-live" in text_of(browse(operator).get(page))
    refused(post(browse(operator), "scenario_run", WIRES, slug="all"), "off in a live app")
    assert not ScenarioRun.objects.exists()


def test_busy_process_refuses_and_leaves_no_running_row(
    operator, app, browse: SignIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scenarios, "start_job", lambda _name, _work: False)
    refused(post(browse(operator), "scenario_run", WIRES, slug="s1"), "Try again in a minute")
    assert ScenarioRun.objects.get().state == "stopped"


def test_stop_is_asked_for(operator, app, browse: SignIn, started):
    client = browse(operator)
    done(post(client, "scenario_run", WIRES, slug="s1"))
    run = ScenarioRun.objects.get()
    before = version_of(app, run.pk)
    done(post(client, "scenario_run_stop", number=run.pk))
    run.refresh_from_db()
    assert run.stop_asked
    assert version_of(app, run.pk) != before


def test_silent_run_is_interrupted_and_does_not_hold_back_the_next(
    operator, app, browse: SignIn, started
):
    client = browse(operator)
    done(post(client, "scenario_run", WIRES, slug="s1"))
    old = timezone.now() - timedelta(seconds=60)
    ScenarioRun.objects.update(beat_at=old)
    number = ScenarioRun.objects.get().pk
    page = text_of(client.get(url("scenario_run_detail", number=number)))
    assert 'data-state="interrupted"' in page
    assert "http-equiv" not in page
    done(post(client, "scenario_run", WIRES, slug="s1"))


def test_failed_step_says_what_was_expected_and_what_came(
    viewer, app, browse: SignIn, failed_run, django_assert_max_num_queries
):
    client = browse(viewer)
    with django_assert_max_num_queries(12):
        text = text_of(client.get(url("scenario_run_detail", number=failed_run.pk)))
    assert "1 &lt;message&gt;" in text
    assert 'data-name="s2-xmpp" data-state="failed"' in text
    assert 'data-name="s1-xmpp" data-state="passed"' in text
    assert "run-again" not in text
    with django_assert_max_num_queries(12):
        listed = text_of(client.get(url("scenarios")))
    assert 'data-test="scenario-run-all"' not in listed
    assert listed.count('data-test="run-row"') == 1


def test_junit_counts_failures_and_names_the_step(viewer, app, browse: SignIn, failed_run):
    answer = browse(viewer).get(url("scenario_run_xml", number=failed_run.pk))
    assert answer.headers["Content-Type"] == "application/xml"
    root = ET.fromstring(answer.content)
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    [suite] = root
    assert [case.get("name") for case in suite] == ["s1 Sign-in", "s2 One-to-one"]
    [failure] = suite.iter("failure")
    assert failure.get("message") == "step 2 receives_once: expected 1 <message>, got none"
    assert failure.text == "b ← <presence/>"


def test_case_states_follow_the_run(app):
    run = ScenarioRun.objects.create(app_id=app.id, scenarios=["s1", "s2"], wires=["native"])
    assert [case.state for case in cases_of(run)] == ["waiting", "waiting"]
    ScenarioStep.objects.create(
        run=run, scenario="s1", wire="native", number=1, key="create_user", state="running"
    )
    assert [case.state for case in cases_of(run)] == ["running", "waiting"]
    run.state = "stopped"
    assert [case.state for case in cases_of(run)] == ["stopped", "stopped"]
    assert newest_version(app).startswith(f"{run.pk} ")


def test_only_the_newest_runs_are_kept(operator, app, browse: SignIn, started):
    ScenarioRun.objects.bulk_create(
        ScenarioRun(app_id=app.id, scenarios=["s1"], wires=["native"], state="passed")
        for _ in range(scenarios.KEPT_RUNS + 5)
    )
    done(post(browse(operator), "scenario_run", WIRES, slug="s1"))
    assert ScenarioRun.objects.count() == scenarios.KEPT_RUNS


def test_run_of_another_app_is_404(operator, app, other_app, browse: SignIn):
    run = ScenarioRun.objects.create(app_id=other_app.id, scenarios=["s1"], wires=["native"])
    client = browse(operator)
    for name in ("scenario_run_detail", "scenario_run_xml"):
        assert client.get(url(name, number=run.pk)).status_code == 404
    assert post(client, "scenario_run_stop", number=run.pk).status_code == 404


def test_every_scenario_has_words():
    assert set(NAMES) == set(SCENARIOS)
    assert all(STEPS.values())
