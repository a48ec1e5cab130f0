"""CON-1: what the Connect page prints runs as printed, with the real secret put in."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from accounts.domain.ids import Appkey
from imadmin.console.snippets import PLACEHOLDER, samples
from tests.e2e.servers import Server
from tests.requirements import need_command

pytestmark = pytest.mark.e2e

# Tells each answer's status on standard error; the script itself is left as it is.
TELL_STATUS = "curl() { command curl -s -w '%{stderr}STATUS %{http_code}\\n' \"$@\"; }\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("snippets") / "data").start()
    yield server
    server.stop()


def script(server: Server, tab: str, appkey: str) -> str:
    """The tab's code with the app's real secret."""
    made = server.create_app(appkey)
    [sample] = samples(tab, Appkey.parse(appkey), server.base_url, server.ws_url, made["client_id"])
    return sample.text.replace(PLACEHOLDER, made["client_secret"])


def statuses_of(printed: str) -> list[str]:
    """Run a block of curl calls; `STATUS 200` for each."""
    done = subprocess.run(
        ["bash"], input=TELL_STATUS + printed,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return [line for line in done.stderr.splitlines() if line.startswith("STATUS")]


def test_CON_1_curl_block_gets_200_for_every_call(server: Server):
    need_command("curl")
    assert statuses_of(script(server, "curl", "acme#shell")) == ["STATUS 200"] * 9


def test_python_block_gets_200_for_every_call(server: Server):
    done = subprocess.run(
        [sys.executable, "-"],
        input=script(server, "python", "acme#script"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 7
    assert all(line.split()[2] == "200" for line in lines), done.stdout
