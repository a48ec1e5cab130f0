"""A native client beside a page: Playwright's own loop runs in the test's thread."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from imadmin.testclient.native import NativeClient

DEADLINE_S = 30
PASSWORD = "123456"  # of the demo users


class BesideClient:
    """Drives one client from another thread; every call waits for its end."""

    def __init__(self, url: str, appkey: str, username: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = NativeClient(url, appkey, username, password=PASSWORD)

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(DEADLINE_S)

    def stop(self) -> None:
        self.do(self.client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_S)
        self._loop.close()


@contextmanager
def connected(ws_url: str, username: str) -> Iterator[BesideClient]:
    """`username` of acme#demo, logged in at a server's native wire."""
    beside = BesideClient(f"{ws_url}/ws/native/", "acme#demo", username)
    try:
        beside.do(beside.client.connect())
        yield beside
    finally:
        beside.stop()
