"""`manage.py up`: everything from an empty folder to a running product."""

import os
import socket
import sys
from functools import partial
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from accounts.actions.operators import make_setup_code
from accounts.queries.operators import any_operator
from imadmin import static_files
from imadmin.console.actions.demo_app import make_demo_app
from imadmin.hosts import loopback_url, own_addresses
from imadmin.instance import CannotStart, DataDirLock, prepare_data_dir
from imadmin.observing import metrics_of_workers
from imadmin.serving import bind, leave, serve_daphne, serve_uvicorn


class Command(BaseCommand):
    help = "Start imadmin: migrate, collect static files, serve the console, REST and the gateway."
    requires_system_checks: list[str] = []  # run below, once the data directory is known good

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=1, help="processes on this machine")
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
        parser.add_argument("--demo", action="store_true", help="make demo#app with demo data")
        parser.add_argument("--fd", type=int, help="serve a socket that is open already (a worker)")
        parser.add_argument("--ready-fd", type=int, help="write a byte there when serving")

    def handle(self, **options: Any) -> None:
        try:
            if options["fd"] is not None:
                self._work(options)
            else:
                self._start(options)
        except CannotStart as exc:
            self.stderr.write(str(exc))
            sys.exit(2)

    def _start(self, options: dict[str, Any]) -> None:
        workers = options["workers"]
        _check_workers(workers)
        listening = [
            bind(options["host"], options["port"], shared=workers > 1) for _ in range(workers)
        ]
        prepare_data_dir(settings.DATA_DIR)
        lock = DataDirLock(settings.DATA_DIR)
        if not settings.IS_SCALED_OUT:
            lock.acquire(loopback_url(options["host"], options["port"]))
        _use_address(options["host"], options["port"])
        self.check()
        call_command("migrate", interactive=False, verbosity=0)
        static_files.collect_if_needed()
        if options["demo"]:
            self._make_demo()
        if workers == 1:
            self._serve(listening[0], options)
            lock.release()
            leave()
        lines = self._welcome(options)
        connections.close_all()
        self._say(lines)
        sys.exit(_supervise(listening, options))

    def _work(self, options: dict[str, Any]) -> None:
        _use_address(options["host"], options["port"])
        listening = socket.socket(fileno=options["fd"])
        listening.setblocking(False)
        serve = serve_uvicorn if options["server"] == "uvicorn" else serve_daphne
        serve(listening, partial(_tell_ready, options["ready_fd"]))
        leave()

    def _serve(self, listening: socket.socket, options: dict[str, Any]) -> None:
        # Asked for before the loop runs: the loop's thread may not touch the database.
        lines = self._welcome(options)
        connections.close_all()
        serve = serve_uvicorn if options["server"] == "uvicorn" else serve_daphne
        serve(listening, lambda: self._say(lines))

    def _make_demo(self) -> None:
        if made := make_demo_app():
            self.stdout.write(
                f"Demo app {made.app.appkey}, client id {made.client_id},"
                f" client secret {made.client_secret} (shown once)"
            )

    def _welcome(self, options: dict[str, Any]) -> list[str]:
        """Where to go, and the set-up code while there is no operator."""
        base = settings.PUBLIC_URL
        lines = [f"imadmin is running: {base}/console/"]
        if not any_operator():
            code = make_setup_code()
            lines.append(
                f"No operator yet. Set-up code {code} (valid 60 minutes):"
                f" {base}/console/setup/?code={code}"
            )
        if options["host"] in {"0.0.0.0", "::"}:  # noqa: S104  (asked for, not chosen)
            addresses = [a for a in own_addresses() if not ip_address(a).is_loopback]
            lines += [f"From this network: http://{a}:{options['port']}/" for a in addresses]
        return lines

    def _say(self, lines: list[str]) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def _tell_ready(fd: int | None) -> None:
    if fd is not None:
        os.write(fd, b"1")
        os.close(fd)


def _check_workers(workers: int) -> None:
    if workers < 1:
        raise CannotStart("--workers needs a number from 1 on.")
    if workers == 1:
        return
    if sys.platform == "win32":
        raise CannotStart("--workers needs Linux or macOS (on Windows, use WSL).")
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"] or not settings.REDIS_URL:
        raise CannotStart(
            "--workers above 1 needs PostgreSQL and Redis: set DATABASE_URL and REDIS_URL."
        )


def _use_address(host: str, port: int) -> None:
    """Make the addresses in answers fit the port that was asked for."""
    settings.PORT, settings.BOUND_HOST = port, host
    if not os.environ.get("IM_PUBLIC_URL"):  # noqa: TID251  (whether it was given, not its value)
        settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
        settings.CSRF_TRUSTED_ORIGINS = [settings.PUBLIC_URL]


def _supervise(sockets: list[socket.socket], options: dict[str, Any]) -> int:
    """Run a worker for each socket until we are told to stop; the exit code."""
    from imadmin.supervisor import Supervisor  # it needs signals that Windows has not

    def command(fd: int, ready_fd: int) -> list[str]:
        return [
            *(sys.executable, "-m", "imadmin", "up", "--fd", str(fd)),
            *("--host", options["host"], "--port", str(options["port"])),
            *("--server", options["server"]),
            *("--ready-fd", str(ready_fd)),
        ]

    with metrics_of_workers(settings.DATA_DIR) as (env, gone):
        return Supervisor(sockets, command, env, gone).run()
