"""`manage.py up`: how it starts, what it refuses, how it ends."""

import re
import socket
import stat
import subprocess
import sys

import pytest

from tests.e2e.servers import ROOT, Server

pytestmark = pytest.mark.e2e


@pytest.fixture
def new_server(tmp_path):
    """Makes servers on data directories that are there, or `fresh`."""
    made: list[Server] = []

    def make(name="data", *, fresh=False, **options) -> Server:
        server = Server(tmp_path / name, ready_made=not fresh, **options)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def run_up(server: Server, **env) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(server.port), *server.args],
        cwd=ROOT,
        env={**server.full_env(), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_first_run_prints_the_console_and_a_set_up_code(new_server):
    server = new_server(fresh=True).start()
    printed = server.log()
    assert f"{server.base_url}/console/" in printed
    assert re.search(r"Set-up code \S+ .*console/setup/\?code=", printed)
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.data_dir / "secret_key").stat().st_mode) == 0o600


def test_demo_prints_the_new_apps_secret_once_and_keeps_its_data(new_server):
    server = new_server(args=("--demo",)).start()
    assert re.search(r"demo#app, client id YXA6\S+, client secret YXA6\S+", server.log())
    assert server.terminate() == 0
    server.log_path.unlink()
    server.start()
    assert "client secret" not in server.log()


def test_taken_port_ends_with_one_sentence_and_code_2(new_server):
    server = new_server(fresh=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", server.port))
        taken.listen()
        done = run_up(server)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"Port {server.port} on 127.0.0.1 is taken: choose another with --port."
    )


def test_unwritable_data_directory_ends_with_one_sentence_and_code_2(new_server, tmp_path):
    (tmp_path / "file").write_text("not a directory")
    server = new_server("file/data", fresh=True)
    done = run_up(server)
    assert done.returncode == 2
    assert "IM_DATA_DIR" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_data_directory_is_one_servers_until_that_is_killed(new_server):
    first = new_server().start()
    second = new_server(fresh=True)
    done = run_up(second)
    assert done.returncode == 2
    assert "Another server runs on the data directory" in done.stderr
    assert first.process is not None
    assert first.process.poll() is None
    first.kill()
    second.start()
    assert second.terminate(timeout_s=10) == 0


def test_workers_need_postgresql_and_redis(new_server):
    done = run_up(new_server(args=("--workers", "2")))
    assert done.returncode == 2
    assert "DATABASE_URL and REDIS_URL" in done.stderr


def test_sigterm_ends_uvicorn_with_code_0_too(new_server):
    server = new_server(args=("--server", "uvicorn")).start()
    assert server.terminate(timeout_s=10) == 0
