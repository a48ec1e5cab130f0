"""An HTTP server on loopback that keeps what webhooks post and answers as told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any


class Receiver:
    """`got` holds (headers, body); `answers` are used up in turn, then the last one stays."""

    def __init__(self) -> None:
        self.got: Queue[tuple[dict[str, str], dict[str, Any]]] = Queue()
        self.answers: list[tuple[int, Any]] = [(200, {"valid": True})]
        self.hold = threading.Event()
        self.hold.set()  # cleared: answers wait until it is set
        self.url = ""

    def next_answer(self) -> tuple[int, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def expect(self, timeout_s: float = 15) -> dict[str, Any]:
        return self.got.get(timeout=timeout_s)[1]


@contextmanager
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length))
            state.got.put((dict(self.headers), body))
            state.hold.wait(20)
            status, answer = state.next_answer()
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield state
    finally:
        state.hold.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
