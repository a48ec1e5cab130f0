"""HTTP requests as Daphne should treat them here: bodies are Django's alone, errors are JSON."""

import asyncio
import http
import time
from typing import Any

from daphne import http_protocol
from django.http import HttpResponse
from twisted.web.http import HTTPChannel

from accounts.rest.envelope import error_answer

ANSWERS_S = 1.5  # which a stopping server gives to the requests that it has


class ApiRequest(http_protocol.WebRequest):  # type: ignore[misc]  # Daphne has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Twisted would read a whole form once more, for arguments that nobody asks for, and
        # answer one that it cannot read with an empty 400 that is no JSON.
        self._parsePOSTFormSubmission = False

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """What Daphne refuses by itself: a path, query or header that is none."""
        error = http.HTTPStatus(status).phrase.lower().replace(" ", "_")
        answer = error_answer(status, error, body)
        headers = _headers(answer)
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": answer.content})


class ApiChannel(HTTPChannel):
    """A connection: what cannot be parsed as HTTP is told so in JSON, and a server that stops keeps
    none for a further request."""

    is_stopping = False

    def checkPersistence(self: Any, request: Any, version: bytes) -> bool:  # noqa: N802
        if self.is_stopping:
            request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            return False
        return bool(super().checkPersistence(request, version))  # type: ignore[no-untyped-call]

    def _respondToBadRequestAndDisconnect(self: Any) -> None:  # noqa: N802
        # Twisted's own is an empty 400. The name is private, and tests/e2e/test_raw_http.py tells
        # when it has gone; then the empty 400 is back and nothing else is lost.
        answer = error_answer(400, "bad_request", "The request is no valid HTTP")
        size, end = str(len(answer.content)).encode(), (b"Connection", b"close")
        headers = [*_headers(answer), (b"Content-Length", size), end]
        lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(header) for header in headers)]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + answer.content)
        self.loseConnection()


def _headers(answer: HttpResponse) -> list[tuple[bytes, bytes]]:
    given = [(name.encode(), value.encode()) for name, value in answer.items()]
    return [*given, (b"Access-Control-Allow-Origin", b"*")]


async def end_all(server: Any) -> None:
    """Let Daphne's `server` answer what it was asked, up to ANSWERS_S, and keep no connection.

    A request that is cut off may have stored a message, which its caller then sends again.
    """
    ApiChannel.is_stopping = True
    deadline = time.monotonic() + ANSWERS_S
    while (left := _unanswered(server)) and (wait_s := deadline - time.monotonic()) > 0:
        await asyncio.wait(left, timeout=wait_s)


def _unanswered(server: Any) -> list[asyncio.Future[None]]:
    asked = [of for by, of in server.connections.items() if isinstance(by, ApiRequest)]
    running = [of["application_instance"] for of in asked if "application_instance" in of]
    return [one for one in running if not one.done()]


def install() -> None:
    """Make Daphne use them: its factory takes the request's class by this name, and Twisted's the
    channel's (by default one that would change to HTTP/2, which needs TLS)."""
    http_protocol.WebRequest = ApiRequest
    http_protocol.HTTPFactory.protocol = ApiChannel
    # Twisted would write an access line for every request, to a log that Daphne leads nowhere.
    http_protocol.HTTPFactory.log = lambda factory, request: None
