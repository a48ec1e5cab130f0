"""The suites that share a server, over every way to run one. Long: `pytest -m soak`."""

import os
import subprocess
import sys

import pytest

from tests.e2e.servers import KINDS, ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.redis, pytest.mark.postgres, pytest.mark.soak]

SDKS = ("tests/e2e/sdk", "tests/e2e/sdk1")


def run(kind: str, *suites: str) -> None:
    """A run of its own: each kind's clients and servers end with it."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *suites],
        cwd=ROOT, env={**os.environ, "IM_TEST_SERVERS": kind}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.parametrize("kind", KINDS)
def test_the_scenarios_pass(kind):
    run(kind, "tests/scenarios")


@pytest.mark.parametrize("kind", ["daphne", "workers"])
def test_real_sdks_are_served(kind):
    run(kind, *SDKS)
