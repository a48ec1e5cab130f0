"""Long work of this process: a few jobs at once, each in a thread of its own.

What a job did and how far it came is in its own row, which it writes as it goes: a page reads the
row, so it survives a reload, another process, and the end of this one (console.md §3.6). A row's
`beat_at` moves while its job lives; one that is `STALE_S` old was interrupted.
"""

import logging
import threading
from collections.abc import Callable

from django.db import connections

logger = logging.getLogger(__name__)

AT_ONCE = 2
STALE_S = 30
LIMIT_S = 1800  # of one job
_free = threading.BoundedSemaphore(AT_ONCE)


def start_job(name: str, work: Callable[[], None]) -> bool:
    """Run it beside the request; False when this process is busy with as many as it may have."""
    if not _free.acquire(blocking=False):
        return False

    def run() -> None:
        try:
            work()
        except Exception:
            logger.exception("the job %s broke", name)
        finally:
            connections.close_all()
            _free.release()

    # Not waited for when the process ends: its row says that it was interrupted.
    threading.Thread(target=run, name=name, daemon=True).start()
    return True
