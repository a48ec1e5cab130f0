"""Schemathesis, from the server's own document: no 5xx, nothing undocumented, nothing but JSON."""

from contextlib import closing

import pytest

from tests.e2e.prober import Prober
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e


def passes(server: Server, tmp_path, appkey: str, *options: str, timeout_s: float) -> None:
    with closing(Prober(server, appkey)) as prober:
        done = prober.run(tmp_path, *options, timeout_s=timeout_s)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
    assert "Traceback" not in server.log()


def test_calls_and_chains_of_calls_hold_what_the_document_says(server, tmp_path):
    options = ("--phases", "fuzzing,stateful", "--max-examples", "1", "--seed", "1")
    passes(server, tmp_path, "probe#app", *options, timeout_s=300)


@pytest.mark.soak
def test_what_it_makes_up_in_ten_minutes_holds(server, tmp_path):
    passes(server, tmp_path, "soak#app", "--max-time", "600", timeout_s=1200)
