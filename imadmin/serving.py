"""The server process: a bound socket, Daphne (or uvicorn) on it, and an orderly end."""

import asyncio
import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from django.conf import settings

from imadmin.instance import CannotStart

logger = logging.getLogger(__name__)

BACKLOG = 4096  # fifty simultaneous connects overflow the usual one
DRAIN_S = 8.0  # of the 10 s in which a stopped server must be gone
LEAVE_S = 9.5  # after which it goes, whatever does not let itself be cancelled
# Of what the servers let through: above a gateway message (chat/gateway/frames.py), so that a
# wire can say why it ends.
MAX_FRAME_BYTES = 2 * 1024 * 1024
# New objects before the collector looks at them (Python's default is 700). What one burst of
# messages makes is then gone by itself, before it is looked at and moved to an older generation.
COLLECT_AFTER = 10_000


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket. `shared` lets several processes of ours listen on the port.

    Raises:
        CannotStart: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as exc:
        made.close()
        if exc.errno == errno.EADDRINUSE:
            why = f"Port {port} on {host} is taken: choose another with --port."
        elif exc.errno == errno.EACCES:
            why = f"Port {port} needs more rights than this user has: choose another with --port."
        else:
            why = f"Cannot listen on {host}:{port} ({exc.strerror}): choose another --host."
        raise CannotStart(why) from None
    made.setblocking(False)
    return made


def serve_daphne(listening: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then drain: returns when everything is stored and closed."""
    # Imported here: Daphne installs Twisted's reactor as it loads.
    from daphne.server import Server, twisted_loop

    from imadmin import http_requests, websocket_reading

    http_requests.install()
    websocket_reading.install()
    asyncio.set_event_loop(twisted_loop)
    asgi = _asgi()
    if settings.LANE:
        asgi.install_lane()
    ports: list[Any] = []

    class Listening(Server):  # type: ignore[misc]  # Daphne has no types
        def listen_success(self, port: Any) -> None:
            ports.append(port)  # which Daphne itself forgets
            super().listen_success(port)

    server = Listening(
        application=asgi.application,
        endpoints=[f"fd:fileno={listening.detach()}"],  # Twisted copies and closes it
        signal_handlers=False,  # ours drain first
        websocket_timeout=-1,  # by default every socket is cut after a day
        ping_interval=0,  # each wire has a heartbeat of its own
        websocket_max_message_size=MAX_FRAME_BYTES,
        websocket_max_frame_size=MAX_FRAME_BYTES,
        websocket_handshake_timeout=10,
        application_close_timeout=5,
        server_name="imadmin",
        verbosity=0,
        ready_callable=lambda: twisted_loop.call_soon(_ready, on_ready),
    )

    async def stop() -> None:
        _leave_in_time()
        for port in ports:  # a load balancer sends nobody here any more
            port.stopListening()
        await http_requests.end_all(server)
        await _drain()
        await http_requests.end_all(server)  # what came meanwhile, over connections that were kept
        server.stop()

    _on_stop_signal(twisted_loop, stop)
    server.run()


def _ready(on_ready: Callable[[], None]) -> None:
    """The server serves."""
    keep_what_is_loaded()
    _asgi().begin()
    on_ready()


def keep_what_is_loaded() -> None:
    """What has been loaded by now stays for good: the collector shall not walk over it again and
    again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])


def serve_uvicorn(listening: socket.socket, on_ready: Callable[[], None]) -> None:
    """The same on uvicorn (extra `fast`)."""
    try:
        import uvicorn
    except ImportError:
        raise CannotStart(
            "uvicorn is not installed: pip install 'imadmin[fast]', or use --server daphne."
        ) from None

    asgi = _asgi()
    config = uvicorn.Config(
        asgi.application,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",  # a third of the cost of the others
        ws_per_message_deflate=False,  # as Daphne: it costs more than it saves on short frames
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=None,
        timeout_graceful_shutdown=2,
    )

    class Drained(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _ready(on_ready)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            _leave_in_time()
            for server in self.servers:
                server.close()
            await _drain()
            await super().shutdown(sockets)

    # uvicorn raises what stopped it once more when it has shut down: that must not kill us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    Drained(config).run([listening])


def _on_stop_signal(
    loop: asyncio.AbstractEventLoop, stop: Callable[[], "asyncio.Future[None] | object"]
) -> None:
    """Run `stop` once, in the loop, at the first SIGTERM or SIGINT."""
    tasks: set[asyncio.Task[None]] = set()

    def begin() -> None:
        if not tasks:
            tasks.add(loop.create_task(stop()))  # type: ignore[arg-type]

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, begin)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(begin))


def leave() -> NoReturn:
    """End the process once all is stored and closed, without taking the interpreter apart: that
    waits for every thread, and one whose request was cut off may wait for the loop, for ever."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _leave_in_time() -> None:
    def late() -> None:
        logger.warning("Something did not end within %s s; leaving.", LEAVE_S)
        leave()

    timer = threading.Timer(LEAVE_S, late)  # not the loop's: that may be what is stuck
    timer.daemon = True
    timer.start()


def _asgi() -> ModuleType:
    """The module of settings.ASGI_APPLICATION, as Daphne's own command would load it."""
    return import_module(settings.ASGI_APPLICATION.rpartition(".")[0])


async def _drain() -> None:
    try:
        await asyncio.wait_for(_asgi().drain(DRAIN_S - 1), DRAIN_S)
    except TimeoutError:
        logger.warning("Draining took longer than %s s; leaving.", DRAIN_S)
