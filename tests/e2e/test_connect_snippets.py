"""CON-1: what the Connect page prints runs as printed, with the real secret put in."""

import subprocess
import sys

import pytest

from accounts.domain.ids import Appkey
from imadmin.console.snippets import PLACEHOLDER, samples
from tests.e2e.people import People
from tests.e2e.servers import Server
from tests.requirements import need_command

pytestmark = pytest.mark.e2e

# Tells each answer's status on standard error; the script itself is left as it is.
TELL_STATUS = "curl() { command curl -s -w '%{stderr}STATUS %{http_code}\\n' \"$@\"; }\n"


def script(server: Server, people: People, tab: str) -> str:
    """The tab's code of a fresh app, with its real secret."""
    made = people.take_app()
    key = Appkey.parse(made.appkey)
    [sample] = samples(tab, key, server.base_url, server.ws_url, made.client_id)
    return sample.text.replace(PLACEHOLDER, made.client_secret)


def statuses_of(printed: str) -> list[str]:
    """Run a block of curl calls; `STATUS 200` for each."""
    done = subprocess.run(
        ["bash"], input=TELL_STATUS + printed,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return [line for line in done.stderr.splitlines() if line.startswith("STATUS")]


def test_CON_1_curl_block_gets_200_for_every_call(server: Server, people: People):
    need_command("curl")
    assert statuses_of(script(server, people, "curl")) == ["STATUS 200"] * 9


def test_python_block_gets_200_for_every_call(server: Server, people: People):
    done = subprocess.run(
        [sys.executable, "-"],
        input=script(server, people, "python"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 7
    assert all(line.split()[2] == "200" for line in lines), done.stdout
