"""Several workers on one port: started, watched, renewed one by one, stopped together.

    starting  --it says that it serves-->  serving  --SIGHUP-->  its successor starts on the same
                                                                 socket; when that serves, it drains
    serving   --it dies-->   starting again, after a pause that grows while it keeps dying
    any       --SIGTERM or SIGINT-->  all drain

The listening sockets stay open here, so whoever connects meanwhile waits in the queue instead of
being refused.
"""

import contextlib
import logging
import os
import selectors
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

START_S = 90.0  # after which a worker that does not serve is given up
DRAIN_S = 30.0  # a worker drains in 10 s, unless the machine is overloaded; then it is killed
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 10.0
STEADY_S = 30.0  # a worker that lived so long starts anew without a pause
_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)

# (number of the listening socket, number to write to when serving) → command line
Command = Callable[[int, int], Sequence[str]]


@dataclass
class Worker:
    process: "subprocess.Popen[bytes]"
    ready_fd: int  # readable when it serves, or has died; -1 once read
    started: float
    is_serving: bool = False
    kill_at: float = 0.0  # monotonic; 0: it is not being stopped

    def stop(self) -> None:
        if not self.kill_at:
            self.kill_at = time.monotonic() + DRAIN_S
            self.process.terminate()

    def forget_pipe(self) -> None:
        if self.ready_fd >= 0:
            os.close(self.ready_fd)
            self.ready_fd = -1


@dataclass
class Place:
    """One listening socket: who serves it, who comes next, who leaves."""

    listening: socket.socket
    worker: Worker | None = None
    successor: Worker | None = None
    leaving: list[Worker] = field(default_factory=list)
    start_at: float = 0.0
    pause_s: float = 0.0

    def workers(self) -> Iterator[Worker]:
        yield from (one for one in (self.worker, self.successor) if one is not None)
        yield from self.leaving


class Supervisor:
    """`env` is the workers' environment; `gone` hears the number of each that ended."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        command: Command,
        env: Mapping[str, str],
        gone: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._places = [Place(listening) for listening in sockets]
        self._command = command
        self._env = env
        self._gone = gone
        self._to_renew: deque[Place] = deque()
        self._stopping = False
        self._has_served = False
        self._exit_code = 0

    def run(self) -> int:
        """Until all workers are stopped; the exit code."""
        with _wake_up_pipe() as woken, selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            while True:
                self._look()
                if self._stopping and not any(self._workers()):
                    return self._exit_code
                self._wait(selector, woken)

    def _workers(self) -> Iterator[Worker]:
        for place in self._places:
            yield from place.workers()

    # One look at everything

    def _look(self) -> None:
        now = time.monotonic()
        for place in self._places:
            for worker in list(place.workers()):
                self._look_at(place, worker, now)
            if place.worker is None and not self._stopping and now >= place.start_at:
                place.worker = self._start(place)
        if not self._stopping:
            self._renew()

    def _look_at(self, place: Place, worker: Worker, now: float) -> None:
        if worker.process.poll() is not None:
            self._ended(place, worker, now)
        elif worker.kill_at and now >= worker.kill_at:
            logger.warning("worker %d did not drain in time", worker.process.pid)
            worker.kill_at = now + DRAIN_S
            worker.process.kill()
        elif not worker.is_serving and now - worker.started > START_S:
            logger.error("worker %d does not serve after %d s", worker.process.pid, START_S)
            worker.process.kill()

    def _ended(self, place: Place, worker: Worker, now: float) -> None:
        worker.forget_pipe()
        self._gone(worker.process.pid)
        if worker in place.leaving:
            place.leaving.remove(worker)
        elif worker is place.successor:
            place.successor = None
            self._to_renew.clear()
            if not self._stopping:
                logger.error("the new worker ended before it served; the old ones stay")
        else:
            place.worker = None
            self._plan_restart(place, worker, now)

    def _plan_restart(self, place: Place, worker: Worker, now: float) -> None:
        if self._stopping:
            return
        if not self._has_served:
            self._exit_code = abs(worker.process.returncode) or 1
            self._stop("a worker could not start")
            return
        place.pause_s = (
            FIRST_PAUSE_S
            if now - worker.started > STEADY_S
            else min(LONGEST_PAUSE_S, (place.pause_s or FIRST_PAUSE_S / 2) * 2)
        )
        place.start_at = now + place.pause_s
        logger.error(
            "worker %d ended with %d; another starts in %.2f s",
            worker.process.pid,
            worker.process.returncode,
            place.pause_s,
        )

    def _start(self, place: Place) -> Worker:
        ready, theirs = os.pipe()
        fd = place.listening.fileno()
        try:
            command = self._command(fd, theirs)
            process = subprocess.Popen(command, pass_fds=[fd, theirs], env=self._env)  # noqa: S603
        finally:
            os.close(theirs)
        return Worker(process, ready, time.monotonic())

    def _renew(self) -> None:
        """One place at a time: its successor serves before it drains."""
        for place in self._places:
            if place.successor is not None and place.successor.is_serving:
                old, place.worker, place.successor = place.worker, place.successor, None
                if old is not None:
                    place.leaving.append(old)
                    old.stop()
        if self._to_renew and not any(one.successor or one.leaving for one in self._places):
            place = self._to_renew.popleft()
            place.successor = self._start(place)

    # What wakes it

    def _wait(self, selector: selectors.BaseSelector, woken: socket.socket) -> None:
        pipes = [worker for worker in self._workers() if worker.ready_fd >= 0]
        for worker in pipes:
            selector.register(worker.ready_fd, selectors.EVENT_READ, worker)
        try:
            events = selector.select(0.2)
        finally:
            for worker in pipes:
                selector.unregister(worker.ready_fd)
        for key, _ in events:
            if isinstance(key.data, Worker):
                key.data.is_serving = bool(os.read(key.data.ready_fd, 1))
                self._has_served = self._has_served or key.data.is_serving
                key.data.forget_pipe()
            else:
                self._heard(woken.recv(64))

    def _heard(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stop("asked to stop")
        elif signal.SIGHUP in numbers and not self._stopping:
            logger.info("renewing %d workers, one after the other", len(self._places))
            self._to_renew = deque(self._places)

    def _stop(self, why: str) -> None:
        if not self._stopping:
            logger.info("stopping the workers: %s", why)
        self._stopping = True
        self._to_renew.clear()
        for place in self._places:
            place.listening.close()
        for worker in self._workers():
            worker.stop()


@contextlib.contextmanager
def _wake_up_pipe() -> Iterator[socket.socket]:
    """Readable with the numbers of the signals that came."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
    old_fd = signal.set_wakeup_fd(theirs.fileno())
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(old_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()
