"""HTTP requests as Daphne should treat them here: bodies are Django's alone, errors are JSON."""

import http
from typing import Any

from daphne import http_protocol

from accounts.rest.envelope import error_answer


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
        headers = [(name.encode(), value.encode()) for name, value in answer.items()]
        headers.append((b"Access-Control-Allow-Origin", b"*"))
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": answer.content})


def install() -> None:
    """Make Daphne use it: its factory takes the class by this name."""
    http_protocol.WebRequest = ApiRequest
