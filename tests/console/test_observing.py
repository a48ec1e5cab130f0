"""GET /metrics and JSON log lines: who may read, what is counted, that nothing else leaks."""

import json
import logging
import subprocess
import sys

import pytest
from django.test import Client

from chat import metrics
from imadmin.log_lines import JsonLines
from imadmin.observing import metrics_of_workers
from tests.e2e.servers import ROOT

LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}


def get(**environ: str) -> int:
    return Client().get("/metrics", **(LOCAL | environ)).status_code  # type: ignore[arg-type]


def test_this_machine_reads_what_is_counted():
    metrics.STORED.inc()
    answer = Client().get("/metrics", **LOCAL)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    text = answer.content.decode()
    for name in (
        "imadmin_connections",
        "imadmin_entries_stored_total",
        "imadmin_deliveries_total",
        "imadmin_outbox_drops_total",
        "imadmin_writer_batch_entries_bucket",
        "imadmin_writer_commit_seconds_bucket",
        "imadmin_relay_seconds_bucket",
        "imadmin_webhook_calls",
    ):
        assert name in text


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.1"},  # a proxy on this machine
        {"HTTP_FORWARDED": "for=192.0.2.1"},
        {"HTTP_HOST": "rebound.example"},
        {"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer "},
    ],
)
def test_nobody_else_reads_it_without_a_token(environ):
    assert get(**environ) == 403


def test_a_token_opens_it_from_anywhere(settings):
    settings.METRICS_TOKEN = "s3cret"
    away = {"REMOTE_ADDR": "192.0.2.1", "HTTP_HOST": "im.example.com"}
    assert get(**away, HTTP_AUTHORIZATION="Bearer s3cret") == 200
    assert get(**away, HTTP_AUTHORIZATION="bearer s3cret") == 200
    assert get(**away, HTTP_AUTHORIZATION="Bearer other") == 403
    assert get(**away, HTTP_AUTHORIZATION="Basic s3cret") == 403
    assert get(**away) == 403


def test_it_is_read_only():
    assert Client().post("/metrics", **LOCAL).status_code == 405  # type: ignore[arg-type]


_COUNT = (
    "from chat import metrics; metrics.STORED.inc(3); metrics.CONNECTIONS.labels('native').inc()"
)
_READ = """
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def test_the_counts_of_all_workers_are_added_up_and_the_dead_hold_no_connection(tmp_path):
    with metrics_of_workers(tmp_path) as (env, gone):

        def run(code: str) -> tuple[int, str]:
            child = subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
            )
            out, _ = child.communicate(timeout=60)
            assert child.returncode == 0
            return child.pid, out

        first, _ = run(_COUNT)
        run(_COUNT)
        _, before = run(_READ)
        assert "imadmin_entries_stored_total 6.0" in before
        assert 'imadmin_connections{wire="native"} 2.0' in before
        gone(first)
        _, after = run(_READ)
        assert "imadmin_entries_stored_total 6.0" in after
        assert 'imadmin_connections{wire="native"} 1.0' in after
    assert list(tmp_path.iterdir()) == []


def test_a_log_line_is_one_json_object():
    try:
        raise ValueError("broken\nin two lines")
    except ValueError:
        record = logging.getLogger("chat.gateway").makeRecord(
            "chat.gateway", logging.ERROR, __file__, 1, "%s: 你好", ("#1",), sys.exc_info()
        )
    said = JsonLines().format(record)
    assert "\n" not in said
    line = json.loads(said)
    assert (line["level"], line["logger"], line["message"]) == ("error", "chat.gateway", "#1: 你好")
    assert "broken" in line["error"]
