"""Work that goes on beside the requests: one thread for each kind, with pauses between rounds."""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, connections

logger = logging.getLogger(__name__)

FAILED_PAUSE_S = 1.0  # at least, after a turn that failed


class BackgroundLoop:
    """Calls `turn` again and again until it is stopped; `turn` returns the pause in seconds.

    What goes wrong in a turn is logged, and the next one comes after the last pause, FAILED_PAUSE_S
    at least. Connections to the database are given back between turns.
    """

    def __init__(self, name: str, turn: Callable[[threading.Event], float], first_s: float) -> None:
        self._name = name
        self._turn = turn
        self._pause_s = first_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start once; again is harmless."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Ask it to end, and wait so long. `turn` is given the event, to end in between."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.wait(self._pause_s):
            try:
                self._pause_s = self._turn(self._stop)
            except DatabaseError as exc:
                self._pause_s = max(self._pause_s, FAILED_PAUSE_S)
                logger.warning("%s wait for the database: %s", self._name, exc)
            except Exception:
                self._pause_s = max(self._pause_s, FAILED_PAUSE_S)
                logger.exception("a round of %s failed", self._name)
            finally:
                connections.close_all()
