"""What is read of a large app is found in indexes: no step touches more rows than a page's worth
of them, however many messages there are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chat.queries.message_log import MOST_LOOKED_AT
from tests.e2e.backends import database
from tests.requirements import need_postgres

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]
# A page of 50 of what is spread thinly; all conversations of a busy person, or all where there are
# few. Seen: 3,994 of ten million for the newest 51 messages to somebody who got one in eighty.
MOST_ROWS = 5000
# No index has them: such a page ends after so many entries and says where it goes on.
LOOKED_THROUGH = {"log, to a busy user": MOST_LOOKED_AT}


def run(*command: str, env: dict[str, str], timeout_s: float = 7200) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**os.environ, **env},
        capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize(
    ("users", "messages"),
    [(500, 100_000), pytest.param(100_000, 10_000_000, marks=pytest.mark.soak)],
)
def test_no_step_of_a_read_touches_more_than_pages(users, messages, tmp_path):
    with database(need_postgres(), f"imadmin_large_{os.getpid()}") as url:
        env = {
            "DATABASE_URL": url, "IM_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "imadmin.settings",
        }  # fmt: skip
        run("manage.py", "create_app", "big#app", env=env)
        run(
            "manage.py", "seed_large", "big#app", "--users", str(users), "--groups",
            str(users // 10), "--chatrooms", "5", "--messages", str(messages), env=env,
        )  # fmt: skip
        told = json.loads(run("-m", "tests.store.large_reads", "big#app", env=env))
    too_wide = [
        f"{call}: {rows} rows by {step}: {sql}"
        for call, steps in told.items()
        for rows, step, sql in steps
        if rows > LOOKED_THROUGH.get(call, MOST_ROWS) or "Seq Scan chat_entryrow" in step
    ]
    assert not too_wide, "\n".join(too_wide)
    assert all(told.values())
