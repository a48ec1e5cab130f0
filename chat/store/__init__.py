"""The logs: appending entries, reading them, and what each user and device has of them."""

import atexit
import threading

from django.conf import settings

from chat.store import cursors, observed, stages
from chat.store.base import EntryStore
from chat.store.direct import DirectStore, process_ids
from chat.store.writer import Writer

__all__ = ["EntryStore", "close_store", "get_store", "get_writer"]

_lock = threading.Lock()
_writer: Writer | None = None
_direct = DirectStore()


def get_store() -> EntryStore:
    """The process's entry store, as settings.ENTRY_STORE says; the writer starts when used."""
    if settings.ENTRY_STORE == "direct":
        return _direct
    return get_writer()


def get_writer() -> Writer:
    global _writer
    with _lock:
        if _writer is None:
            _writer = Writer(process_ids, last=(cursors.flush, stages.flush, observed.flush))
            atexit.register(close_store, 5.0)  # short commands: store what waits, free the number
        return _writer


def close_store(timeout_s: float) -> None:
    """Commit what is queued and end the writer; a later get_store() starts a new one."""
    global _writer
    with _lock:
        writer, _writer = _writer, None
    if writer is not None:
        atexit.unregister(close_store)
        writer.stop(timeout_s)


cursors.flush_through(lambda after_s: get_writer().call_later(after_s, cursors.flush_due))
observed.flush_through(lambda: get_writer().call_later(1.0, observed.flush))
stages.flush_through(lambda: get_writer().call_later(0.1, stages.flush))
