"""The store's tests again, with PostgreSQL behind them."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.e2e.servers import ROOT
from tests.requirements import need_postgres

pytestmark = pytest.mark.postgres

FILES = [
    *("test_cursors_flush", "test_direct", "test_left", "test_observed", "test_stages"),
    *("test_writer", "test_writer_work"),
]
DEADLINE_S = 300.0


@pytest.mark.skipif(connection.vendor == "postgresql", reason="they run on it as they are")
def test_store_does_the_same_on_postgresql():
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"),
            *(f"tests/store/{name}.py" for name in FILES),
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": need_postgres()},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:]
