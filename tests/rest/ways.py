"""The two ways of a REST call: through Django's handler, and through imadmin.hot_rest before it."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.core.handlers.wsgi import WSGIRequest, get_path_info
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test.client import ClientHandler

from imadmin.hot_rest import HotRest, is_hot, quick_call
from imadmin.quick_rest import Answer

Scope = dict[str, Any]
Event = dict[str, Any]

DJANGO = get_asgi_application()


class HotHandler(ClientHandler):
    """Handles the test client's requests as the server would with IM_HOT_REST."""

    def __call__(self, environ: Any) -> Any:
        scope = scope_of_environ(environ)
        if not is_hot(scope):
            return super().__call__(environ)
        body = environ["wsgi.input"].read()
        events = by_quick(scope, body)
        response: Any = as_response(events) if events else hot().answer(scope, body)
        response.wsgi_request = WSGIRequest(environ)  # the client looks at it
        return response


_made: list[HotRest] = []


def hot() -> HotRest:
    """Made late: the middleware is that of the test settings."""
    if not _made:
        _made.append(HotRest(DJANGO))
    return _made[0]


def scope_of_environ(environ: Any) -> Scope:
    names = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    names |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
              if environ.get(name)}  # fmt: skip
    headers = {name.replace("_", "-").lower(): str(value) for name, value in names.items()}
    query = environ.get("QUERY_STRING", "").encode("latin1")
    return scope_of(environ["REQUEST_METHOD"], get_path_info(environ), query, headers)


def scope_of(method: str, path: str, query: bytes, headers: dict[str, str]) -> Scope:
    """What a server says of a request to http://testserver; `path` is unquoted."""
    return {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "query_string": query, "root_path": "", "client": ["127.0.0.1", 40_000],
        "server": ["testserver", 80],
        "headers": [(name.encode(), value.encode("latin1")) for name, value in headers.items()],
    }  # fmt: skip


def by_django(scope: Scope, body: bytes) -> list[Event]:
    """What Django's handler sends back."""
    sent: list[Event] = []

    async def receive() -> Event:
        # Django goes on to wait whether the caller goes away; this one stays.
        if waiting:
            return waiting.pop()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def send(event: Mapping[str, Any]) -> None:
        sent.append(dict(event))

    waiting = [{"type": "http.request", "body": body}]
    # Not DJANGO itself: it would give the view a thread, and so a connection, of its own.
    with _connections_kept():
        async_to_sync(DJANGO.handle)(scope, receive, send)
    return sent


@contextmanager
def _connections_kept() -> Iterator[None]:
    """The test's transaction outlives the request, as with Django's own test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def by_hot(scope: Scope, body: bytes) -> list[Event]:
    """The same without it. In this thread, whose transaction the test rolls back."""
    sent: list[Event] = by_quick(scope, body)

    async def send(event: Mapping[str, Any]) -> None:
        sent.append(dict(event))

    if not sent:
        async_to_sync(hot().send_response)(hot().answer(scope, body), send)
    return sent


def by_quick(scope: Scope, body: bytes) -> list[Event]:
    """What is sent back without a request; empty when that cannot be."""
    answers: list[Answer] = []
    call = quick_call(scope, body, answers.append)
    if call is None or not hot().quick.begin([call])[0]:
        return []
    [answer] = answers  # the store of the tests works at once
    return [dict(event) for event in answer.events()]


def as_response(events: list[Event]) -> HttpResponse:
    start, content = events
    headers = {name.decode(): value.decode("latin1") for name, value in start["headers"]}
    return HttpResponse(content["body"], status=start["status"], headers=headers)
