"""A site of its own with the SDK's file, as an integrator's page is."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.sdk.clients import sdk_module

PAGE = "<!doctype html><meta charset=utf-8><title>page</title><script src=sdk.js></script>"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path, more: str = "") -> Iterator[str]:
    """The origin of a page with the SDK and `more` HTML, served from an empty folder."""
    sdk = sdk_module("4.21.1") / "Easemob-chat.js"
    (folder / "sdk.js").write_bytes(sdk.read_bytes())
    (folder / "index.html").write_text(PAGE + more)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_port}"
        site.shutdown()
